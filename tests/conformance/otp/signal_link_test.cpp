// signal_SUITE and erl_link_SUITE of OTP, and the rules about signals.
#include <algorithm>

#include "in_process.hpp"

using namespace coppice;
using namespace coppice::test;
using namespace std::chrono_literals;

namespace {

struct Go {};
struct Number {
  int value;
};
struct Done {};

Task<> wait_for_go() {
  co_await receive([](Go) {});
}
Task<> end_at_go(ExitReason reason) {
  co_await receive([](Go) {});
  exit(std::move(reason));
}

// A chain of linked processes; its last one ends for `reason`, by itself or by a signal. Why its
// first one ended.
Task<ExitReason> through_chain(int length, ExitReason reason, bool by_signal) {
  std::vector<Pid> chain;
  const Pid boss = self();
  for (int i = 0; i < length; ++i) {
    const Pid before = chain.empty() ? Pid{} : chain.back();
    chain.push_back(spawn([boss, before]() -> Task<> {
      if (before) link(before);
      send<Done>(boss);
      co_await receive([](const ExitReason& why) { exit(why); });
    }));
    co_await next<Done>();
  }
  const MonitorRef end = monitor(chain.front());
  if (by_signal)
    exit(chain.back(), reason);
  else
    send(chain.back(), reason);
  const ExitReason why = co_await end_of(end);
  for (const Pid pid : chain) co_await end_of(pid);
  co_return why;
}
std::vector<Pid> sorted(std::vector<Pid> pids) {
  std::sort(pids.begin(), pids.end());
  return pids;
}
// Why a process that does what `body` does ends.
template <class F>
Task<ExitReason> why_ends(F body) {
  const SpawnedMonitor born = spawn_monitor(std::move(body));
  co_return co_await end_of(born.ref);
}

}  // namespace

TEST_CASE(
    "signal_SUITE: xm_sig_order: messages and an exit signal from one process take effect in the "
    "order sent",
    "[otp][signal][rule-1]") {
  in_process([]() -> Task<> {
    for (int round = 0; round < 50; ++round) {
      const Pid boss = self();
      const Pid receiver = spawn([boss]() -> Task<> {
        trap_exit(true);
        send<Done>(boss);
        for (int i = 0; i < 100; ++i) EXPECT((co_await next<Number>()).value == i);
        EXPECT(queued() <= 1);
        EXPECT((co_await next<Exit>()).reason == ExitReason::custom(1));
        send<Done>(boss);
      });
      co_await next<Done>();  // from now on it traps
      EXPECT(!whereis("xm") && register_name("xm", receiver).has_value());
      for (int i = 0; i < 100; ++i) {
        if (i % 3 == 0)
          send<Number>(Atom{"xm"}, i);
        else
          send<Number>(receiver, i);
      }
      exit(receiver, ExitReason::custom(1));
      co_await next<Done>();
      co_await end_of(receiver);
    }
  });
}

TEST_CASE(
    "signal_SUITE: kill2killed: the signal kill shows as killed to others, an end with kill is "
    "passed on as it is",
    "[otp][signal][rule-4]") {
  in_process([]() -> Task<> {
    for (const int length : {1, 2, 9, 10}) {
      EXPECT(co_await through_chain(length, ExitReason::kill(), true) == ExitReason::killed());
      EXPECT(co_await through_chain(length, ExitReason::kill(), false) == ExitReason::kill());
    }
    // Over a link it is an ordinary reason, which can be trapped.
    trap_exit(true);
    const Pid linked = spawn_link(end_at_go, ExitReason::kill());
    send<Go>(linked);
    EXPECT((co_await next<Exit>()).reason == ExitReason::kill());
  });
}

TEST_CASE(
    "signal_SUITE: unlink_exit: no Exit comes after unlink has returned, whenever the other ends",
    "[otp][signal][rule-2]") {
  in_process([]() -> Task<> {
    trap_exit(true);
    for (int i = 0; i < 500; ++i) {
      const Pid pid = spawn_link([]() -> Task<> { co_return; });
      if (i % 3 == 0) co_await sleep(0s);
      unlink(pid);
      const bool came_before = co_await receive([pid](const Exit& e) { return e.from == pid; },
                                                after(0s, [] { return false; }));
      if (i % 5 == 0) co_await end_of(pid);
      EXPECT(queued() == 0);
      (void)came_before;
    }
  });
}

TEST_CASE(
    "signal_SUITE: monitor_order, monitor_named_order_local: a monitor, messages and the end of "
    "one process come in its order",
    "[otp][signal][rule-1][rule-7]") {
  in_process([]() -> Task<> {
    const Pid boss = self();
    EXPECT(register_name("boss", boss).has_value());
    for (const bool by_name : {false, true}) {
      const SpawnedMonitor born = spawn_monitor([boss, by_name]() -> Task<> {
        for (int i = 0; i < 100; ++i) {
          if (by_name)
            send<Number>(Atom{"boss"}, i);
          else
            send<Number>(boss, i);
        }
        co_return;
      });
      int before = 0;
      while (co_await receive([](const Down&) { return false; },
                              [&before](Number n) { return EXPECT(n.value == before++), true; })) {
      }
      EXPECT(before == 100);  // the Down came last
      EXPECT(!demonitor(born.ref));
    }
    // Of a message and a monitor that one process sends, the receiver takes the message first.
    const Pid receiver = spawn([]() -> Task<> {
      co_await receive([](Go) {});
      EXPECT(process_info(self()).monitored_by.size() == 1);
    });
    const MonitorRef ref = monitor(receiver);
    send<Go>(receiver);
    EXPECT(co_await end_of(ref) == ExitReason::normal());
  });
}

TEST_CASE(
    "erl_link_SUITE: links: both ends have a link; its end is an Exit to who traps and death to "
    "who does not; none to oneself",
    "[otp][link][rule-2][rule-4][rule-5]") {
  in_process([]() -> Task<> {
    struct Links {
      std::vector<Pid> pids;
    };
    struct Look {};
    const Pid boss = self();
    const auto partner = [boss]() -> Task<> {
      for (bool go_on = true; go_on;)
        go_on = co_await receive(
            [boss](Look) {
              send<Links>(boss, process_info(self()).links);
              return true;
            },
            [](const ExitReason& why) -> bool { exit(why); });
    };
    const auto links_of = [](Pid pid) -> Task<std::vector<Pid>> {
      send<Look>(pid);
      co_return (co_await next<Links>()).pids;
    };
    const std::vector<Pid> me{boss};
    trap_exit(true);
    const Pid one = spawn_link(partner);
    const Pid two = spawn(partner);
    link(two);
    link(two);
    EXPECT(co_await links_of(one) == me);
    EXPECT(co_await links_of(two) == me);
    const std::vector<Pid> both = sorted({one, two});
    EXPECT(sorted(process_info(boss).links) == both);
    link(boss);
    EXPECT(sorted(process_info(boss).links) == both);
    unlink(two);
    EXPECT((co_await links_of(two)).empty());
    EXPECT(process_info(boss).links == std::vector<Pid>(1, one));
    send(one, ExitReason::custom(3));
    const Exit exit_of_one = co_await next<Exit>();
    EXPECT(exit_of_one.from == one && exit_of_one.reason == ExitReason::custom(3));
    EXPECT(process_info(boss).links.empty());
    exit(two, ExitReason::kill());

    // Who does not trap dies of it, but not of normal.
    for (const bool normal : {false, true}) {
      const ExitReason reason = normal ? ExitReason::normal() : ExitReason::custom(4);
      const Pid third = spawn(partner);
      auto [linked, end] = spawn_monitor([third, boss]() -> Task<> {
        link(third);
        send<Done>(boss);
        co_await receive([](Go) {});
      });
      co_await next<Done>();
      const MonitorRef third_end = monitor(third);
      send(third, reason);
      EXPECT(co_await end_of(third_end) == reason);
      if (normal) send<Go>(linked);
      EXPECT(co_await end_of(end) == reason);
    }
  });
}

TEST_CASE(
    "erl_link_SUITE: process_monitors: by pid and by name, each is one; of oneself there is none",
    "[otp][link][rule-2]") {
  in_process([]() -> Task<> {
    const Pid target = spawn(wait_for_go);
    EXPECT(register_name("target", target).has_value());
    const MonitorRef own = monitor(self());
    const MonitorRef one = monitor(target);
    const MonitorRef two = monitor(target);
    const MonitorRef by_name = monitor(Atom{"target"});
    EXPECT(process_info(self()).monitors.size() == 3 && process_info(self()).monitored_by.empty());
    EXPECT(demonitor(one) && process_info(self()).monitors.size() == 2);
    send<Go>(target);
    EXPECT(co_await end_of(two) == ExitReason::normal());
    EXPECT(co_await end_of(by_name) == ExitReason::normal());
    EXPECT(process_info(self()).monitors.empty() && queued() == 0);
    (void)demonitor(own);
  });
}

TEST_CASE("erl_link_SUITE: otp_5772_link: after an exit signal and unlink no Exit comes late",
          "[otp][link][rule-2]") {
  in_process([]() -> Task<> {
    trap_exit(true);
    for (int i = 0; i < 200; ++i) {
      const Pid pid = spawn_link(wait_for_go);
      exit(pid, ExitReason::custom(1));
      unlink(pid, flush);
      EXPECT(queued() == 0);
      co_await end_of(pid);
      EXPECT(queued() == 0);
    }
  });
}

TEST_CASE("erl_link_SUITE: otp_5772_monitor: after an exit signal and demonitor no Down comes late",
          "[otp][link][rule-8]") {
  in_process([]() -> Task<> {
    for (int i = 0; i < 200; ++i) {
      const auto [pid, ref] = spawn_monitor(wait_for_go);
      exit(pid, ExitReason::custom(1));
      (void)demonitor(ref, flush);
      EXPECT(queued() == 0);
      co_await end_of(pid);
      EXPECT(queued() == 0);
    }
  });
}

TEST_CASE(
    "rule 2: a link that is made again after unlink is active; flush takes out an Exit that is "
    "there",
    "[otp][link][rule-2]") {
  in_process([]() -> Task<> {
    trap_exit(true);
    const Pid again = spawn_link(end_at_go, ExitReason::custom(1));
    unlink(again);
    link(again);
    send<Go>(again);
    EXPECT((co_await next<Exit>()).reason == ExitReason::custom(1));
    const Pid stays = spawn_link(end_at_go, ExitReason::custom(2));
    send<Go>(stays);
    co_await end_of(stays);
    unlink(stays);
    EXPECT(queued() == 1);
    unlink(stays, flush);
    EXPECT(queued() == 0);
  });
}

TEST_CASE(
    "rule 3: a link to a dead process is an Exit for who traps, an error that can be caught for "
    "who does not",
    "[otp][link][rule-3]") {
  in_process([]() -> Task<> {
    const Pid dead = spawn([]() -> Task<> { co_return; });
    co_await end_of(dead);
    ProcessErrorCode code = ProcessErrorCode::stopping;
    try {
      link(dead);
    } catch (const ProcessError& error) {
      code = error.code();
    }
    EXPECT(code == ProcessErrorCode::noproc && queued() == 0);
    trap_exit(true);
    link(dead);
    const Exit exit = co_await next<Exit>();
    EXPECT(exit.from == dead && exit.reason == ExitReason::noproc());
  });
}

TEST_CASE("rule 7: trap_exit changes later signals only, and gives the old value",
          "[otp][link][rule-7]") {
  in_process([]() -> Task<> {
    EXPECT(!trap_exit(true) && trap_exit(true));
    exit(self(), ExitReason::custom(1));
    EXPECT(trap_exit(false) && !trap_exit(false));
    // It was trapped when it came, and is a message now.
    EXPECT((co_await next<Exit>()).reason == ExitReason::custom(1));
    EXPECT(co_await why_ends([]() -> Task<> {
             exit(self(), ExitReason::custom(2));
             co_return;
           }) == ExitReason::custom(2));
  });
}
