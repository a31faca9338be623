// When terminate runs, what it may do, and stop().
#include "exit_of.hpp"
#include "in_process.hpp"

using namespace coppice;
using namespace coppice::test;
using namespace std::chrono_literals;

namespace {

struct Get {};
struct Quit {
  int code;
};
struct Crash {};
struct Finish {};
struct Go {};
struct Pause {};

enum class End { plain, throws, exits, slow };

class Server : public GenServer {
 public:
  Server(Journal* journal, bool traps = false, End end = End::plain)
      : journal_{*journal}, end_{end}, mark_{*journal, "destroyed"} {
    trap_exit(traps);
  }
  int handle_call(Get) { return 1; }
  int handle_call(Crash) { throw std::runtime_error{"crash in a call"}; }
  Reply<int> handle_call(Finish) { return Reply<int>::stop(ExitReason::custom(1), 11); }
  Task<int> handle_call(Pause) {
    co_await receive([](Go) {});
    co_return 2;
  }
  void handle_cast(Crash) { throw std::runtime_error{"crash in a cast"}; }
  Next handle_cast(Quit quit) { return Next::stop(ExitReason::custom(quit.code)); }
  void handle_info(const Exit& exit) { journal_.write("info:" + exit.reason.text()); }
  Task<> terminate(const ExitReason& reason) {
    journal_.write("terminate:" + (reason.is_error() ? "error" : reason.text()));
    switch (end_) {
      case End::plain: break;
      case End::throws: throw std::runtime_error{"terminate threw"};
      case End::exits: exit(ExitReason::custom(99));
      case End::slow: co_await receive([](Go) {}); journal_.write("terminated");
    }
  }

 private:
  Journal& journal_;
  End end_;
  Mark mark_;
};

class WithoutTerminate : public GenServer {
 public:
  Next handle_cast(Quit quit) { return Next::stop(ExitReason::custom(quit.code)); }
};

}  // namespace

TEST_CASE("terminate: runs on a stop from a callback, before the destructor", "[terminate]") {
  Journal journal;
  in_process([&journal]() -> Task<> {
    auto server = co_await start<Server>(&journal);
    const MonitorRef end = monitor(server);
    server.cast<Quit>(3);
    EXPECT(co_await end_of(end) == ExitReason::custom(3));
    EXPECT(journal.text() == "terminate:3 destroyed");
  });
}

TEST_CASE("terminate: runs on an exception in a handler, and the crash is reported",
          "[terminate]") {
  Journal journal;
  Reports reports;
  in_process({.events = &reports}, [&journal, &reports]() -> Task<> {
    auto server = co_await start<Server>(StartOptions{.name = "crashing"}, &journal);
    const MonitorRef end = monitor(server);
    server.cast<Crash>();
    const ExitReason reason = co_await end_of(end);
    EXPECT(reason.is_error());
    EXPECT(reason.error_info()->message == "crash in a cast");
    EXPECT(reason.error_info()->type_name() == "std::runtime_error");
    EXPECT(journal.text() == "terminate:error destroyed");
    const auto crashes = reports.take_crashes();
    EXPECT(crashes.size() == 1);
    if (crashes.size() != 1) co_return;
    EXPECT(crashes[0].pid == server.pid());
    EXPECT(crashes[0].name == "crashing");
    EXPECT(crashes[0].what.find("Server") != std::string::npos);
    EXPECT(crashes[0].reason == reason);
    EXPECT(!crashes[0].ancestors.empty());
    EXPECT(crashes[0].ancestors[0] == self());
    EXPECT(reason.text().find("Crash") != std::string::npos);
  });
}

TEST_CASE("terminate: runs before a caller hears of the end, with a reply and without",
          "[terminate]") {
  Journal journal;
  in_process([&journal]() -> Task<> {
    auto finishing = co_await start<Server>(&journal);
    EXPECT(co_await finishing.call<Finish>() == 11);
    EXPECT(journal.text().starts_with("terminate:1"));
    (void)journal.take();
    auto crashing = co_await start<Server>(&journal);
    EXPECT((co_await crashing.try_call<Crash>()).error().is_exit());
    EXPECT(journal.text() == "terminate:error destroyed");
  });
}

TEST_CASE("terminate: does not run on kill, nor on an untrapped exit", "[terminate]") {
  Journal journal;
  in_process([&journal]() -> Task<> {
    auto killed = co_await start<Server>(&journal, true);
    const MonitorRef killed_end = monitor(killed);
    exit(killed, ExitReason::kill());
    EXPECT(co_await end_of(killed_end) == ExitReason::killed());
    EXPECT(journal.take() == "destroyed");
    auto untrapped = co_await start<Server>(&journal, false);
    const MonitorRef untrapped_end = monitor(untrapped);
    exit(untrapped, ExitReason::custom(4));
    EXPECT(co_await end_of(untrapped_end) == ExitReason::custom(4));
    EXPECT(journal.take() == "destroyed");
  });
}

TEST_CASE("terminate: an exception in it replaces the reason", "[terminate]") {
  Journal journal;
  in_process([&journal]() -> Task<> {
    auto throwing = co_await start<Server>(&journal, false, End::throws);
    const MonitorRef throwing_end = monitor(throwing);
    throwing.cast<Quit>(3);
    const ExitReason reason = co_await end_of(throwing_end);
    EXPECT(reason.is_error());
    EXPECT(reason.text().find("terminate threw") != std::string::npos);
    EXPECT(journal.take() == "terminate:3 destroyed");

    auto exiting = co_await start<Server>(&journal, false, End::exits);
    const MonitorRef exiting_end = monitor(exiting);
    exiting.cast<Crash>();
    EXPECT(co_await end_of(exiting_end) == ExitReason::custom(99));

    // The reply is given all the same.
    auto finishing = co_await start<Server>(&journal, false, End::throws);
    EXPECT(co_await finishing.call<Finish>() == 11);
  });
}

TEST_CASE("terminate: may wait, and can be killed meanwhile", "[terminate]") {
  Journal journal;
  in_process([&journal]() -> Task<> {
    auto patient = co_await start<Server>(&journal, false, End::slow);
    const MonitorRef patient_end = monitor(patient);
    patient.cast<Quit>(3);
    send<Go>(patient);
    EXPECT(co_await end_of(patient_end) == ExitReason::custom(3));
    EXPECT(journal.take() == "terminate:3 terminated destroyed");

    auto stuck = co_await start<Server>(&journal, false, End::slow);
    const MonitorRef stuck_end = monitor(stuck);
    stuck.cast<Quit>(3);
    while (journal.text().empty()) co_await sleep(0s);
    exit(stuck, ExitReason::kill());
    EXPECT(co_await end_of(stuck_end) == ExitReason::killed());
    EXPECT(journal.take() == "terminate:3 destroyed");
  });
}

TEST_CASE("terminate: a server without one ends with its reason", "[terminate]") {
  in_process([]() -> Task<> {
    auto server = co_await start<WithoutTerminate>();
    const MonitorRef end = monitor(server);
    server.cast<Quit>(3);
    EXPECT(co_await end_of(end) == ExitReason::custom(3));
  });
}

TEST_CASE("stop: runs terminate and waits for the end", "[stop]") {
  Journal journal;
  in_process([&journal]() -> Task<> {
    auto server = co_await start_link<Server>(StartOptions{.name = "stopped"}, &journal);
    co_await server.stop();
    EXPECT(journal.take() == "terminate:normal destroyed");
    EXPECT(!is_alive(server));
    EXPECT(!whereis("stopped"));
    EXPECT(queued() == 0);
    auto other = co_await start<Server>(&journal);
    co_await other.stop(ExitReason::shutdown(4));
    EXPECT(journal.take() == "terminate:" + ExitReason::shutdown(4).text() + " destroyed");
  });
}

TEST_CASE("stop: a server that ends for another reason ends the caller with that", "[stop]") {
  Journal journal;
  in_process([&journal]() -> Task<> {
    auto server = co_await start<Server>(&journal, false, End::exits);
    const ExitReason reason = co_await exit_of(server.stop());
    const CallError* error = reason.get<CallError>();
    EXPECT(error != nullptr);
    if (error == nullptr) co_return;
    EXPECT(error->is_exit());
    EXPECT(error->reason() == ExitReason::custom(99));
    EXPECT(error->server() == server.pid());
  });
}

TEST_CASE("stop: after the timeout it throws, and the server still ends", "[stop]") {
  Journal journal;
  in_process([&journal]() -> Task<> {
    auto server = co_await start<Server>(&journal);
    auto request = server.send_request<Pause>();
    const ExitReason reason = co_await exit_of(server.stop(ExitReason::custom(7), 2ms));
    const CallError* error = reason.get<CallError>();
    EXPECT(error != nullptr);
    if (error == nullptr) co_return;
    EXPECT(error->is_timeout());
    EXPECT(is_alive(server));
    const MonitorRef end = monitor(server);
    send<Go>(server);
    EXPECT((co_await request.response()).value() == 2);
    EXPECT(co_await end_of(end) == ExitReason::custom(7));
    EXPECT(queued() == 0);
  });
}

TEST_CASE("stop: a negative timeout is an error, and leaves the server and no monitor", "[stop]") {
  Journal journal;
  in_process([&journal]() -> Task<> {
    auto server = co_await start<Server>(&journal);
    ProcessErrorCode code = ProcessErrorCode::stopping;
    try {
      co_await server.stop(ExitReason::normal(), -1ms);
    } catch (const ProcessError& error) {
      code = error.code();
    }
    EXPECT(code == ProcessErrorCode::bad_argument);
    EXPECT(co_await server.call<Get>() == 1);
    EXPECT(process_info(self()).monitors.empty());
    co_await server.stop();
  });
}

TEST_CASE("stop: a dead server is noproc, oneself calling_self", "[stop]") {
  Journal journal;
  in_process([&journal]() -> Task<> {
    auto server = co_await start<Server>(&journal);
    co_await server.stop();
    const ExitReason reason = co_await exit_of(server.stop());
    const CallError* error = reason.get<CallError>();
    EXPECT(error != nullptr);
    EXPECT((error != nullptr && error->is_noproc()));
    const ExitReason own = co_await exit_of(ServerRef<Server>{self()}.stop());
    EXPECT(own == ExitReason::calling_self());
  });
}

TEST_CASE("stop: comes in its place in the queue", "[stop]") {
  Journal journal;
  in_process([&journal]() -> Task<> {
    auto server = co_await start<Server>(&journal);
    auto before = server.send_request<Get>();
    auto pause = server.send_request<Pause>();
    send<Go>(server);
    auto also_before = server.send_request<Get>();
    co_await server.stop();
    EXPECT((co_await before.response()).value() == 1);
    EXPECT((co_await pause.response()).value() == 2);
    EXPECT((co_await also_before.response()).value() == 1);
  });
}
