// monitor_SUITE of OTP.
#include <algorithm>

#include "in_process.hpp"

using namespace coppice;
using namespace coppice::test;
using namespace std::chrono_literals;

namespace {

struct Go {};
struct Done {
  bool value = true;
};
struct Watch {
  MonitorRef ref;
};

Task<> wait_for_go() {
  co_await receive([](Go) {});
}
Task<> end_at_go(ExitReason reason) {
  co_await receive([](Go) {});
  exit(std::move(reason));
}
// Nothing more of a monitor comes: all that was sent by now is here already.
Task<bool> no_down(MonitorRef ref) {
  co_return co_await receive(on(ref, [](const Down&) { return false; }),
                             after(0s, [] { return true; }));
}

// A monitor of somebody else's is left alone: whoever made it, and however.
Task<> demonitor_by_another(bool by_spawn) {
  const Pid boss = self();
  auto [target, own] = spawn_monitor([boss, by_spawn]() -> Task<> {
    const Watch watch = co_await next<Watch>();
    EXPECT(!demonitor(watch.ref) && !demonitor(watch.ref, flush));
    send<Done>(boss);
    co_await receive([](Go) {});
    exit(ExitReason::custom(by_spawn));
  });
  const MonitorRef ref = by_spawn ? own : monitor(target);
  if (!by_spawn) EXPECT(demonitor(own));
  send<Watch>(target, ref);
  co_await next<Done>();
  send<Go>(target);
  EXPECT(co_await end_of(ref) == ExitReason::custom(by_spawn));
}

}  // namespace

TEST_CASE(
    "monitor_SUITE: case_1, case_1a: who is watched by one that it kills ends as if nothing were",
    "[otp][monitor][rule-2]") {
  in_process([]() -> Task<> {
    for (const bool by_spawn : {false, true}) {
      const Pid boss = self();
      // B, which A watches, kills A and then ends.
      const auto b = [boss]() -> Task<> {
        const Pid a = co_await next<Pid>();
        exit(a, ExitReason::kill());
        co_await end_of(a);
        send<Done>(boss);
      };
      auto [a, end] = spawn_monitor([by_spawn, b]() -> Task<> {
        Pid watched;
        if (by_spawn) {
          watched = spawn_monitor(b).pid;
        } else {
          watched = spawn(b);
          monitor(watched);
        }
        send(watched, self());
        co_await receive([](Go) {});
      });
      EXPECT(co_await end_of(end) == ExitReason::killed());
      EXPECT((co_await next<Done>()).value);
    }
  });
}

TEST_CASE("monitor_SUITE: case_2, case_2a: another's monitor cannot be taken away",
          "[otp][monitor][rule-8]") {
  in_process([]() -> Task<> {
    co_await demonitor_by_another(false);
    co_await demonitor_by_another(true);
  });
}

TEST_CASE("monitor_SUITE: mon_e_1: a monitor of nobody is told noproc", "[otp][monitor]") {
  in_process([]() -> Task<> {
    EXPECT(co_await end_of(monitor(Pid{})) == ExitReason::noproc());
    EXPECT(co_await end_of(monitor(Pid{0, 77, 2})) == ExitReason::noproc());
    EXPECT(co_await end_of(monitor(Atom{"nobody_has_this_name"})) == ExitReason::noproc());
  });
}

TEST_CASE(
    "monitor_SUITE: demon_e_1, demon_1: demonitor of what is no monitor of the caller does nothing",
    "[otp][monitor][rule-8]") {
  in_process([]() -> Task<> {
    EXPECT(!demonitor(MonitorRef{}));
    EXPECT(!demonitor(MonitorRef{make_ref()}));
    EXPECT(!demonitor(MonitorRef{make_ref()}, flush));
    EXPECT(queued() == 0);
    co_return;
  });
}

TEST_CASE(
    "monitor_SUITE: mon_1: Down says which monitor, which process and why; by name it says the "
    "name",
    "[otp][monitor][rule-8]") {
  in_process([]() -> Task<> {
    const auto down_of = [](Pid pid, MonitorRef ref) -> Task<ExitReason> {
      const Down down = co_await next<Down>();
      EXPECT(down.ref == ref && down.pid == pid);
      co_return down.reason;
    };
    const std::vector<ExitReason> reasons = {ExitReason::normal(),
                                             ExitReason::custom(std::string{"foo"})};
    for (const ExitReason& reason : reasons) {
      const Pid pid = spawn(end_at_go, reason);
      const MonitorRef ref = monitor(pid);
      send<Go>(pid);
      EXPECT(co_await down_of(pid, ref) == reason);
      const MonitorRef late = monitor(pid);
      EXPECT(co_await down_of(pid, late) == ExitReason::noproc());
    }
    const Pid named = spawn(end_at_go, ExitReason::custom(1));
    EXPECT(register_name("watched", named).has_value());
    const MonitorRef ref = monitor(Atom{"watched"});
    send<Go>(named);
    const Down down = co_await next<Down>();
    EXPECT(down.ref == ref && down.name == Atom{"watched"} && down.reason == ExitReason::custom(1));
    const MonitorRef nobody = monitor(Atom{"watched"});
    const Down none = co_await next<Down>();
    EXPECT(none.ref == nobody && none.name == Atom{"watched"} &&
           none.reason == ExitReason::noproc());
  });
}

TEST_CASE("monitor_SUITE: demon_2: of oneself, twice, and before the Down",
          "[otp][monitor][rule-2]") {
  in_process([]() -> Task<> {
    const MonitorRef own = monitor(self());
    EXPECT(process_info(self()).monitors.empty());
    (void)demonitor(own);
    const Pid pid = spawn(wait_for_go);
    const MonitorRef ref = monitor(pid);
    EXPECT(demonitor(ref));
    EXPECT(!demonitor(ref));
    const MonitorRef other = monitor(pid);
    send<Go>(pid);
    EXPECT(co_await end_of(other) == ExitReason::normal());
    EXPECT(co_await no_down(ref));
    EXPECT(co_await no_down(own));
  });
}

TEST_CASE(
    "monitor_SUITE: demonitor_flush: takes a Down that has come out of the mailbox, and its own "
    "alone",
    "[otp][monitor][rule-8]") {
  in_process([]() -> Task<> {
    const Pid pid = spawn(wait_for_go);
    std::vector<MonitorRef> refs;
    for (int i = 0; i < 4; ++i) refs.push_back(monitor(pid));
    EXPECT(demonitor(refs[0], flush));
    send<Go>(pid);
    EXPECT(co_await end_of(refs[3]) == ExitReason::normal());
    EXPECT(queued() == 2);
    EXPECT(!demonitor(refs[1], flush));
    EXPECT(queued() == 1);
    EXPECT(!demonitor(refs[2]));
    EXPECT(co_await end_of(refs[2]) == ExitReason::normal());
    EXPECT(queued() == 0);
  });
}

TEST_CASE(
    "monitor_SUITE: local_remove_monitor: true means that no Down comes, false that it is there",
    "[otp][monitor][rule-8]") {
  in_process([]() -> Task<> {
    int there = 0;
    int gone = 0;
    for (int i = 0; i < 200; ++i) {
      auto [pid, ref] = spawn_monitor([]() -> Task<> { co_return; });
      if (i % 2 == 0) co_await sleep(0s);
      if (demonitor(ref)) {
        ++there;
        EXPECT(co_await no_down(ref));
      } else {
        ++gone;
        EXPECT(!co_await no_down(ref));
      }
    }
    EXPECT(there + gone == 200 && queued() == 0);
  });
}

TEST_CASE("monitor_SUITE: large_exit: a Down carries a reason of any size", "[otp][monitor]") {
  in_process([]() -> Task<> {
    const std::string large(1'000'000, 'x');
    auto [pid, ref] = spawn_monitor(end_at_go, ExitReason::custom(large));
    send<Go>(pid);
    const ExitReason why = co_await end_of(ref);
    EXPECT(why.get<std::string>() != nullptr && *why.get<std::string>() == large);
  });
}

TEST_CASE(
    "monitor_SUITE: list_cleanup: who watches and who is watched is forgotten with either end",
    "[otp][monitor]") {
  struct Watchers {
    std::size_t count;
  };
  struct Look {};
  in_process([]() -> Task<> {
    const Pid boss = self();
    const Pid target = spawn([boss]() -> Task<> {
      for (bool go_on = true; go_on;)
        go_on = co_await receive(
            [boss](Look) {
              send<Watchers>(boss, process_info(self()).monitored_by.size());
              return true;
            },
            [](Go) { return false; });
    });
    const auto watchers = [target]() -> Task<std::size_t> {
      send<Look>(target);
      co_return (co_await next<Watchers>()).count;
    };
    const MonitorRef first = monitor(target);
    const MonitorRef second = monitor(target);
    EXPECT(process_info(self()).monitors.size() == 2);
    EXPECT(co_await watchers() == 2);
    EXPECT(demonitor(first));
    EXPECT(process_info(self()).monitors.size() == 1);
    EXPECT(co_await watchers() == 1);

    // A watcher that ends is forgotten by who it watched.
    const Pid watcher = spawn([boss, target]() -> Task<> {
      monitor(target);
      send<Done>(boss);
      co_await receive([](Go) {});
    });
    co_await next<Done>();
    EXPECT(co_await watchers() == 2);
    const MonitorRef end = monitor(watcher);
    exit(watcher, ExitReason::kill());
    EXPECT(co_await end_of(end) == ExitReason::killed());
    EXPECT(co_await watchers() == 1);

    // And the other way round.
    send<Go>(target);
    EXPECT(co_await end_of(second) == ExitReason::normal());
    EXPECT(process_info(self()).monitors.empty());
  });
}

TEST_CASE("monitor_SUITE: named_down: the name is free when the Down of a monitor by name comes",
          "[otp][monitor][rule-8]") {
  in_process([]() -> Task<> {
    for (int round = 0; round < 50; ++round) {
      const Pid pid = spawn(wait_for_go);
      EXPECT(register_name("named_down", pid).has_value());
      const MonitorRef ref = monitor(Atom{"named_down"});
      exit(pid, ExitReason::kill());
      EXPECT(co_await end_of(ref) == ExitReason::killed());
      EXPECT(!whereis("named_down"));
    }
  });
}
