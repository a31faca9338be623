// The slice: what a process does when the scheduler runs it.
//
// A slice drains the inbox, resumes the active coroutine frame or asks the body for its next step, again and again, until
// there is nothing to do or the budget is spent. Park and wake are published here only, after resume() has returned, and
// frames are destroyed only here: so nothing can run or free a frame that is still on a stack.
#include "slice.hpp"

#include <exception>
#include <typeinfo>

#include <coppice/process/body.hpp>
#include <coppice/process/control_signals.hpp>
#include <coppice/process/current.hpp>
#include <coppice/process/guarded.hpp>
#include <coppice/process/host.hpp>
#include <coppice/process/task.hpp>
#include <cxxabi.h>

#include "drain.hpp"
#include "ending.hpp"
#include "running.hpp"

namespace coppice::process {
namespace {

// One step of the body. What leaves it as an exception becomes the reason why the process ends.
Step step_body(Process& self) noexcept {
  Step step = Step::ended;
  guarded(self, [&] { step = self.body->step(self); }, [&](ExitReason reason) { self.end_with(std::move(reason)); });
  return step;
}

enum class Advance : std::uint8_t { went_on, waits, ends };

Advance advance(Process& self) {
  if (self.waiter != nullptr) {
    if (!self.waiter->ready(self)) return Advance::waits;
    self.waiter = nullptr;
  }
  if (self.frame != nullptr) {
    self.frame->handle.resume();
    return Advance::went_on;
  }
  switch (step_body(self)) {
    case Step::again: return Advance::went_on;
    case Step::idle: return Advance::waits;
    case Step::ended: return Advance::ends;
  }
  return Advance::ends;
}

// True: the process goes on later, by itself or when it is woken. False: it ends.
bool live(Process& self, Host& host) {
  self.budget = host.options().slice_budget;
  drain_at_once(self);
  while (!self.doomed) {
    const Advance how = advance(self);
    if (how == Advance::ends) break;
    if (how == Advance::waits) {
      if (self.inbox.park()) return true;
      drain(self);
    } else if (self.budget == 0) {
      schedule_back(self, host);
      return true;
    } else {
      --self.budget;
      if (self.waiter == nullptr) continue;
      if (!self.doomed && !self.waiter->may_be_ready_at_once() && self.inbox.park()) return true;
      drain(self);
    }
  }
  return false;
}

void end(Process& self, Host& host) noexcept {
  for (;;) {
    switch (end_process(self)) {
      case Ending::done: return;
      case Ending::more: return schedule_back(self, host);
      case Ending::waits:
        if (self.inbox.park()) return;
        drain(self);
    }
  }
}

}  // namespace

void schedule_back(Process& self, Host& host) noexcept {
  if (self.home == Home::scheduler)
    host.scheduler().schedule_back(self);
  else
    make_runnable(self);
}

void run_slice(Process& self) noexcept {
  Host& host = *self.host.load(base::relaxed);
  // A slice may run inside another one's frame only under a simulator; real workers have none around it.
  Process* const outer = std::exchange(running, &self);
  if (self.life.is_exiting()) {
    if (self.body != nullptr) drain(self);
    end(self, host);
  } else if (!live(self, host)) {
    end(self, host);
  }
  running = outer;
}

ExitReason reason_of(const Process& self, const char* message, const std::type_info* type) {
  return ExitReason::error(ErrorInfo{std::current_exception(), message, type, self.body->what(), self.body->handling()});
}

ExitReason reason_of_unknown(const Process& self) {
  return reason_of(self, "a value that is no std::exception was thrown", abi::__cxa_current_exception_type());
}

void destroy_frames(Frame* innermost) noexcept {
  while (innermost != nullptr) {
    Frame* outer = innermost->parent;
    *innermost->owner = nullptr;
    innermost->handle.destroy();
    innermost = outer;
  }
}

}  // namespace coppice::process
