#include <coppice/supervision/starting.hpp>

#include <exception>
#include <utility>

#include <coppice/process/current.hpp>
#include <coppice/process/exit.hpp>
#include <coppice/process/links.hpp>
#include <coppice/process/seam.hpp>
#include <coppice/supervision/steps.hpp>
#include <coppice/supervision/stopping.hpp>

namespace coppice::supervision {

namespace {

StartOutcome failed(ExitReason reason) { return std::unexpected{StartFailure{std::move(reason)}}; }

// In a handler only: the outcome of a start that threw.
StartOutcome failed_by_exception() {
  try {
    throw;
  } catch (const ExitSignal& signal) {
    return failed(signal.reason());
  } catch (...) {
    return failed(ExitReason::error(std::current_exception()));
  }
}

BegunStart begin(const ChildSpec& spec) noexcept {
  if (spec.starter() == nullptr)
    return failed(ExitReason::error("the child's start function was forgotten"));
  try {
    process::allocates("start_child");
    return spec.starter()->begin(spec);
  } catch (...) {
    return failed_by_exception();
  }
}

}  // namespace

ChildStartAwaiter::ChildStartAwaiter(process::Process& self, const ChildSpec& spec) noexcept
    : self_{self}, begun_{begin(spec)} {
  if (const auto* pending = std::get_if<behaviour::PendingStart>(&begun_))
    answer_.emplace(self, *pending);
}

bool ChildStartAwaiter::await_ready() noexcept {
  return answer_ ? answer_->await_ready() : std::holds_alternative<StartOutcome>(begun_);
}

bool ChildStartAwaiter::await_suspend(std::coroutine_handle<> waiting) noexcept {
  if (auto* task = std::get_if<Task<StartOutcome>>(&begun_)) {
    process::TaskAwaiter<StartOutcome>{*task, *self_.frame}.await_suspend(waiting);
    return true;
  }
  try {
    answer_->await_suspend(waiting);
    return true;
  } catch (...) {
    begun_ = failed_by_exception();
    answer_.reset();
    return false;
  }
}

StartOutcome ChildStartAwaiter::outcome() {
  if (answer_) return outcome_of(answer_->await_resume());
  if (auto* task = std::get_if<Task<StartOutcome>>(&begun_)) return task->result();
  return std::move(std::get<StartOutcome>(begun_));
}

StartOutcome ChildStartAwaiter::linked_outcome() noexcept try {
  StartOutcome child = outcome();
  if (!child || !child->has_value()) return child;
  const Pid pid = child->value();
  if (is_linked(pid)) return child;
  if (is_alive(pid)) return failed(ExitReason::custom(NotLinked{pid}));
  // It has ended already: if it was linked, its Exit is in the mailbox; if it never was, this makes
  // one.
  link(pid);
  return child;
} catch (...) {
  return failed_by_exception();
}

StartOutcome ChildStartAwaiter::await_resume() noexcept {
  StartOutcome child = linked_outcome();
  tell_started(child && child->has_value() ? child->value() : Pid{});
  return child;
}

SupervisorError as_error(std::string_view child, const StartFailure& failure) {
  if (failure.already_started)
    return SupervisorError::already_started(child, failure.already_started);
  return SupervisorError::start_failed(child, failure.reason);
}

}  // namespace coppice::supervision
