// send_after, cancel_timer, read_timer: messages that are sent later (erlang:send_after/3 and friends).
//
// Times are never early: rounded up to the timer's tick of 0.26 ms. A timer for a pid of the same runtime is removed when that
// process ends; for one of another runtime its message becomes a dead letter when it fires, as any other would. One
// for a name looks the name up when it fires. cancel_timer really removes. All are for processes; any process may cancel
// any timer.
#pragma once

#include <cstddef>
#include <optional>
#include <type_traits>
#include <utility>

#include <coppice/base/block_pool.hpp>
#include <coppice/base/export.hpp>
#include <coppice/process/atom.hpp>
#include <coppice/process/pid.hpp>
#include <coppice/process/signal.hpp>
#include <coppice/time/instant.hpp>

namespace coppice {

namespace process {

class Host;
class Process;

// Takes the message. Throws ProcessError: bad_argument for a negative delay, system_limit if no timer is left.
COPPICE_API TimerRef start_timer(timing::Duration delay, Pid to, Atom name, SignalPtr<Signal> message);
// Step 6 of the end of a process: the timers that would send to it, and its own wake-up.
void cancel_timers(Process& process) noexcept;
// The end of a runtime: what its processes have left behind.
void cancel_timers(Host& host) noexcept;
// How many timers there are, and slots kept for the next ones; of all runtimes. For tests.
COPPICE_API std::size_t timer_slots() noexcept;

}  // namespace process

// Sends a T made of `args` to `to` once `delay` has passed.
template <class T, class... Args>
TimerRef send_after(timing::Duration delay, Pid to, Args&&... args) {
  return process::start_timer(
      delay, to, {}, process::SignalPtr<process::Signal>{base::pool_new<process::MessageSignal<T>>(std::forward<Args>(args)...)});
}
template <class T, class... Args>
TimerRef send_after(timing::Duration delay, Atom name, Args&&... args) {
  return process::start_timer(
      delay, {}, name, process::SignalPtr<process::Signal>{base::pool_new<process::MessageSignal<T>>(std::forward<Args>(args)...)});
}
// The same with a message that is there already. (The number keeps this form apart from send_after<T>.)
template <int = 0, class M>
TimerRef send_after(timing::Duration delay, Pid to, M&& message) {
  return send_after<std::decay_t<M>>(delay, to, std::forward<M>(message));
}
template <int = 0, class M>
TimerRef send_after(timing::Duration delay, Atom name, M&& message) {
  return send_after<std::decay_t<M>>(delay, name, std::forward<M>(message));
}

// Removes a timer: the time that was left, or nothing if it has fired, was cancelled or never was. After a value its message
// will not come.
COPPICE_API std::optional<timing::Duration> cancel_timer(TimerRef timer);
// The time that is left; nothing if it has fired, was cancelled or never was.
COPPICE_API std::optional<timing::Duration> read_timer(TimerRef timer);

}  // namespace coppice
