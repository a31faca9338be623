// The cases about aliases of OTP's process_SUITE and monitor_SUITE, and process_info of another
// process.
#include <coppice/process/alias.hpp>
#include <coppice/process/ask_info.hpp>

#include "in_process.hpp"

using namespace coppice;
using namespace coppice::test;
using namespace std::chrono_literals;

namespace {

struct Probe {};
struct Go {};
struct Given {
  Alias alias;
};

Task<> wait_for_go() {
  co_await receive([](Go) {});
}

// Whether what is sent to the alias now arrives.
Task<bool> reaches(Alias alias) {
  send<Probe>(alias);
  const bool arrived = (co_await receive<Probe>(0ms)).has_value();
  co_return arrived;
}
// Whether a message that another process sends arrives: it says when it has sent it.
Task<bool> reaches_from_another(Alias alias) {
  struct Sent {};
  const Pid boss = self();
  spawn([boss, alias]() -> Task<> {
    send<Probe>(alias);
    send<Sent>(boss);
    co_return;
  });
  (void)co_await next<Sent>();
  const bool arrived = (co_await receive<Probe>(0ms)).has_value();
  co_return arrived;
}

constexpr MonitorAlias every_mode[] = {MonitorAlias::explicit_unalias, MonitorAlias::demonitor,
                                       MonitorAlias::reply_demonitor};

}  // namespace

TEST_CASE(
    "process_SUITE: alias_bif: reaches its process until it is taken back, or with reply, once",
    "[otp][alias][rule-28]") {
  in_process([]() -> Task<> {
    const Alias lasting = alias();
    EXPECT(co_await reaches(lasting));
    EXPECT(co_await reaches_from_another(lasting));
    EXPECT(unalias(lasting));
    EXPECT(!co_await reaches(lasting));
    EXPECT(!co_await reaches_from_another(lasting));
    EXPECT(!unalias(lasting));

    const Alias once = alias(AliasMode::reply);
    EXPECT(co_await reaches_from_another(once));
    EXPECT(!co_await reaches_from_another(once));
    EXPECT(!unalias(once));
    const Alias unused = alias(AliasMode::reply);
    EXPECT(unalias(unused));
    EXPECT(!co_await reaches(unused));

    // Another's alias cannot be taken back, and goes with its process.
    const auto [other, end] = spawn_monitor([boss = self()]() -> Task<> {
      send<Given>(boss, alias());
      co_await receive([](Probe) {});
    });
    const Alias theirs = (co_await next<Given>()).alias;
    EXPECT(!unalias(theirs) && theirs.owner() == other);
    send<Probe>(theirs);
    EXPECT(co_await end_of(end) == ExitReason::normal());
    send<Probe>(theirs);
    EXPECT(queued() == 0);
  });
}

TEST_CASE("process_SUITE: monitor_alias: a monitor's alias is taken back as its mode says",
          "[otp][alias][rule-28]") {
  in_process([]() -> Task<> {
    const Pid target = spawn(wait_for_go);
    for (const MonitorAlias mode : every_mode) {
      const AliasedMonitor made = monitor(target, mode);
      EXPECT(made.alias == Alias{made.ref});
      EXPECT(co_await reaches(made.alias));
      const bool once = mode == MonitorAlias::reply_demonitor;
      EXPECT(co_await reaches(made.alias) != once);
      EXPECT(unalias(made.alias) != once);
      EXPECT(!co_await reaches(made.alias));
      // The message through reply_demonitor ended the monitor too; unalias leaves it alone.
      EXPECT(demonitor(made.ref) != once);
    }
    send<Go>(target);
    co_await end_of(target);
    EXPECT(queued() == 0);
  });
}

TEST_CASE(
    "process_SUITE: spawn_monitor_alias: the same for a monitor that is born with its process",
    "[otp][alias]") {
  in_process([]() -> Task<> {
    for (const MonitorAlias mode : every_mode) {
      const SpawnedMonitor born = spawn_monitor(mode, wait_for_go);
      const Alias reply_to{born.ref};
      EXPECT(co_await reaches_from_another(reply_to));
      const bool once = mode == MonitorAlias::reply_demonitor;
      EXPECT(co_await reaches_from_another(reply_to) != once);
      send<Go>(born.pid);
      if (once)
        co_await end_of(born.pid);
      else
        EXPECT(co_await end_of(born.ref) == ExitReason::normal());
      EXPECT(co_await reaches(reply_to) == (mode == MonitorAlias::explicit_unalias));
      EXPECT(queued() == 0);
    }
  });
}

TEST_CASE(
    "process_SUITE: demonitor_aliasmonitor: demonitor takes the alias back, unless that needs "
    "unalias",
    "[otp][alias]") {
  in_process([]() -> Task<> {
    const Pid target = spawn(wait_for_go);
    for (const MonitorAlias mode : every_mode) {
      const AliasedMonitor made = monitor(target, mode);
      EXPECT(demonitor(made.ref));
      EXPECT(co_await reaches_from_another(made.alias) == (mode == MonitorAlias::explicit_unalias));
    }
    send<Go>(target);
    co_await end_of(target);
  });
}

TEST_CASE("process_SUITE: down_aliasmonitor: so does the Down", "[otp][alias]") {
  in_process([]() -> Task<> {
    for (const MonitorAlias mode : every_mode) {
      const Pid target = spawn(wait_for_go);
      const AliasedMonitor made = monitor(target, mode);
      send<Go>(target);
      EXPECT(co_await end_of(made.ref) == ExitReason::normal());
      EXPECT(co_await reaches_from_another(made.alias) == (mode == MonitorAlias::explicit_unalias));
    }
  });
}

TEST_CASE(
    "monitor_SUITE: gh_5225_demonitor_alias: demonitor of an alias that is no monitor leaves it as "
    "it is",
    "[otp][alias]") {
  in_process([]() -> Task<> {
    for (const AliasMode mode : {AliasMode::explicit_unalias, AliasMode::reply}) {
      const Alias plain = alias(mode);
      EXPECT(!demonitor(MonitorRef{plain.reference()}));
      EXPECT(!demonitor(MonitorRef{plain.reference()}, flush));
      EXPECT(co_await reaches(plain));
    }
  });
}

TEST_CASE(
    "monitor_SUITE: unexpected_alias_at_demonitor_gh5310: an alias that went before its monitor "
    "does not come back",
    "[otp][alias]") {
  in_process([]() -> Task<> {
    const Pid target = spawn(wait_for_go);
    for (const MonitorAlias mode : every_mode) {
      const AliasedMonitor made = monitor(target, mode);
      EXPECT(unalias(made.alias));
      EXPECT(demonitor(made.ref));
      EXPECT(!co_await reaches(made.alias));
      EXPECT(!unalias(made.alias));
    }
    send<Go>(target);
    co_await end_of(target);
  });
}

TEST_CASE(
    "monitor_SUITE: down_on_alias_gh5310: an alias that went leaves its monitor, whose Down comes",
    "[otp][alias]") {
  in_process([]() -> Task<> {
    for (const MonitorAlias mode : every_mode) {
      const Pid target = spawn(wait_for_go);
      const AliasedMonitor made = monitor(target, mode);
      EXPECT(unalias(made.alias));
      send<Go>(target);
      EXPECT(co_await end_of(made.ref) == ExitReason::normal());
      EXPECT(!co_await reaches(made.alias));
    }
  });
}

TEST_CASE(
    "monitor_SUITE: monitor_3_noproc_gh6185: of nobody a Down comes at once, and the alias goes as "
    "its mode says",
    "[otp][alias]") {
  in_process([]() -> Task<> {
    const Pid dead = spawn([]() -> Task<> { co_return; });
    co_await end_of(dead);
    for (const MonitorAlias mode : every_mode) {
      for (const bool by_name : {false, true}) {
        AliasedMonitor made;
        if (by_name)
          made = monitor(Atom{"nobody_at_all"}, mode);
        else
          made = monitor(dead, mode);
        EXPECT(co_await end_of(made.ref) == ExitReason::noproc());
        EXPECT(co_await reaches(made.alias) == (mode == MonitorAlias::explicit_unalias));
      }
    }
    EXPECT(queued() == 0);
  });
}

TEST_CASE(
    "process_SUITE: process_info_other_message_queue_len_signal_race: what one has sent counts in "
    "the queue that one is told of",
    "[otp][process][rule-28]") {
  in_process([]() -> Task<> {
    const Pid other = spawn([]() -> Task<> {
      co_await receive([](Go) {});
      while (queued() > 0) (void)co_await receive<Probe>();
    });
    for (std::size_t sent = 1; sent <= 200; ++sent) {
      send<Probe>(other);
      const std::optional<ProcessInfo> info = co_await ask_process_info(other);
      EXPECT(info && info->message_queue_len == sent);
    }
    send<Go>(other);
    co_await end_of(other);
    const std::optional<ProcessInfo> gone = co_await ask_process_info(other);
    EXPECT(!gone);
  });
}
