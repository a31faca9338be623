#include <coppice/behaviour/server_core.hpp>

#include <fmt/core.h>

#include <coppice/behaviour/status.hpp>
#include <coppice/process/control_signals.hpp>
#include <coppice/process/current.hpp>
#include <coppice/process/errors.hpp>
#include <coppice/process/guarded.hpp>
#include <coppice/process/host.hpp>
#include <coppice/process/links.hpp>
#include <coppice/process/seam.hpp>
#include <coppice/process/spawn.hpp>

namespace coppice::behaviour {

namespace {
constexpr process::SignalType start_call_type{process::TypeId::of<StartCall>(), &process::destroy_as<StartCall>};

// Who else has the name; none if it is the process's own now.
Pid take_name(process::Process& self, Atom name) {
  process::Names& names = self.host.load(base::relaxed)->names();
  for (;;) {
    const auto named = names.add(name, self.pid());
    if (named) return {};
    if (named.error() != NameError::name_taken)
      throw ProcessError{ProcessErrorCode::bad_argument, fmt::format("a start as \"{}\": {}", name, named.error())};
    // If its holder has ended meanwhile, the name is free again.
    if (const std::optional<Pid> holder = names.find(name)) return *holder;
  }
}

}  // namespace

Beginning::~Beginning() = default;

StartCall::StartCall() noexcept : CallSignal{start_call_type, process::TypeId::of<StartCall>()} {}

// In the process, as it ends: terminate() has run where it had to. What is still owed is answered with the reason, and a
// starter that never heard is told when the process is wholly gone.
ServerCore::~ServerCore() {
  activity_ = Task<>{nullptr};
  if (start_call() != nullptr) {
    // Killed before it had started, perhaps before its first step: a failed start too. (If it was never born, this runs
    // elsewhere, and who could not start it knows.)
    process::Process* self = process::current();
    if (self == nullptr || self->body != this) return;
    fail_start(*self, start_call()->outcome);
    self->rare().start_reply = beginning_->start_call.release();
  }
  if (holding_ == Holding::answer)
    process::answer(process::CallPtr{call_});
  else if (holding_ == Holding::call)
    process().give_back(*call_);
}

process::Step ServerCore::step(process::Process& self) {
  if (slot_ == 0) [[unlikely]]
    slot_ = self.slot();
  process::Step step = process::Step::again;
  if (!process::guarded(self, [&] { step = advance(self); }, [&](ExitReason reason) { failed(std::move(reason)); }))
    step = process::Step::again;
  return step;
}

// An exception left a callback. While starting, or in terminate(), the server ends with it; else terminate() runs first.
void ServerCore::failed(ExitReason reason) {
  activity_ = Task<>{nullptr};
  if (phase_ == Phase::running) return begin_stop(std::move(reason));
  if (phase_ == Phase::terminating) process().rare().crashed = true;
  stop_ = std::move(reason);
  if (phase_ == Phase::unborn || phase_ == Phase::initialising) fail_start(process(), StartCall::Outcome::failed);
  phase_ = Phase::ended;
}

process::Step ServerCore::advance(process::Process& self) {
  if (activity_.is_there()) {
    // Its outermost frame has ended, or this would not be called.
    const std::exception_ptr error = activity_.error();
    activity_ = Task<>{nullptr};
    if (error) std::rethrow_exception(error);
    handling_ = {};
  }
  switch (phase_) {
    case Phase::unborn: return start() ? process::Step::again : process::Step::ended;
    case Phase::initialising: return process::Step::again;  // its coroutine has not called init_done(): cannot be
    case Phase::running: return next_message(self) && !is_done(self) ? process::Step::again : process::Step::idle;
    case Phase::stopping:
      phase_ = Phase::terminating;
      terminate(stop_);
      return process::Step::again;
    case Phase::terminating: phase_ = Phase::ended; [[fallthrough]];
    case Phase::ended: process().end_with(std::move(stop_)); return process::Step::ended;
  }
  return process::Step::ended;
}

// The name is taken before anything else runs; only then does the class's constructor.
bool ServerCore::start() {
  if (const Atom name = beginning_->name)
    if (const Pid holder = take_name(process(), name)) {
      if (StartCall* call = start_call()) call->taken_by = holder;
      fail_start(process(), StartCall::Outcome::name_taken);
      process().doom(ExitReason::custom(AlreadyStarted{holder}));
      return false;
    }
  phase_ = Phase::initialising;
  construct();
  init();
  return true;
}

void ServerCore::init_done(InitResult result) {
  if (result.is_ignore()) {
    stop_ = ExitReason::normal();
    fail_start(process(), StartCall::Outcome::ignored);
    phase_ = Phase::ended;
  } else if (result.go_on().stop) {
    stop_ = std::move(*result.go_on().stop);
    fail_start(process(), StartCall::Outcome::failed);
    phase_ = Phase::ended;
  } else {
    phase_ = Phase::running;
    started();
    apply(std::move(result.go_on()));
  }
}

void ServerCore::started() {
  const std::unique_ptr<Beginning> beginning = std::move(beginning_);
  StartCall* call = beginning->start_call.get();
  if (call == nullptr) return;
  call->outcome = StartCall::Outcome::started;
  call->state = process::CallSignal::State::replied;
  process::answer(std::move(beginning->start_call));
}

// A failed start leaves no Exit in its starter: the link goes before the process does, and the starter drops its end when
// it hears.
void ServerCore::fail_start(process::Process& self, StartCall::Outcome outcome) {
  if (start_call() == nullptr) return;
  start_call()->outcome = outcome;
  if (follows_parent_) self.links.erase(self, self.parent());
}

void ServerCore::apply(GoOn go_on) {
  timeout_ = TimeoutSet::none;
  if (go_on.stop) return begin_stop(std::move(*go_on.stop));
  if (go_on.continue_message != nullptr) continue_message_ = std::move(go_on.continue_message);
  if (go_on.timeout == timing::forever && go_on.timeout_at == timing::never) return;
  process::Process& self = process();
  timeout_ = TimeoutSet::at_deadline;
  if (go_on.timeout_at != timing::never)
    self.set_deadline(go_on.timeout_at);
  else if (go_on.timeout > timing::Duration::zero())
    self.set_deadline(self.host.load(base::relaxed)->clock().deadline_after(go_on.timeout));
  else
    timeout_ = TimeoutSet::now;
}

void ServerCore::run(Task<> activity) {
  activity_ = std::move(activity);
  activity_.start_in(process());
}

void ServerCore::begin_stop(ExitReason reason) {
  if (phase_ != Phase::running) return;
  stop_ = std::move(reason);
  phase_ = Phase::stopping;
}

// Whether there is surely nothing to do until something comes, so that next_message() need not be asked.
bool ServerCore::is_done(const process::Process& self) const noexcept {
  return phase_ == Phase::running && !is_busy() && self.queue.empty() && timeout_ == TimeoutSet::none &&
         continue_message_ == nullptr && !self.doomed;
}

bool ServerCore::next_message(process::Process& self) {
  if (continue_message_ != nullptr && !suspended_) {
    process::Signal* message = continue_message_.release();
    handling_ = message->type->payload;
    handle_continue(message);
    if (!is_busy()) handling_ = {};
    return true;
  }
  if (process::Signal* signal = next_signal(self)) {
    dispatch(signal);
    if (!is_busy()) handling_ = {};
    return true;
  }
  if (timeout_ == TimeoutSet::none || suspended_) return false;
  if (timeout_ == TimeoutSet::now) {
    // Looks once at what has arrived: only what has not is late.
    process::drain(self);
    if (!self.queue.empty() || self.doomed) return true;
  } else if (!self.deadline_passed()) {
    return false;
  }
  timeout_ = TimeoutSet::none;
  self.clear_deadline();
  handling_ = process::TypeId::of<Timeout>();
  handle_timeout();
  if (!is_busy()) handling_ = {};
  return true;
}

process::Signal* ServerCore::next_signal(process::Process& self) {
  process::SaveQueue& queue = self.queue;
  if (!suspended_) return queue.pop_front();
  if (process::Signal* system = queue.take_system()) return system;
  return take_parents_exit();
}

// A suspended server hears its parent's exit all the same.
process::Signal* ServerCore::take_parents_exit() {
  struct Finder final : process::Matcher {
    explicit Finder(Pid p) noexcept : parent{p} {}
    std::span<const process::TypeId> types() const noexcept override { return {&type, 1}; }
    bool matches(process::Signal& s) override {
      return s.type->payload == type && static_cast<process::ExitMessage&>(s).payload.from == parent;
    }
    process::TypeId type = process::TypeId::of<Exit>();
    Pid parent;
  } finder{parent()};
  if (!finder.parent) return nullptr;
  std::uint64_t after = 0;
  return process().queue.take(finder, after);
}

bool ServerCore::is_parents_exit(const process::Signal& signal) const noexcept {
  return follows_parent_ && signal.type->payload == process::TypeId::of<Exit>() &&
         static_cast<const process::ExitMessage&>(signal).payload.from == parent();
}

void ServerCore::dispatch(process::Signal* signal) {
  handling_ = signal->type->payload;
  if (signal->kind() == process::SignalKind::message) {
    timeout_ = TimeoutSet::none;
    if (!is_parents_exit(*signal)) return handle_message(signal);
    const process::SignalPtr<process::ExitMessage> exit{static_cast<process::ExitMessage*>(signal)};
    return begin_stop(exit->payload.reason);
  }
  const auto& type = static_cast<const ServerSignalType&>(*signal->type);
  if (signal->kind() != process::SignalKind::system) timeout_ = TimeoutSet::none;
  if (!type.server || type.server == hosted_) return type.dispatch(*this, signal);
  // The reference said another class than the one that lives here, as an untyped name may.
  if (signal->kind() != process::SignalKind::call) return unhandled(signal);
  process::fail(process::CallPtr{static_cast<process::CallSignal*>(signal)}, CallError::Kind::wrong_server,
                ExitReason::error("a " + what().name() + " was called as a " + type.server.name()));
}

void ServerCore::unhandled(process::Signal* signal) noexcept {
  const process::Process& self = process();
  process::Host& host = *self.host.load(base::relaxed);
  host.events().unhandled(self.pid(), what().name(), signal->type->payload.name());
  host.dead_letter(self.pid(), signal);
}

void ServerCore::begin_call(process::CallPtr call) noexcept {
  call_ = call.release();
  holding_ = Holding::call;
}

// The address tells which call it is: any other From of this server that there is now was there before this call was begun,
// so its block is another one, even if this call's has been answered and freed meanwhile.
bool ServerCore::give_back(process::CallPtr& call) noexcept {
  if (holding_ != Holding::lent || !handling_ || call.get() != call_) return false;
  (void)call.release();
  holding_ = Holding::call;
  return true;
}

void ServerCore::call_deferred(const CallId& call) noexcept {
  process::note_touched(call.caller);
  process::take_back_edge(call.caller, process().pid(), call.number);
}

void ServerCore::answer_at_end(process::CallPtr call) noexcept {
  call_ = call.release();
  holding_ = Holding::answer;
}

// Status is answered as it comes: a server whose handler is suspended, or about to be, shall say so.
bool ServerCore::answer_at_once(process::Process&, process::Signal& signal) {
  if (slot_ == 0 || !(signal.type->payload == process::TypeId::of<StatusRequest>())) return false;
  static_cast<const ServerSignalType&>(*signal.type).dispatch(*this, &signal);
  return true;
}

void drop_from(process::CallPtr call) noexcept {
  process::Process* self = process::current();
  if (self != nullptr && self->pid() == call->server) {
    // Calls are only sent to servers, and the body of one is a ServerCore; it is gone when what is queued is dropped.
    if (self->body != nullptr && static_cast<ServerCore&>(*self->body).give_back(call)) return;
    if (self->life.is_exiting()) return self->give_back(*call.release());
  }
  process::fail(std::move(call), CallError::Kind::dropped, ExitReason::error("the server dropped the request without a reply"));
}

}  // namespace coppice::behaviour
