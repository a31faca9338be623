// What tests of processes wait for: the end of a process, the restart of a child, a condition. In virtual time in a simulation,
// in real time outside. What does not happen in time throws ExpectationFailed.
#pragma once

#include <concepts>
#include <string>
#include <type_traits>
#include <utility>

#include <coppice/base/export.hpp>
#include <coppice/process/exit_reason.hpp>
#include <coppice/process/pid.hpp>
#include <coppice/process/sleep.hpp>
#include <coppice/process/task.hpp>
#include <coppice/supervision/supervisor_ref.hpp>
#include <coppice/testing/probe.hpp>
#include <coppice/time/instant.hpp>

namespace coppice::testing {

// That the process ends; why it did (noproc if it had before).
COPPICE_API Task<ExitReason> expect_exit(Pid pid, timing::Duration within = default_patience);
// That a supervisor's child has another process than `before`; that process.
COPPICE_API Task<Pid> expect_restart_of(Pid supervisor, std::string id, Pid before, timing::Duration within);
// That a supervisor's child has a process; that process.
COPPICE_API Task<Pid> expect_child_of(Pid supervisor, std::string id, timing::Duration within = default_patience);
template <class S>
Task<Pid> expect_restart(ServerRef<S> supervisor, std::string id, Pid before, timing::Duration within = default_patience) {
  return expect_restart_of(supervisor.pid(), std::move(id), before, within);
}

// Does something to a supervisor's child, a function, and waits until the child has another process; that process.
template <class S, std::invocable Act>
Task<Pid> expect_restart(ServerRef<S> supervisor, std::string id, Act act, timing::Duration within = default_patience) {
  const Pid before = co_await expect_child_of(supervisor.pid(), id, within);
  act();
  co_return co_await expect_restart_of(supervisor.pid(), std::move(id), before, within);
}

// For await_until: when to give up, how long to pause.
COPPICE_API timing::Instant give_up_at(timing::Duration within);
[[noreturn]] COPPICE_API void fail_waiting(timing::Duration within);

// That `condition`, a function that gives a bool or a Task<bool>, becomes true. It is asked every millisecond.
template <class Condition>
Task<> await_until(Condition condition, timing::Duration within = default_patience) {
  const timing::Instant end = give_up_at(within);
  for (;;) {
    bool holds = false;
    if constexpr (std::is_same_v<std::invoke_result_t<Condition&>, Task<bool>>)
      holds = co_await condition();
    else
      holds = condition();
    if (holds) co_return;
    if (now() >= end) fail_waiting(within);
    co_await sleep(std::chrono::milliseconds{1});
  }
}

}  // namespace coppice::testing
