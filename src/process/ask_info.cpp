// What is known of a process: told by itself, or asked of another.
#include <coppice/process/ask_info.hpp>

#include <fmt/core.h>

#include <coppice/process/body.hpp>
#include <coppice/process/control_signals.hpp>
#include <coppice/process/errors.hpp>
#include <coppice/process/host.hpp>

namespace coppice {
namespace process {
namespace {

// By the process itself.
ProcessInfo info_of(Process& self) {
  ProcessInfo info;
  info.message_queue_len = self.queue.size();
  self.links.for_each_active(self, [&info](const Link& link) {
    if (link.kind == Link::Kind::mutual) info.links.push_back(link.other);
  });
  for (const Watcher& watcher : self.watchers) info.monitored_by.push_back(watcher.watcher);
  info.trap_exit = self.traps_exit;
  info.parent = self.parent();
  info.what = self.body->what().name();
  if (self.life.is_named())
    info.registered_name = self.host.load(base::relaxed)->names().name_of(self.pid()).value_or(Atom{});
  if (const Rare* parts = self.rare_parts) {
    for (const Monitoring& m : parts->monitors) info.monitors.push_back({m.target, m.name});
    info.label = parts->label;
  }
  return info;
}

// Shows a call all plain messages of the queue and wants none of them.
struct Viewer final : Matcher {
  explicit Viewer(InfoCall& asking) : call{asking} {}
  std::span<const TypeId> types() const noexcept override { return {}; }
  bool matches(Signal& signal) override {
    Message message{SignalPtr<Signal>{&signal}};
    // The queue's own: never destroyed here, whatever is thrown.
    struct Lend {
      Message& lent;
      ~Lend() { (void)lent.take().release(); }
    } const lend{message};
    call.look(call, message);
    return false;
  }
  InfoCall& call;
};

void tell(Process& self, InfoCall& call) {
  if (call.look == nullptr) {
    call.info = info_of(self);
    return;
  }
  try {
    Viewer viewer{call};
    std::uint64_t after = 0;
    (void)self.queue.take(viewer, after);
  } catch (...) {
    call.error = std::current_exception();
  }
}

}  // namespace

constinit const SignalType InfoCall::info_type{TypeId::of<InfoCall>(), &destroy_as<InfoCall>};

InfoCall::InfoCall(const SignalType& signal_type, Look shown_to) noexcept
    : CallSignal{signal_type, signal_type.payload}, look{shown_to} {
  set(SignalKind::info, 0);
}

// A process that ends is dead for who asks, as it is for is_alive().
void answer_info(Process& self, InfoCall* call) {
  CallPtr owned{call};
  if (self.life.is_exiting() || self.doomed) return fail(std::move(owned), CallError::Kind::noproc, ExitReason::noproc());
  tell(self, *call);
  call->state = CallSignal::State::replied;
  answer(std::move(owned));
}

InfoAwaiterBase::~InfoAwaiterBase() {
  if (answer_ != nullptr) destroy(answer_);
}

// A process that asks of itself is told at once.
bool InfoAwaiterBase::await_ready() {
  if (pid_ != self_.pid()) return false;
  drain(self_);
  auto* const call = static_cast<InfoCall*>(call_.get());
  tell(self_, *call);
  call->state = CallSignal::State::replied;
  answer_ = call_.release();
  return true;
}

// Whether it waits is seen before the request wakes it.
void InfoAwaiterBase::await_suspend(std::coroutine_handle<>) {
  const bool parked = pid_.node() == 0 && slot_at(pid_.slot()).inbox.is_parked(pid_.generation());
  status_ = parked ? ProcessInfo::Status::waiting : ProcessInfo::Status::running;
  number_ = self_.rare().last_call + 1;
  self_.clear_deadline();
  self_.waiter = this;
  (void)send_request(self_, pid_, std::move(call_));
}

InfoCall* InfoAwaiterBase::answered() {
  if (answer_->state != CallSignal::State::replied) return nullptr;
  auto* const call = static_cast<InfoCall*>(answer_);
  if (call->error) std::rethrow_exception(call->error);
  call->info.status = status_;
  return call;
}

}  // namespace process

ProcessInfo process_info(Pid pid) {
  process::Process& self = process::current_or_throw("process_info()");
  if (self.pid() != pid)
    throw ProcessError{ProcessErrorCode::bad_argument,
                       fmt::format("process_info({}) was called by {}: another process is asked by co_await ask_process_info",
                                   pid, self.pid())};
  process::drain(self);
  return process::info_of(self);
}

}  // namespace coppice
