// The waits of receive and sleep.
#include <fmt/core.h>

#include <coppice/process/control_signals.hpp>
#include <coppice/process/errors.hpp>
#include <coppice/process/host.hpp>
#include <coppice/process/receive.hpp>
#include <coppice/process/sleep.hpp>

namespace coppice::process {

void check_wait(timing::Duration delay) {
  if (delay < timing::Duration::zero()) [[unlikely]]
    throw ProcessError{ProcessErrorCode::bad_argument, fmt::format("a wait of {} ns: the time is negative", delay.count())};
}

void begin_timed_wait(Process& self, timing::Duration delay) {
  check_wait(delay);
  if (delay == no_delay) return self.clear_deadline();
  self.set_deadline(self.host.load(base::relaxed)->clock().deadline_after(delay));
}

// A receive that finds its message without waiting does not come back to the slice loop, so it spends from the slice's
// budget here: a process that feeds itself must let the others run, and hear of its own end.
bool ReceiveWaiter::look() {
  if (self_.budget > 0 && !self_.queue.empty()) {
    --self_.budget;
    found_ = self_.queue.take(*this, after_);
    if (found_ != nullptr) return true;
  }
  if (delay_ != timing::Duration::zero()) return false;
  drain(self_);
  found_ = self_.queue.take(*this, after_);
  if (self_.budget > 0) --self_.budget;  // one that looks for what never comes must come back, too
  return self_.budget > 0;
}

void ReceiveWaiter::wait_with_more() {
  // Either what waits has been looked at by look(), or there was no budget left for that, or nothing shall be waited for.
  at_once_ = (!self_.queue.empty() && self_.queue.last_sequence() > after_) || delay_ == timing::Duration::zero();
  if (delay_ == no_delay)
    self_.clear_deadline();
  else
    begin_timed_wait(self_, delay_);
  self_.waiter = this;
}

bool ReceiveWaiter::ready(Process& self) {
  try {
    if (found_ == nullptr) found_ = self.queue.take(*this, after_);
  } catch (...) {
    error_ = std::current_exception();
  }
  if (found_ == nullptr && !error_ && delay_ != timing::Duration::zero() && !self.deadline_passed()) return false;
  self.clear_deadline();
  return true;
}

WaitReport ReceiveWaiter::report(const Process&) const {
  std::string wanted;
  for (const TypeId type : types()) wanted += (wanted.empty() ? "" : ", ") + type.name();
  return {"a receive of " + (wanted.empty() ? "anything" : wanted)};
}

WaitReport SleepAwaiter::report(const Process&) const { return {"a sleep"}; }

void SleepAwaiter::await_suspend(std::coroutine_handle<>) {
  begin_timed_wait(self_, time_);
  self_.waiter = this;
  if (time_ > timing::Duration::zero()) return;
  at_once_ = true;
  self_.budget = 0;  // the slice ends here: the others run first
}

bool SleepAwaiter::ready(Process& self) {
  if (time_ > timing::Duration::zero() && !self.deadline_passed()) return false;
  self.clear_deadline();
  return true;
}

}  // namespace coppice::process
