// System requests, stopping, and waiting for names.
#include <coppice/behaviour/system.hpp>

#include <coppice/behaviour/server_ref.hpp>
#include <coppice/behaviour/stop.hpp>
#include <coppice/process/completion.hpp>
#include <coppice/process/control_signals.hpp>
#include <coppice/process/current.hpp>
#include <coppice/process/errors.hpp>
#include <coppice/process/exit.hpp>
#include <coppice/process/host.hpp>
#include <coppice/process/links.hpp>
#include <coppice/process/receive.hpp>
#include <coppice/process/table.hpp>

namespace coppice {
namespace behaviour {
namespace {

template <class M, class R>
void system_call_done(process::Signal* signal, R&& reply) {
  auto* envelope = static_cast<CallEnvelope<M, std::decay_t<R>>*>(signal);
  envelope->set_reply(std::forward<R>(reply));
  process::answer(process::CallPtr{envelope});
}

void dispatch_suspend(ServerCore& core, process::Signal* signal) {
  core.suspend(static_cast<CallEnvelope<SuspendRequest, void>*>(signal)->request.on);
  auto* envelope = static_cast<CallEnvelope<SuspendRequest, void>*>(signal);
  envelope->set_reply();
  process::answer(process::CallPtr{envelope});
}

void dispatch_status(ServerCore& core, process::Signal* signal) {
  ServerStatus status;
  process::Process& self = core.process();
  status.pid = self.pid();
  if (self.life.is_named())
    status.name = self.host.load(base::relaxed)->names().name_of(self.pid()).value_or(Atom{});
  status.server = core.what().name();
  status.parent = core.parent();
  status.mode = core.is_suspended() ? ServerStatus::Mode::suspended : ServerStatus::Mode::running;
  if (core.is_busy()) status.handling = core.handling().name();
  status.queued = self.queue.size();
  core.describe(status);
  if (self.rare_parts != nullptr) status.label = self.rare_parts->label;
  system_call_done<StatusRequest>(signal, std::move(status));
}

void dispatch_stop(ServerCore& core, process::Signal* signal) {
  auto* envelope = static_cast<CallEnvelope<StopRequest, void>*>(signal);
  const process::CallPtr owned{envelope};
  core.begin_stop(envelope->request.reason);
}

template <class M, class R>
constexpr ServerSignalType system_type(void (*dispatch)(ServerCore&, process::Signal*)) {
  return ServerSignalType{{process::TypeId::of<M>(), &process::destroy_as<CallEnvelope<M, R>>}, dispatch, process::TypeId{}};
}
constexpr ServerSignalType suspend_type = system_type<SuspendRequest, void>(&dispatch_suspend);
constexpr ServerSignalType status_type = system_type<StatusRequest, ServerStatus>(&dispatch_status);
constexpr ServerSignalType stop_type = system_type<StopRequest, void>(&dispatch_stop);

template <class M, class R, class... Args>
process::CallPtr make_system_call(const ServerSignalType& type, Args&&... args) {
  process::CallPtr call{base::pool_new<CallEnvelope<M, R>>(type, std::forward<Args>(args)...)};
  call->set(process::SignalKind::system, 0);
  return call;
}

}  // namespace

process::CallPtr make_suspend_call(bool on) { return make_system_call<SuspendRequest, void>(suspend_type, on); }
process::CallPtr make_status_call() { return make_system_call<StatusRequest, ServerStatus>(status_type); }
process::CallPtr make_stop_call(ExitReason reason) {
  return make_system_call<StopRequest, void>(stop_type, std::move(reason));
}

// Monitor, ask, wait for the Down. The request is answered by nobody: the server's end is the answer.
Task<> stop_server(Pid server, ExitReason reason, timing::Duration timeout) {
  if (server == self()) throw ExitSignal{ExitReason::calling_self()};
  // Before anything is sent: a call that makes no sense leaves the server alone.
  if (timeout < timing::Duration::zero())
    throw ProcessError{ProcessErrorCode::bad_argument, fmt::format("stop() of {}: the timeout is negative", server)};
  const MonitorRef ref = monitor(server);
  process::send_signal(server, make_stop_call(reason).release());
  const std::optional<ExitReason> ended =
      co_await receive(on(ref, [](const Down& down) { return std::optional<ExitReason>{down.reason}; }),
                       after(timeout, [] { return std::optional<ExitReason>{}; }));
  if (!ended) {
    demonitor(ref, flush);
    throw ExitSignal{ExitReason::custom(CallError{CallError::Kind::timeout, ExitReason::timeout(), server, "stop"})};
  }
  if (*ended == reason) co_return;
  const auto kind = ended->is_noproc() ? CallError::Kind::noproc : CallError::Kind::exit;
  throw ExitSignal{ExitReason::custom(CallError{kind, *ended, server, "stop"})};
}

std::expected<void, CallError> check_server(Pid pid, process::TypeId server) {
  const process::TypeId found = process::server_type_of(pid);
  if (!is_alive(pid))
    return std::unexpected{CallError{CallError::Kind::noproc, ExitReason::noproc(), pid, "as<" + server.name() + ">"}};
  if (found == server) return {};
  return std::unexpected{CallError{CallError::Kind::wrong_server,
                                   ExitReason::error("a " + (found ? found.name() : "plain process")), pid,
                                   "as<" + server.name() + ">", found ? "it is a " + found.name() : "it is no server"}};
}

std::expected<Pid, CallError> find_server(Atom name, process::TypeId server) {
  const Pid pid = whereis(name).value_or(Pid{});
  if (auto checked = check_server(pid, server); !checked) return std::unexpected{std::move(checked.error())};
  return pid;
}

namespace {

class NameAwaiter final : public process::Waiter {
 public:
  NameAwaiter(process::Process& self, Atom name, timing::Duration timeout) noexcept
      : self_{self}, name_{name}, timeout_{timeout} {}
  bool await_ready() {
    found_ = names().find(name_);
    return found_.has_value();
  }
  void await_suspend(std::coroutine_handle<>) {
    self_.waiter = this;
    process::begin_timed_wait(self_, timeout_);
    names().wait_for(name_, self_.pid(), arrived_);
  }
  std::optional<Pid> await_resume() const noexcept { return found_; }

  bool ready(process::Process& self) override {
    if (!arrived_.arrived) {
      if (!self.deadline_passed() || !names().stop_waiting(name_, arrived_)) return false;
    } else if (found_ = names().find(name_); !found_ && !self.deadline_passed()) {
      // It had the name and lost it already: the wait goes on.
      arrived_.arrived = false;
      names().wait_for(name_, self.pid(), arrived_);
      return false;
    }
    self.clear_deadline();
    return true;
  }
  process::WaitReport report(const process::Process&) const override {
    return {fmt::format("somebody to have the name \"{}\"", name_)};
  }
  // Drained already, or taken back: nobody holds the signal. Else it is under way and will arrive.
  bool cancel(process::Process&) override { return arrived_.arrived || names().stop_waiting(name_, arrived_); }

 private:
  process::Names& names() const noexcept { return self_.host.load(base::relaxed)->names(); }

  process::Process& self_;
  Atom name_;
  timing::Duration timeout_;
  std::optional<Pid> found_;
  process::CompletionSignal arrived_;
};

class NameOp {
 public:
  NameOp(Atom name, timing::Duration timeout) noexcept : name_{name}, timeout_{timeout} {}
  NameAwaiter bind(process::Process& self) const noexcept { return {self, name_, timeout_}; }

 private:
  Atom name_;
  timing::Duration timeout_;
};

}  // namespace
}  // namespace behaviour

Task<Pid> await_registered(Atom name, timing::Duration timeout) {
  const std::optional<Pid> found = co_await behaviour::NameOp{name, timeout};
  if (!found)
    throw ExitSignal{ExitReason::custom(CallError{CallError::Kind::timeout, ExitReason::timeout(), Pid{},
                                                  "await_registered", fmt::format("nobody has the name \"{}\"", name)})};
  co_return *found;
}

}  // namespace coppice
