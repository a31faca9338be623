#include <coppice/process/blocking.hpp>

#include <coppice/process/control_signals.hpp>
#include <coppice/process/errors.hpp>
#include <coppice/process/host.hpp>

namespace coppice::process {
namespace {

void not_freed(Signal*) noexcept {}
constexpr SignalType completion_type{TypeId{}, &not_freed};

}  // namespace

CompletionSignal::CompletionSignal() noexcept : Signal{SignalKind::completion, completion_type} {}

void BlockingWaiter::submit() {
  self_.waiter = this;
  if (self_.host.load(base::relaxed)->scheduler().blocking().submit(*this)) return;
  self_.waiter = nullptr;
  throw ProcessError{ProcessErrorCode::system_limit, "blocking(): there is no thread to be had"};
}

bool BlockingWaiter::cancel(Process& self) {
  return !done_.arrived && self.host.load(base::relaxed)->scheduler().blocking().try_cancel(*this);
}

// The process is there: it does not end before it has drained this signal.
void BlockingWaiter::complete() noexcept { (void)post(pid_, done_); }

}  // namespace coppice::process
