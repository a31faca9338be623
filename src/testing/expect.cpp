#include <coppice/testing/expect.hpp>

#include <fmt/core.h>

#include <coppice/process/links.hpp>
#include <coppice/process/receive.hpp>

namespace coppice::testing {
namespace {

std::int64_t in_ms(timing::Duration time) { return std::chrono::duration_cast<std::chrono::milliseconds>(time).count(); }

}  // namespace

Task<ExitReason> expect_exit(Pid pid, timing::Duration within) {
  const MonitorRef end = monitor(pid);
  std::optional<ExitReason> reason =
      co_await receive(on(end, [](const Down& down) { return std::optional<ExitReason>{down.reason}; }),
                       after(within, [] { return std::optional<ExitReason>{}; }));
  if (!reason) {
    demonitor(end, flush);
    throw ExpectationFailed{fmt::format("expected the end of {} within {} ms: it lives", pid, in_ms(within))};
  }
  co_return std::move(*reason);
}

Task<Pid> expect_child_of(Pid supervisor, std::string id, timing::Duration within) {
  return expect_restart_of(supervisor, std::move(id), Pid{}, within);
}

Task<Pid> expect_restart_of(Pid supervisor, std::string id, Pid before, timing::Duration within) {
  const timing::Instant end = give_up_at(within);
  for (;;) {
    const auto info = co_await ServerRef<Supervisor>{supervisor}.try_which_child(id);
    if (!info) throw ExpectationFailed{fmt::format("expected a restart of {}: {}", id, info.error())};
    if (info->pid.has_value() && info->pid.value() != before) co_return info->pid.value();
    if (now() >= end)
      throw ExpectationFailed{fmt::format("expected a restart of {} within {} ms: it is {}", id, in_ms(within), info->pid)};
    co_await sleep(std::chrono::milliseconds{1});
  }
}

timing::Instant give_up_at(timing::Duration within) { return timing::after(now(), within); }

void fail_waiting(timing::Duration within) {
  throw ExpectationFailed{fmt::format("the condition does not hold after {} ms", in_ms(within))};
}

}  // namespace coppice::testing
