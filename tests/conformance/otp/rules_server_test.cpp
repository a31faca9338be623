// Rules that are easily missed and no case of OTP's suites asks for: servers, their parents and
// their ends.
#include "in_process.hpp"

using namespace coppice;
using namespace coppice::test;
using namespace std::chrono_literals;

namespace {

struct Get {};
struct Go {};
struct Note {
  int number;
};
struct Crash {};
struct Pause {};

enum class Traps { no, yes };

// Writes down what happens to it.
class Witness : public GenServer {
 public:
  using Info = Messages<Note>;
  Witness(Journal* journal, Traps traps, bool throws = false)
      : journal_{*journal}, mark_{*journal, "destroyed"} {
    trap_exit(traps == Traps::yes);
    if (throws) throw std::runtime_error{"constructor threw"};
  }
  int handle_call(Get) { return 1; }
  Task<> handle_cast(Pause) {
    co_await receive([](Go) {});
  }
  void handle_cast(Crash) { throw std::runtime_error{"crash"}; }
  void handle_info(Note note) { journal_.write(fmt::format("note:{}", note.number)); }
  void handle_info(const Exit& exit) { journal_.write("info:" + exit.reason.text()); }
  void terminate(const ExitReason& reason) {
    journal_.write("terminate:" + (reason.is_error() ? "error" : reason.text()));
  }

 private:
  Journal& journal_;
  Mark mark_;
};

// A process that starts a Witness, linked, tells its pid, and ends for the reason that it is sent.
Pid spawn_parent(Journal* journal, Traps traps) {
  return spawn([boss = self(), journal, traps]() -> Task<> {
    const auto child = co_await start_link<Witness>(journal, traps);
    send<Pid>(boss, child.pid());
    co_await receive([](const ExitReason& why) { exit(why); });
  });
}

}  // namespace

TEST_CASE(
    "rule 10: a starter that does not trap survives every failed start_link, and a server without "
    "a link has no parent",
    "[otp][rule-10][rule-12]") {
  Journal journal;
  in_process([&journal]() -> Task<> {
    bool thrown = false;
    try {
      (void)co_await start_link<Witness>(&journal, Traps::no, true);
    } catch (const StartFailed& failed) {
      thrown = failed.error().reason().error_info()->message == "constructor threw";
    }
    EXPECT(thrown && queued() == 0 && process_info(self()).links.empty());
    EXPECT(journal.take() == "destroyed");  // the members that were made, and no terminate
    const auto server = co_await start<Witness>(&journal, Traps::yes);
    EXPECT(!(co_await server.status()).parent);
    exit(server, ExitReason::custom(3));  // from who started it: a message like any other
    EXPECT(co_await server.call<Get>() == 1);
    EXPECT(journal.take() == "info:3");
    co_await server.stop();
  });
}

TEST_CASE(
    "rule 11: self, names and trap_exit work in the constructor, and a throw in it runs no "
    "terminate",
    "[otp][rule-11]") {
  struct Seen {
    bool named;
    bool trapped;
    Pid pid;
  };
  class Looks : public GenServer {
   public:
    explicit Looks(Pid boss) {
      send<Seen>(boss, whereis("looks") == self(), trap_exit(true), self());
    }
  };
  in_process([]() -> Task<> {
    const auto server = co_await start_link<Looks>(StartOptions{.name = "looks"}, self());
    const Seen seen = co_await next<Seen>();
    EXPECT(seen.named && !seen.trapped && seen.pid == server.pid());
    // It traps from then on.
    exit(server, ExitReason::normal());
    co_await end_of(server);
  });
}

TEST_CASE(
    "rule 12: a trapping server's parent ends it by terminate, whatever the reason and in its "
    "place in the queue",
    "[otp][rule-7][rule-12]") {
  Journal journal;
  in_process([&journal]() -> Task<> {
    const std::vector<ExitReason> reasons = {ExitReason::normal(), ExitReason::shutdown(),
                                             ExitReason::custom(7)};
    for (const ExitReason& reason : reasons) {
      const Pid parent = spawn_parent(&journal, Traps::yes);
      const ServerRef<Witness> child{co_await next<Pid>()};
      const MonitorRef end = monitor(child);
      // It is busy while its parent ends; what came before that comes first.
      child.cast<Pause>();
      for (int i = 0; i < 3; ++i) send<Note>(child, i);
      send(parent, reason);
      co_await end_of(parent);
      send<Go>(child);
      EXPECT(co_await end_of(end) == reason);
      EXPECT(journal.take() == "note:0 note:1 note:2 terminate:" + reason.text() + " destroyed");
    }
  });
}

TEST_CASE("rule 12: the exit of anyone else who is linked is a message to a trapping server",
          "[otp][rule-12]") {
  Journal journal;
  in_process([&journal]() -> Task<> {
    const auto server = co_await start<Witness>(&journal, Traps::yes);
    for (const bool normal : {false, true}) {
      const Pid other = spawn([server, normal]() -> Task<> {
        link(server);
        exit(normal ? ExitReason::normal() : ExitReason::custom(5));
        co_return;
      });
      co_await end_of(other);
      EXPECT(co_await server.call<Get>() == 1);
    }
    EXPECT(journal.take() == "info:5 info:normal");
    co_await server.stop();
  });
}

TEST_CASE(
    "rule 12: a server that does not trap dies of its parent's end without terminate, but not of "
    "normal",
    "[otp][rule-12][rule-13]") {
  Journal journal;
  in_process([&journal]() -> Task<> {
    const Pid parent = spawn_parent(&journal, Traps::no);
    const ServerRef<Witness> child{co_await next<Pid>()};
    const MonitorRef end = monitor(child);
    send(parent, ExitReason::custom(4));
    EXPECT(co_await end_of(end) == ExitReason::custom(4));
    EXPECT(journal.take() == "destroyed");
    const Pid quiet = spawn_parent(&journal, Traps::no);
    const ServerRef<Witness> orphan{co_await next<Pid>()};
    send(quiet, ExitReason::normal());
    co_await end_of(quiet);
    EXPECT(co_await orphan.call<Get>() == 1);
    co_await orphan.stop();
  });
}

TEST_CASE("rule 13: the destructor always runs, terminate only where OTP calls it",
          "[otp][rule-13]") {
  Journal journal;
  in_process([&journal]() -> Task<> {
    const auto stopped = co_await start<Witness>(&journal, Traps::no);
    co_await stopped.stop(ExitReason::shutdown());
    EXPECT(journal.take() == "terminate:shutdown destroyed");
    const auto crashed = co_await start<Witness>(&journal, Traps::no);
    crashed.cast<Crash>();
    co_await end_of(crashed);
    EXPECT(journal.take() == "terminate:error destroyed");
    const auto killed = co_await start<Witness>(&journal, Traps::yes);
    exit(killed, ExitReason::kill());
    co_await end_of(killed);
    EXPECT(journal.take() == "destroyed");
    const auto ended = co_await start<Witness>(&journal, Traps::no);
    exit(ended, ExitReason::shutdown());
    co_await end_of(ended);
    EXPECT(journal.take() == "destroyed");
  });
}

TEST_CASE("rule 16: a user's Timeout is a message of that type, not the server's timeout",
          "[otp][rule-16]") {
  class Armed : public GenServer {
   public:
    InitResult init() { return InitResult::timeout(1h); }
    int handle_call(Get) { return fired_; }
    void handle_info(Timeout) { ++fired_; }

   private:
    int fired_ = 0;
  };
  in_process([]() -> Task<> {
    const auto server = co_await start<Armed>();
    send<Timeout>(server);
    EXPECT(co_await server.call<Get>() == 0);
    co_await server.stop();
  });
}

TEST_CASE("rule 18: a suspended server keeps what comes, answers the system lane, and can be ended",
          "[otp][rule-18]") {
  Journal journal;
  in_process([&journal]() -> Task<> {
    const auto server = co_await start<Witness>(&journal, Traps::no);
    co_await server.suspend();
    send<Note>(server, 1);
    auto request = server.send_request<Get>();
    const ServerStatus status = co_await server.status();
    EXPECT(status.mode == ServerStatus::Mode::suspended && status.queued >= 2);
    EXPECT(journal.take() == "");
    co_await server.resume();
    EXPECT((co_await request.response()).value() == 1);
    EXPECT(journal.take() == "note:1");
    co_await server.suspend();
    const MonitorRef end = monitor(server);
    exit(server, ExitReason::custom(2));
    EXPECT(co_await end_of(end) == ExitReason::custom(2));
  });
}

TEST_CASE(
    "rule 14: a failed call says what failed: noproc, timeout, the server's reason, normal too",
    "[otp][rule-14]") {
  Journal journal;
  in_process([&journal]() -> Task<> {
    const auto server = co_await start<Witness>(&journal, Traps::no);
    co_await server.suspend();
    EXPECT((co_await server.within(1ms).try_call<Get>()).error().is_timeout());
    auto waiting = server.send_request<Get>();
    exit(server, ExitReason::shutdown(8));
    const auto ended = co_await waiting.response();
    EXPECT(!ended && ended.error().is_exit() && ended.error().reason() == ExitReason::shutdown(8));
    EXPECT((co_await server.try_call<Get>()).error().is_noproc());
    EXPECT((co_await Name<Witness>{"nobody"}.try_call<Get>()).error().is_noproc());
    // The plain verb ends who does not catch it, with the same in the reason.
    const SpawnedMonitor caller =
        spawn_monitor([server]() -> Task<> { co_await server.call<Get>(); });
    const ExitReason why = co_await end_of(caller.ref);
    EXPECT(why.get<CallError>() != nullptr && why.get<CallError>()->is_noproc());
    EXPECT(queued() == 0);
  });
}
