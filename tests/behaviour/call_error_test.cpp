// How calls fail, and what the caller then knows.
#include "in_process.hpp"

using namespace coppice;
using namespace coppice::test;
using namespace std::chrono_literals;

namespace {

struct Get {};
struct Hold {};
struct Crash {};
struct Leave {
  explicit Leave(ExitReason r) : reason{std::move(r)} {}
  ExitReason reason;
};
struct CallYourself {};
struct Forward {};
struct Go {};

class Server : public GenServer {
 public:
  int handle_call(Get) { return 1; }
  Reply<int> handle_call(Hold, From<int> from) {
    held_.push_back(std::move(from));
    return no_reply;
  }
  int handle_call(Crash) { throw std::runtime_error{"crashed on purpose"}; }
  int handle_call(Leave leave) { exit(leave.reason); }
  Task<CallError::Kind> handle_call(CallYourself) {
    auto answer = co_await ServerRef<Server>{self()}.try_call<Get>();
    co_return answer.error().kind();
  }
  void handle_cast(Go) {
    for (From<int>& from : held_) from.reply(2);
    held_.clear();
  }
  std::size_t held() const { return held_.size(); }

 private:
  std::vector<From<int>> held_;
};

class Other : public GenServer {
 public:
  int handle_call(Get) { return 2; }
};

// Calls on, and does not catch.
class Middle : public GenServer {
 public:
  explicit Middle(ServerRef<Server> next) : next_{next} {}
  Task<int> handle_call(Forward) { co_return co_await next_.call<Crash>(); }

 private:
  ServerRef<Server> next_;
};

// The error that a call from a process of its own ends with.
template <class Call>
Task<CallError> error_that_ends(Call call) {
  auto [pid, end] = spawn_monitor(std::move(call));
  const ExitReason reason = co_await end_of(end);
  const CallError* error = reason.get<CallError>();
  EXPECT(error != nullptr);
  if (error == nullptr) throw std::runtime_error{"ended for another reason: " + reason.text()};
  co_return *error;
}

}  // namespace

TEST_CASE("call error: timeout says how long and which call", "[call_error]") {
  in_process([]() -> Task<> {
    auto server = co_await start_link<Server>();
    const timing::Instant begin = now();
    auto late = co_await server.within(10ms).try_call<Hold>();
    EXPECT(now() - begin >= 10ms);
    EXPECT(late.error().is_timeout());
    EXPECT(late.error().reason() == ExitReason::timeout());
    EXPECT(late.error().server() == server.pid());
    EXPECT(late.error().request().find("Hold") != std::string::npos);
    EXPECT(late.error().text() == fmt::format("call of {} to {} failed: timeout: after 10 ms",
                                              late.error().request(), server));
    auto at_once = co_await server.within(0s).try_call<Hold>();
    EXPECT(at_once.error().is_timeout());
  });
}

TEST_CASE("call error: a negative timeout is refused, and nothing is sent or lost", "[call_error]") {
  in_process([]() -> Task<> {
    auto server = co_await start_link<Server>();
    int refused = 0;
    try {
      (void)co_await server.within(-1ms).try_call<Hold>();
    } catch (const ProcessError& e) {
      refused += e.code() == ProcessErrorCode::bad_argument ? 1 : 0;
    }
    EXPECT(co_await server.call(&Server::held) == 0);
    auto request = server.send_request<Get>();
    try {
      (void)co_await request.response(-1ms);
    } catch (const ProcessError& e) {
      refused += e.code() == ProcessErrorCode::bad_argument ? 1 : 0;
    }
    try {
      (void)co_await request.wait(-1ms);
    } catch (const ProcessError& e) {
      refused += e.code() == ProcessErrorCode::bad_argument ? 1 : 0;
    }
    EXPECT(refused == 3);
    auto answer = co_await request.response();
    EXPECT(answer == 1);
  });
}

TEST_CASE("call error: a late reply is dropped and counted, and reaches no mailbox",
          "[call_error]") {
  in_process([]() -> Task<> {
    auto server = co_await start_link<Server>();
    for (int i = 0; i < 3; ++i)
      EXPECT((co_await server.within(0s).try_call<Hold>()).error().is_timeout());
    EXPECT(runtime().late_reply_count() == 0);
    server.cast<Go>();
    EXPECT(co_await server.call<Get>() == 1);
    EXPECT(runtime().late_reply_count() == 3);
    EXPECT(queued() == 0);
  });
}

TEST_CASE("call error: a reply to a caller that has ended is late too", "[call_error]") {
  in_process([]() -> Task<> {
    auto server = co_await start_link<Server>();
    const Pid caller = spawn([server]() -> Task<> { (void)co_await server.call<Hold>(); });
    while (co_await server.get_state([](const Server& s) { return s.held(); }) == 0)
      co_await sleep(0s);
    const MonitorRef end = monitor(caller);
    exit(caller, ExitReason::kill());
    (void)co_await end_of(end);
    server.cast<Go>();
    EXPECT(co_await server.call<Get>() == 1);
    EXPECT(runtime().late_reply_count() == 1);
  });
}

TEST_CASE("call error: noproc, by pid and by name", "[call_error]") {
  in_process([]() -> Task<> {
    auto server = co_await start<Server>();
    co_await server.stop();
    auto by_pid = co_await server.try_call<Get>();
    EXPECT(by_pid.error().is_noproc());
    EXPECT(by_pid.error().reason() == ExitReason::noproc());
    auto by_name = co_await Name<Server>{"nobody"}.try_call<Get>();
    EXPECT(by_name.error().is_noproc());
    auto nobody = co_await ServerRef<Server>{}.try_call<Get>();
    EXPECT(nobody.error().is_noproc());
  });
}

TEST_CASE("call error: a server that ends gives its reason, normal and shutdown too",
          "[call_error]") {
  in_process([]() -> Task<> {
    const std::vector<ExitReason> reasons{ExitReason::normal(), ExitReason::shutdown(),
                                          ExitReason::shutdown(3), ExitReason::custom(4)};
    for (const ExitReason& reason : reasons) {
      auto server = co_await start<Server>();
      auto failed = co_await server.try_call<Leave>(reason);
      EXPECT(failed.error().is_exit());
      EXPECT(failed.error().reason() == reason);
    }
    auto server = co_await start<Server>();
    auto failed = co_await server.try_call<Crash>();
    EXPECT(failed.error().is_exit());
    EXPECT(failed.error().reason().text().find("crashed on purpose") != std::string::npos);
  });
}

TEST_CASE("call error: who waits in the queue of a server that ends gets the reason",
          "[call_error]") {
  in_process([]() -> Task<> {
    auto server = co_await start<Server>();
    co_await server.suspend();
    auto waiting = server.send_request<Get>();
    exit(server, ExitReason::custom(6));
    auto answer = co_await waiting.response();
    EXPECT(answer.error().is_exit());
    EXPECT(answer.error().reason() == ExitReason::custom(6));
  });
}

TEST_CASE("call error: a server that calls itself hears calling_self at once", "[call_error]") {
  in_process([]() -> Task<> {
    auto server = co_await start_link<Server>();
    EXPECT(co_await server.call<CallYourself>() == CallError::Kind::calling_self);
    EXPECT(co_await server.call<Get>() == 1);
  });
}

TEST_CASE("call error: a name of another class is wrong_server and does the server no harm",
          "[call_error]") {
  in_process([]() -> Task<> {
    auto other = co_await start_link<Other>(StartOptions{.name = "thing"});
    auto wrong = co_await Name<Server>{"thing"}.try_call<Get>();
    EXPECT(wrong.error().kind() == CallError::Kind::wrong_server);
    EXPECT(wrong.error().reason().text().find("Other") != std::string::npos);
    EXPECT(wrong.error().reason().text().find("Server") != std::string::npos);
    EXPECT(co_await other.call<Get>() == 2);
  });
}

TEST_CASE("call error: call throws it, and uncaught it ends the caller", "[call_error]") {
  in_process([]() -> Task<> {
    auto server = co_await start<Server>();
    auto gone = co_await start<Server>();
    co_await gone.stop();
    auto slow_call = [server]() -> Task<> { (void)co_await server.within(0s).call<Hold>(); };
    EXPECT((co_await error_that_ends(slow_call)).is_timeout());
    auto dead_call = [gone]() -> Task<> { (void)co_await gone.call<Get>(); };
    EXPECT((co_await error_that_ends(dead_call)).is_noproc());

    bool caught = false;
    try {
      (void)co_await gone.call<Get>();
    } catch (const ExitSignal& signal) {
      caught = signal.reason().get<CallError>() != nullptr;
    }
    EXPECT(caught);
  });
}

TEST_CASE("call error: the errors of nested calls nest", "[call_error]") {
  in_process([]() -> Task<> {
    auto inner = co_await start<Server>();
    auto outer = co_await start<Middle>(inner);
    auto failed = co_await outer.try_call<Forward>();
    EXPECT(failed.error().is_exit());
    EXPECT(failed.error().server() == outer.pid());
    const CallError* nested = failed.error().reason().get<CallError>();
    EXPECT(nested != nullptr);
    if (nested == nullptr) co_return;
    EXPECT(nested->server() == inner.pid());
    EXPECT(nested->request().find("Crash") != std::string::npos);
    EXPECT(nested->reason().text().find("crashed on purpose") != std::string::npos);
  });
}

TEST_CASE("call error: an untimed call waits as long as it takes", "[call_error]") {
  in_process([]() -> Task<> {
    auto server = co_await start_link<Server>();
    spawn([server]() -> Task<> {
      co_await sleep(5ms);
      server.cast<Go>();
    });
    const int got = co_await server.within(infinity).call<Hold>();
    EXPECT(got == 2);
  });
}
