// EventManager: handlers that are added, called, swapped, removed and that crash.
#include <coppice/behaviour/event_manager.hpp>

#include "in_process.hpp"

using namespace coppice;
using namespace coppice::test;
using namespace std::chrono_literals;

namespace {

struct Alarm {
  std::string what;
};
struct AllClear {};
struct Count {};
struct Crash {};
struct Wait {};
struct Go {};

using Alarms = EventManager<Alarm, AllClear>;

std::string_view word_of(HandlerEnd::Kind kind) {
  switch (kind) {
    case HandlerEnd::Kind::removed: return "removed";
    case HandlerEnd::Kind::swapped: return "swapped";
    case HandlerEnd::Kind::stopped: return "stopped";
    case HandlerEnd::Kind::supervisor_ended: return "supervisor_ended";
    case HandlerEnd::Kind::crashed: return "crashed";
  }
  return "?";
}

// Writes down what it is told; does as an alarm says.
class Bell : public EventHandler {
 public:
  Bell(Journal* journal, std::string name, int rung = 0)
      : journal_{*journal}, name_{std::move(name)}, mark_{*journal, "~"}, rung_{rung} {
    if (name_ == "broken") throw std::runtime_error{"a broken bell"};
  }
  HandlerNext handle_event(const Alarm& alarm) {
    journal_.write(name_ + ":" + alarm.what);
    ++rung_;
    if (alarm.what == "crash " + name_) throw std::runtime_error{"the clapper fell off"};
    if (alarm.what == "exit " + name_) exit(ExitReason::custom(9));
    return alarm.what == "leave " + name_ ? HandlerNext::remove() : HandlerNext{};
  }
  int handle_call(Count) { return rung_; }
  void handle_call(Crash) { throw std::runtime_error{"crashed in a call"}; }
  Task<int> handle_call(Wait) {
    co_await receive([](Go) {});
    co_return 7;
  }
  void terminate(const HandlerEnd& end) {
    journal_.write(fmt::format("{} {} {}", name_, word_of(end.kind),
                               end.reason.is_error() ? "error" : end.reason.text()));
  }
  int hand_over() const { return rung_; }

 private:
  Journal& journal_;
  std::string name_;
  Mark mark_;
  int rung_;
};

// Takes its time, and handles both events.
class Slow : public EventHandler {
 public:
  explicit Slow(Journal* journal) : journal_{*journal} {}
  Task<> handle_event(const Alarm& alarm) {
    co_await receive([](Go) {});
    journal_.write("slow:" + alarm.what);
  }
  Task<HandlerNext> handle_event(const AllClear&) {
    co_await sleep(0s);
    co_return HandlerNext::remove();
  }
  Task<> terminate(const HandlerEnd&) {
    co_await sleep(0s);
    journal_.write("slow ended");
  }

 private:
  Journal& journal_;
};

// Knows alarms only, and has nothing else.
class Plain : public EventHandler {
 public:
  explicit Plain(Pid boss) : boss_{boss} {}
  void handle_event(const AllClear&) { send<AllClear>(boss_); }

 private:
  Pid boss_;
};

// What a manager reports.
class HandlerReports final : public process::EventSink {
 public:
  void handler_crashed(const process::HandlerReport& report) noexcept override {
    const std::lock_guard guard{lock_};
    reports_.push_back(report);
  }
  std::vector<process::HandlerReport> take() {
    const std::lock_guard guard{lock_};
    return std::exchange(reports_, {});
  }

 private:
  std::mutex lock_;
  std::vector<process::HandlerReport> reports_;
};

}  // namespace

TEST_CASE(
    "event manager: each event goes to each handler that knows it, in the order of their adding",
    "[event_manager]") {
  Journal journal;
  in_process([&journal]() -> Task<> {
    const auto alarms = co_await start_link<Alarms>();
    co_await alarms.sync_notify<Alarm>("to nobody");
    const auto a = co_await alarms.add_handler<Bell>(&journal, "a");
    const auto plain = co_await alarms.add_handler<Plain>(self());
    const auto b = co_await alarms.add_handler<Bell>(&journal, "b");
    EXPECT(a < HandlerRef<Bell>{b.number()} && plain.number() != a.number());
    alarms.notify<Alarm>("one");
    alarms.notify(AllClear{});
    co_await alarms.sync_notify<Alarm>("two");
    EXPECT(journal.take() == "a:one b:one a:two b:two");
    EXPECT((co_await receive<AllClear>(0s))
               .has_value());  // sent while the second alarm was waited for
    const std::vector<HandlerInfo> all = co_await alarms.which_handlers();
    EXPECT(all.size() == 3 && all[0].number == a.number() && all[2].number == b.number());
    EXPECT(all[1].type.find("Plain") != std::string::npos && !all[1].supervisor);
    co_await alarms.stop();
    EXPECT(journal.take() == "a stopped normal ~ b stopped normal ~");
  });
}

TEST_CASE("event manager: a handler is called, and removed from outside or by itself",
          "[event_manager]") {
  Journal journal;
  in_process([&journal]() -> Task<> {
    const auto alarms = co_await start_link<Alarms>();
    const auto a = co_await alarms.add_handler<Bell>(&journal, "a");
    const auto b = co_await alarms.add_handler<Bell>(&journal, "b", 10);
    alarms.notify<Alarm>("one");
    EXPECT(co_await alarms.call_handler<Count>(a) == 1);
    EXPECT(co_await alarms.call_handler<Count>(b) == 11);
    journal.take();
    co_await alarms.sync_notify<Alarm>("leave a");
    EXPECT(journal.take() == "a:leave a a removed normal ~ b:leave a");
    EXPECT((co_await alarms.try_call_handler<Count>(a)).error().is_not_found());
    EXPECT((co_await alarms.try_remove_handler(a)).error().is_not_found());
    co_await alarms.remove_handler(b);
    EXPECT(journal.take() == "b removed normal ~");
    EXPECT((co_await alarms.which_handlers()).empty());
    bool thrown = false;
    try {
      co_await alarms.remove_handler(b);
    } catch (const HandlerError& error) {
      thrown = error.is_not_found();
    }
    EXPECT(thrown);
  });
}

TEST_CASE("event manager: a handler that crashes is removed and reported, the others live",
          "[event_manager]") {
  Journal journal;
  HandlerReports reports;
  in_process({.events = &reports}, [&journal, &reports]() -> Task<> {
    const auto alarms = co_await start_link<Alarms>(StartOptions{.name = "alarms"});
    const auto a = co_await alarms.add_handler<Bell>(&journal, "a");
    const auto b = co_await alarms.add_handler<Bell>(&journal, "b");
    co_await alarms.sync_notify<Alarm>("crash a");
    EXPECT(journal.take() == "a:crash a a crashed error ~ b:crash a");
    {
      const std::vector<process::HandlerReport> told = reports.take();
      EXPECT(told.size() == 1 && told[0].manager == alarms.pid() &&
             told[0].manager_name == Atom{"alarms"});
      EXPECT(told[0].handler.find("Bell") != std::string::npos &&
             told[0].doing.find("Alarm") != std::string::npos);
      EXPECT(told[0].reason.error_info()->message == "the clapper fell off");
    }
    EXPECT((co_await alarms.try_call_handler<Count>(a)).error().is_not_found());
    // In a call too: the caller hears why.
    const auto crashed = co_await alarms.try_call_handler<Crash>(b);
    EXPECT(!crashed && crashed.error().is_crashed());
    EXPECT(crashed.error().reason().error_info()->message == "crashed in a call");
    EXPECT(reports.take().size() == 1);
    // exit(reason) in a handler is its end, not the manager's.
    (void)co_await alarms.add_handler<Bell>(&journal, "c");
    co_await alarms.sync_notify<Alarm>("exit c");
    EXPECT(reports.take().at(0).reason == ExitReason::custom(9));
    EXPECT((co_await alarms.which_handlers()).empty());
    EXPECT(is_alive(alarms));
    journal.take();
  });
}

TEST_CASE("event manager: one that cannot be constructed is not added", "[event_manager]") {
  Journal journal;
  in_process([&journal]() -> Task<> {
    const auto alarms = co_await start_link<Alarms>();
    const auto failed = co_await alarms.try_add_handler<Bell>(&journal, "broken");
    EXPECT(!failed && failed.error().is_failed());
    EXPECT(failed.error().reason().error_info()->message == "a broken bell");
    EXPECT(std::string{failed.error().what()}.find("a broken bell") != std::string::npos);
    EXPECT((co_await alarms.which_handlers()).empty());
    EXPECT(journal.take() == "~");  // the member that was made; terminate did not run
  });
}

TEST_CASE("event manager: who supervises a handler hears how it ended", "[event_manager]") {
  Journal journal;
  HandlerReports reports;
  in_process({.events = &reports}, [&journal, &reports]() -> Task<> {
    const auto alarms = co_await start<Alarms>();
    const auto removed = co_await alarms.add_supervised_handler<Bell>(&journal, "a");
    EXPECT((co_await alarms.which_handlers()).at(0).supervisor == self());
    EXPECT(process_info(self()).links == std::vector<Pid>(1, alarms.pid()));
    co_await alarms.remove_handler(removed);
    const HandlerExit first = co_await next<HandlerExit>();
    EXPECT(first.number == removed.number() && first.successor == 0 && first.reason.is_normal());
    EXPECT(process_info(self()).links.empty());

    const auto crashing = co_await alarms.add_supervised_handler<Bell>(&journal, "b");
    co_await alarms.sync_notify<Alarm>("crash b");
    const HandlerExit second = co_await next<HandlerExit>();
    EXPECT(second.number == crashing.number() && second.reason.is_error());

    const auto stopped = co_await alarms.add_supervised_handler<Bell>(&journal, "c");
    trap_exit(true);
    co_await alarms.stop();
    const HandlerExit third = co_await next<HandlerExit>();
    EXPECT(third.number == stopped.number() && third.reason == ExitReason::shutdown());
    reports.take();
  });
}

TEST_CASE("event manager: the end of who supervises handlers removes them, and no others",
          "[event_manager]") {
  Journal journal;
  in_process([&journal]() -> Task<> {
    const auto alarms = co_await start<Alarms>();
    const auto mine = co_await alarms.add_handler<Bell>(&journal, "mine");
    const auto [pid, end] = spawn_monitor([alarms, &journal, boss = self()]() -> Task<> {
      (void)co_await alarms.add_supervised_handler<Bell>(&journal, "one");
      (void)co_await alarms.add_supervised_handler<Bell>(&journal, "two");
      send<Go>(boss);
      co_await receive([](Go) {});
      exit(ExitReason::custom(5));
    });
    (void)co_await next<Go>();
    send<Go>(pid);
    EXPECT(co_await end_of(end) == ExitReason::custom(5));
    EXPECT((co_await alarms.which_handlers()).size() == 1);
    EXPECT(journal.take() == "one supervisor_ended 5 ~ two supervisor_ended 5 ~");
    EXPECT(co_await alarms.call_handler<Count>(mine) == 0);
    co_await alarms.stop();
  });
}

TEST_CASE("event manager: a handler is swapped for one that gets what it hands over",
          "[event_manager]") {
  Journal journal;
  in_process([&journal]() -> Task<> {
    const auto alarms = co_await start<Alarms>();
    const auto old = co_await alarms.add_supervised_handler<Bell>(&journal, "old");
    co_await alarms.sync_notify<Alarm>("one");
    journal.take();
    // One that cannot be made leaves the old one.
    EXPECT((co_await alarms.try_swap_handler<Bell>(old, &journal, "broken")).error().is_failed());
    EXPECT(co_await alarms.call_handler<Count>(old) == 1);
    journal.take();
    const HandlerRef<Bell> fresh = co_await alarms.swap_handler<Bell>(old, &journal, "new");
    EXPECT(journal.take() == "old swapped normal ~");
    const HandlerExit told = co_await next<HandlerExit>();
    EXPECT(told.number == old.number() && told.successor == fresh.number() &&
           told.reason.is_normal());
    EXPECT(co_await alarms.call_handler<Count>(fresh) == 1);
    EXPECT((co_await alarms.which_handlers()).at(0).supervisor == self());
    EXPECT((co_await alarms.try_swap_handler<Bell>(old, &journal, "late")).error().is_not_found());
    // A successor of another class that takes nothing.
    const HandlerRef<Slow> slow = co_await alarms.swap_handler<Slow>(fresh, &journal);
    EXPECT((co_await next<HandlerExit>()).successor == slow.number());
    EXPECT((co_await alarms.try_remove_handler(HandlerRef<Bell>{slow.number()}))
               .error()
               .is_not_found());
    co_await alarms.remove_handler(slow);
    (void)co_await next<HandlerExit>();
    co_await alarms.stop();
    journal.take();
  });
}

TEST_CASE("event manager: handlers may wait; other messages wait with them", "[event_manager]") {
  Journal journal;
  in_process([&journal]() -> Task<> {
    const auto alarms = co_await start_link<Alarms>();
    (void)co_await alarms.add_handler<Slow>(&journal);
    const auto bell = co_await alarms.add_handler<Bell>(&journal, "bell");
    alarms.notify<Alarm>("one");
    auto second = alarms.send_request<behaviour::SyncNotify<Alarm>>(std::in_place, "two");
    send<Go>(alarms);
    send<Go>(alarms);
    EXPECT((co_await second.response()).has_value());
    EXPECT(journal.take() == "slow:one bell:one slow:two bell:two");
    spawn([alarms]() -> Task<> {
      bool handling = false;
      while (!handling) {
        const ServerStatus status = co_await alarms.status();
        handling = !status.handling.empty();
      }
      send<Go>(alarms);
    });
    EXPECT(co_await alarms.call_handler<Wait>(bell) == 7);
    co_await alarms.sync_notify<AllClear>();
    EXPECT(journal.take() == "slow ended");
    // Killed while a handler waits: what it holds is destroyed.
    (void)co_await alarms.add_handler<Slow>(&journal);
    alarms.notify<Alarm>("three");
    unlink(alarms);
    const MonitorRef end = monitor(alarms);
    exit(alarms, ExitReason::kill());
    EXPECT(co_await end_of(end) == ExitReason::killed());
    EXPECT(journal.take() == "~");
    const auto gone = co_await alarms.try_call_handler<Count>(bell);
    EXPECT(!gone && gone.error().is_unreachable() && gone.error().reason().is_noproc());
  });
}

TEST_CASE("event manager: is a server: named, suspended, restarted without its handlers",
          "[event_manager]") {
  Journal journal;
  in_process([&journal]() -> Task<> {
    SupervisorSpec spec;
    spec.children.push_back(child<Alarms>("alarms").named("alarms"));
    const auto sup = co_await start_link<StaticSupervisor>(std::move(spec));
    const auto alarms = Name<Alarms>{"alarms"}.resolve().value();
    (void)co_await alarms.add_handler<Bell>(&journal, "a");
    co_await alarms.suspend();
    alarms.notify<Alarm>("one");
    EXPECT(journal.take() == "");
    co_await alarms.resume();
    EXPECT((co_await alarms.which_handlers()).size() == 1);
    EXPECT(journal.take() == "a:one");
    const MonitorRef end = monitor(alarms);
    exit(alarms, ExitReason::kill());
    (void)co_await end_of(end);
    EXPECT((co_await sup.count_children()).active == 1);
    const auto again = Name<Alarms>{"alarms"}.resolve().value();
    EXPECT((co_await again.which_handlers()).empty());
    co_await sup.stop();
  });
}
