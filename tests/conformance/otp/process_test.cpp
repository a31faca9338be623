// process_SUITE (the cases about exits, names and spawns) and register_SUITE of OTP.
#include "in_process.hpp"

using namespace coppice;
using namespace coppice::test;
using namespace std::chrono_literals;

namespace {

struct Go {};
struct Caught {};

Task<> wait_for_go() {
  co_await receive([](Go) {});
}

// Why a process that does what `body` does ends.
template <class F, class... Args>
Task<ExitReason> why_ends(F body, Args... args) {
  const SpawnedMonitor born = spawn_monitor(std::move(body), std::move(args)...);
  co_return co_await end_of(born.ref);
}
Task<> exit_with(ExitReason reason) {
  exit(std::move(reason));
  co_return;
}
Task<> signal_oneself(ExitReason reason) {
  exit(self(), std::move(reason));
  co_return;
}
NameError error_of(std::expected<void, NameError> result) {
  if (result) throw std::runtime_error{"the name was given"};
  return result.error();
}

// What a linked child gets when its parent ends for a reason.
Task<> child_hears(ExitReason reason) {
  const Pid boss = self();
  const Pid parent = spawn([boss]() -> Task<> {
    spawn_link([boss]() -> Task<> {
      trap_exit(true);
      send<Pid>(boss, self());
      send<Exit>(boss, co_await next<Exit>());
    });
    const Pid untrapping = spawn_link(wait_for_go);
    send<Pid>(boss, untrapping);
    co_await receive([](const ExitReason& why) { exit(why); });
  });
  const Pid one = co_await next<Pid>();
  const Pid two = co_await next<Pid>();
  const MonitorRef first = monitor(one);
  const MonitorRef second = monitor(two);
  send(parent, reason);
  const Exit heard = co_await next<Exit>();
  EXPECT(heard.from == parent && heard.reason == reason);
  // Of the two the one that does not trap ends for the reason, the other when it has told it.
  const ExitReason ends_first = co_await end_of(first);
  const ExitReason ends_second = co_await end_of(second);
  EXPECT((ends_first == reason && ends_second.is_normal()) ||
         (ends_first.is_normal() && ends_second == reason));
}

}  // namespace

TEST_CASE("process_SUITE: t_exit_1: a process may end with a reason of any size",
          "[otp][process][rule-6]") {
  in_process([]() -> Task<> {
    const std::string large(128 * 1024, 'x');
    trap_exit(true);
    const Pid pid = spawn_link(exit_with, ExitReason::custom(large));
    const Exit exit = co_await next<Exit>();
    EXPECT(exit.from == pid && *exit.reason.get<std::string>() == large);
  });
}

TEST_CASE("process_SUITE: t_exit_2_other: and be sent one", "[otp][process]") {
  in_process([]() -> Task<> {
    const std::string large(128 * 1024, 'y');
    trap_exit(true);
    const Pid pid = spawn_link(wait_for_go);
    exit(pid, ExitReason::custom(large));
    const Exit exit = co_await next<Exit>();
    EXPECT(exit.from == pid && *exit.reason.get<std::string>() == large);
  });
}

TEST_CASE("process_SUITE: t_exit_2_other_normal: a signal of normal does not end another process",
          "[otp][process][rule-5]") {
  in_process([]() -> Task<> {
    const auto [pid, end] = spawn_monitor(wait_for_go);
    exit(pid, ExitReason::normal());
    co_await sleep(0s);
    EXPECT(is_alive(pid));
    exit(pid, ExitReason::custom(1));
    EXPECT(co_await end_of(end) == ExitReason::custom(1));  // the one before it had no effect
  });
}

TEST_CASE(
    "process_SUITE: self_exit: a signal to oneself is a message to who traps, there when the call "
    "returns",
    "[otp][process][rule-6]") {
  in_process([]() -> Task<> {
    trap_exit(true);
    for (const bool normal : {false, true}) {
      const ExitReason reason =
          normal ? ExitReason::normal() : ExitReason::custom(std::string{"jaha"});
      exit(self(), reason);
      EXPECT(queued() == 1);
      const Exit exit = co_await next<Exit>();
      EXPECT(exit.from == self() && exit.reason == reason);
    }
  });
}

TEST_CASE(
    "process_SUITE: normal_suicide_exit, abnormal_suicide_exit: and ends who does not, with normal "
    "too",
    "[otp][process][rule-5][rule-6]") {
  in_process([]() -> Task<> {
    EXPECT(co_await why_ends(signal_oneself, ExitReason::normal()) == ExitReason::normal());
    EXPECT(co_await why_ends(signal_oneself, ExitReason::custom(4)) == ExitReason::custom(4));
    EXPECT(co_await why_ends(signal_oneself, ExitReason::kill()) == ExitReason::killed());
    const SpawnedMonitor lives = spawn_monitor([]() -> Task<> {
      exit(self(), ExitReason::normal());
      exit(ExitReason::custom(1));  // not reached
      co_return;
    });
    EXPECT(co_await end_of(lives.ref) == ExitReason::normal());
  });
}

TEST_CASE("process_SUITE: t_exit_2_catch: a signal to oneself cannot be caught for good",
          "[otp][process][rule-6]") {
  in_process([]() -> Task<> {
    const Pid boss = self();
    const ExitReason why = co_await why_ends([boss]() -> Task<> {
      try {
        exit(self(), ExitReason::custom(7));
      } catch (...) {
        send<Caught>(boss);
      }
      co_await sleep(1h);
    });
    EXPECT(why == ExitReason::custom(7));
    EXPECT((co_await receive<Caught>(0ms)).has_value());
  });
}

TEST_CASE(
    "process_SUITE: trap_exit_badarg, trap_exit_badarg_in_bif: a wrong argument ends a process "
    "with an error that says which",
    "[otp][process]") {
  in_process([]() -> Task<> {
    trap_exit(true);
    const Pid pid = spawn_link([]() -> Task<> {
      send_after<Go>(-1s, self());
      co_return;
    });
    const Exit exit = co_await next<Exit>();
    EXPECT(exit.from == pid && exit.reason.is_error());
    EXPECT(*exit.reason.error_info()->thrown == typeid(ProcessError));
    EXPECT(exit.reason.error_info()->message.find("send_after") != std::string::npos);
  });
}

TEST_CASE("process_SUITE: bad_register: each wrong registration has its error",
          "[otp][process][rule-9]") {
  in_process([]() -> Task<> {
    EXPECT(error_of(register_name("undefined", self())) == NameError::reserved_name);
    EXPECT(error_of(register_name("", self())) == NameError::reserved_name);
    const Pid dead = spawn([]() -> Task<> { co_return; });
    co_await end_of(dead);
    EXPECT(error_of(register_name("bad_register", dead)) == NameError::process_dead);
    EXPECT(register_name("bad_register", self()).has_value());
    EXPECT(error_of(register_name("bad_register", self())) == NameError::name_taken);
    EXPECT(error_of(register_name("bad_register_too", self())) == NameError::process_has_name);
    const Pid other = spawn(wait_for_go);
    EXPECT(error_of(register_name("bad_register", other)) == NameError::name_taken);
    EXPECT(whereis("bad_register") == self() &&
           registered() == std::vector<Atom>(1, "bad_register"));
    EXPECT(unregister_name("bad_register") && !unregister_name("bad_register"));
    send<Go>(other);
  });
}

TEST_CASE(
    "process_SUITE: spawn_request_monitor_demonitor: a monitor of a process just born can be taken "
    "away",
    "[otp][process]") {
  in_process([]() -> Task<> {
    for (int i = 0; i < 100; ++i) {
      const auto [pid, ref] = spawn_monitor([]() -> Task<> { co_return; });
      (void)demonitor(ref, flush);
      co_await end_of(pid);
      EXPECT(queued() == 0);
    }
  });
}

TEST_CASE(
    "process_SUITE: spawn_request_monitor_child_exit, spawn_request_link_child_exit: who is born "
    "with a tie and ends at once is heard of",
    "[otp][process]") {
  in_process([]() -> Task<> {
    trap_exit(true);
    for (int i = 0; i < 50; ++i) {
      const SpawnedMonitor watched = spawn_monitor(exit_with, ExitReason::custom(i));
      EXPECT(co_await end_of(watched.ref) == ExitReason::custom(i));
      const Pid linked = spawn_link(exit_with, ExitReason::custom(i));
      const Exit exit = co_await next<Exit>();
      EXPECT(exit.from == linked && exit.reason == ExitReason::custom(i));
    }
    EXPECT(queued() == 0);
  });
}

TEST_CASE(
    "process_SUITE: spawn_request_link_parent_exit, "
    "spawn_request_link_parent_exit_compound_reason: the parent's end reaches its child",
    "[otp][process][rule-4]") {
  in_process([]() -> Task<> {
    co_await child_hears(ExitReason::custom(3));
    co_await child_hears(ExitReason::kill());
    const std::vector<std::string> compound(20, std::string(100, 'c'));
    co_await child_hears(ExitReason::custom(compound));
  });
}

TEST_CASE(
    "process_SUITE: process_info_self_signal: what a process tells of itself has all that it has "
    "done and got",
    "[otp][process][rule-28]") {
  in_process([]() -> Task<> {
    const Pid me = self();
    send<Go>(me);
    send<Go>(me);
    EXPECT(process_info(me).message_queue_len == 2);
    const Pid child = spawn_link(wait_for_go);
    monitor(child);
    trap_exit(true);
    set_label("busy");
    EXPECT(register_name("self_signal", me).has_value());
    exit(me, ExitReason::custom(1));
    const ProcessInfo info = process_info(me);
    EXPECT(info.message_queue_len == 3 && info.trap_exit && info.label == "busy");
    EXPECT(info.registered_name == Atom{"self_signal"});
    EXPECT(info.links == std::vector<Pid>(1, child));
    EXPECT(info.monitors.size() == 1 && info.monitors[0].pid == child);
    unlink(child);
    EXPECT(process_info(me).links.empty());
    exit(child, ExitReason::kill());
    co_return;
  });
}

TEST_CASE("register_SUITE: otp_8099: names that come and go with their processes never stay",
          "[otp][process][rule-8]") {
  in_process([]() -> Task<> {
    const Atom name{"otp_8099"};
    for (int i = 0; i < 5'000; ++i) {
      const auto [pid, end] = spawn_monitor([name]() -> Task<> {
        EXPECT(register_name(name, self()).has_value());
        co_await receive([](Go) {});
      });
      if (i % 2 == 0) co_await await_registered(name, patience);
      if (i % 3 == 0) unregister_name(name);
      if (i % 4 == 0)
        exit(pid, ExitReason::kill());
      else
        send<Go>(pid);
      co_await end_of(end);
      // Nobody has it now, and whoever wants it gets it.
      EXPECT(!whereis(name));
      EXPECT(register_name(name, self()).has_value() && whereis(name) == self());
      EXPECT(unregister_name(name));
    }
  });
}
