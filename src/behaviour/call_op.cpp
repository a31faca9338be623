#include <coppice/behaviour/call_op.hpp>

#include <coppice/behaviour/async.hpp>
#include <coppice/behaviour/verbs.hpp>
#include <coppice/process/control_signals.hpp>
#include <coppice/process/current.hpp>
#include <coppice/process/host.hpp>
#include <coppice/process/receive.hpp>

namespace coppice::behaviour {
namespace {

// Where a target is now; none if nobody has the name.
Pid resolve(const process::Process& self, const Target& target) {
  if (!target.name) return target.pid;
  return self.host.load(base::relaxed)->names().find(target.name).value_or(Pid{});
}

}  // namespace

void CallAwaiterBase::await_suspend(std::coroutine_handle<>) {
  process::begin_timed_wait(self_, timeout_);  // with a time that is none nothing is sent
  server_ = resolve(self_, target_);
  request_ = call_->request;
  number_ = self_.rare().last_call + 1;
  self_.waiter = this;
  if (server_ == self_.pid()) {
    // Only this process would see the answer to itself; it cannot come to its mailbox while it waits.
    call_->server = call_->caller = server_;
    call_->call_number = ++self_.rare().last_call;
    process::fail(std::move(call_), CallError::Kind::calling_self, ExitReason::calling_self());
    return;
  }
  process::send_call(self_, server_, std::move(call_));
}

CallAwaiterBase::~CallAwaiterBase() {
  if (answer_ != nullptr) destroy(answer_);
}

CallError CallAwaiterBase::error() const {
  if (answer_ != nullptr) return process::error_of(*answer_);
  const auto ms = std::chrono::duration_cast<std::chrono::milliseconds>(timeout_).count();
  return CallError{CallError::Kind::timeout, ExitReason::timeout(), server_, request_.name(), fmt::format("after {} ms", ms)};
}

void CallAwaiterBase::throw_error() const { throw ExitSignal{ExitReason::custom(error())}; }

AnswerAwaiterBase::AnswerAwaiterBase(process::Process& self, Pid owner, std::uint64_t number, timing::Duration timeout)
    : self_{self}, timeout_{timeout} {
  if (owner == self.pid()) number_ = number;
}

AnswerAwaiterBase::~AnswerAwaiterBase() {
  if (answer_ != nullptr) destroy(answer_);
}

bool AnswerAwaiterBase::await_ready() {
  process::drain(self_);
  base::DenseTable<process::Request>& requests = self_.rare().requests;
  process::Request* request = number_ == 0 ? nullptr : requests.find(number_);
  if (request == nullptr) return true;  // fetched before, abandoned, or another process's: an error
  answer_ = request->answer;
  // From here on the wait takes the answer; a later one is late.
  requests.erase(number_);
  return answer_ != nullptr;
}

void AnswerAwaiterBase::await_suspend(std::coroutine_handle<>) {
  process::begin_timed_wait(self_, timeout_);
  self_.waiter = this;
}

AnsweredAwaiter::AnsweredAwaiter(process::Process& self, Pid owner, std::uint64_t number, timing::Duration timeout) noexcept
    : self_{self}, number_{owner == self.pid() ? number : 0}, timeout_{timeout} {}

bool AnsweredAwaiter::answered() const noexcept {
  if (number_ == 0 || self_.rare_parts == nullptr) return false;
  const process::Request* request = self_.rare_parts->requests.find(number_);
  return request != nullptr && request->answer != nullptr;
}

// One that was fetched, or is another process's, never gets an answer: no use to wait.
bool AnsweredAwaiter::await_ready() {
  process::check_wait(timeout_);
  process::drain(self_);
  return number_ == 0 || answered() || timeout_ == timing::Duration::zero();
}

void AnsweredAwaiter::await_suspend(std::coroutine_handle<>) {
  process::begin_timed_wait(self_, timeout_);
  self_.waiter = this;
}

bool AnsweredAwaiter::ready(process::Process& self) {
  if (!answered() && !self.deadline_passed()) return false;
  self.clear_deadline();
  return true;
}

std::uint64_t begin_request(const Target& target, process::CallPtr call, Pid& caller) {
  process::Process& self = process::current_or_throw("send_request()");
  caller = self.pid();
  // Noted before it is sent: a refused one is answered at once.
  self.rare().requests.insert(process::Request{self.rare().last_call + 1, nullptr});
  return process::send_request(self, resolve(self, target), std::move(call));
}

void abandon_request(Pid caller, std::uint64_t number) noexcept {
  process::Process* self = process::current();
  if (self == nullptr || self->pid() != caller || self->rare_parts == nullptr) return;
  const process::Request* request = self->rare_parts->requests.find(number);
  if (request == nullptr) return;
  if (request->answer != nullptr) destroy(request->answer);
  self->rare_parts->requests.erase(number);
}

std::uint64_t prepare_async(process::CallSignal& slot, Pid& caller) {
  process::Process& self = process::current_or_throw("async()");
  caller = self.pid();
  slot.caller = caller;
  slot.call_number = ++self.rare().last_call;
  self.rare().requests.insert(process::Request{slot.call_number, nullptr});
  return slot.call_number;
}

void send_cast(const Target& target, process::Signal* signal) noexcept {
  if (!target.name) return process::send_signal(target.pid, signal);
  process::Process* self = process::current();
  process::send_signal(self == nullptr ? Pid{} : resolve(*self, target), signal);
}

}  // namespace coppice::behaviour
