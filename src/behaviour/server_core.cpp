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

StartCall::StartCall() noexcept : CallSignal{start_call_type, process::TypeId::of<StartCall>()} {}

// In the process, as it ends: terminate() has run where it had to. What is still owed is answered with the reason, and a
// starter that never heard is told when the process is wholly gone.
ServerCore::~ServerCore() {
  activity_.reset();
  if (start_call_ != nullptr) {
    // Killed before it had started, perhaps before its first step: a failed start too. (If it was never born, this runs
    // elsewhere, and who could not start it knows.)
    process::Process* self = process::current();
    if (self == nullptr || self->body != this) return;
    fail_start(*self, start_call_->outcome);
    self->rare().start_reply = start_call_.release();
  }
  if (self_ == nullptr) return;
  if (last_answer_ != nullptr) process::answer(std::move(last_answer_));
  if (call_ != nullptr) self_->give_back(*call_.release());
}

process::Step ServerCore::step(process::Process& self) {
  self_ = &self;
  process::Step step = process::Step::again;
  if (!process::guarded(self, [&] { step = advance(); }, [&](ExitReason reason) { failed(std::move(reason)); }))
    step = process::Step::again;
  return step;
}

// An exception left a callback. While starting, or in terminate(), the server ends with it; else terminate() runs first.
void ServerCore::failed(ExitReason reason) {
  activity_.reset();
  if (phase_ == Phase::running) return begin_stop(std::move(reason));
  if (phase_ == Phase::terminating) self_->rare().crashed = true;
  stop_ = std::move(reason);
  if (phase_ == Phase::unborn || phase_ == Phase::initialising) fail_start(*self_, StartCall::Outcome::failed);
  phase_ = Phase::ended;
}

process::Step ServerCore::advance() {
  if (activity_) {
    // Its outermost frame has ended, or this would not be called.
    const std::exception_ptr error = activity_->error();
    activity_.reset();
    if (error) std::rethrow_exception(error);
    handling_ = {};
  }
  switch (phase_) {
    case Phase::unborn: return start() ? process::Step::again : process::Step::ended;
    case Phase::initialising: return process::Step::again;  // its coroutine has not called init_done(): cannot be
    case Phase::running: return next_message() && !is_done() ? process::Step::again : process::Step::idle;
    case Phase::stopping:
      phase_ = Phase::terminating;
      terminate(*stop_);
      return process::Step::again;
    case Phase::terminating: phase_ = Phase::ended; [[fallthrough]];
    case Phase::ended: self_->end_with(std::move(*stop_)); return process::Step::ended;
  }
  return process::Step::ended;
}

// The name is taken before anything else runs; only then does the class's constructor.
bool ServerCore::start() {
  if (name_)
    if (const Pid holder = take_name(*self_, name_)) {
      if (start_call_ != nullptr) start_call_->taken_by = holder;
      stop_ = ExitReason::custom(AlreadyStarted{holder});
      fail_start(*self_, StartCall::Outcome::name_taken);
      self_->doom(*stop_);
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
    fail_start(*self_, StartCall::Outcome::ignored);
    phase_ = Phase::ended;
  } else if (result.go_on().stop) {
    stop_ = std::move(result.go_on().stop);
    fail_start(*self_, StartCall::Outcome::failed);
    phase_ = Phase::ended;
  } else {
    phase_ = Phase::running;
    started();
    apply(std::move(result.go_on()));
  }
}

void ServerCore::started() {
  if (start_call_ == nullptr) return;
  start_call_->outcome = StartCall::Outcome::started;
  start_call_->state = process::CallSignal::State::replied;
  process::answer(std::move(start_call_));
}

// A failed start leaves no Exit in its starter: the link goes before the process does, and the starter drops its end when
// it hears.
void ServerCore::fail_start(process::Process& self, StartCall::Outcome outcome) {
  if (start_call_ == nullptr) return;
  start_call_->outcome = outcome;
  if (parent_) self.links.erase(parent_);
}

void ServerCore::apply(GoOn go_on) {
  has_timeout_ = timeout_is_now_ = false;
  if (go_on.stop) return begin_stop(std::move(*go_on.stop));
  if (go_on.continue_message != nullptr) continue_message_ = std::move(go_on.continue_message);
  if (go_on.timeout == timing::forever && go_on.timeout_at == timing::never) return;
  has_timeout_ = true;
  if (go_on.timeout_at != timing::never) {
    self_->set_deadline(go_on.timeout_at);
  } else {
    timeout_is_now_ = go_on.timeout <= timing::Duration::zero();
    if (!timeout_is_now_) self_->set_deadline(self_->host.load(base::relaxed)->clock().deadline_after(go_on.timeout));
  }
}

void ServerCore::run(Task<> activity) {
  activity_.emplace(std::move(activity));
  activity_->start_in(*self_);
}

void ServerCore::begin_stop(ExitReason reason) {
  if (phase_ != Phase::running) return;
  stop_ = std::move(reason);
  phase_ = Phase::stopping;
}

// Whether there is surely nothing to do until something comes, so that next_message() need not be asked.
bool ServerCore::is_done() const noexcept {
  return phase_ == Phase::running && !activity_ && self_->queue.empty() && !has_timeout_ && continue_message_ == nullptr &&
         !self_->doomed;
}

bool ServerCore::next_message() {
  if (continue_message_ != nullptr && !suspended_) {
    process::Signal* message = continue_message_.release();
    handling_ = message->type->payload;
    handle_continue(message);
    if (!activity_) handling_ = {};
    return true;
  }
  if (process::Signal* signal = next_signal()) {
    dispatch(signal);
    if (!activity_) handling_ = {};
    return true;
  }
  if (!has_timeout_ || suspended_) return false;
  if (timeout_is_now_) {
    // Looks once at what has arrived: only what has not is late.
    process::drain(*self_);
    if (!self_->queue.empty() || self_->doomed) return true;
  } else if (!self_->deadline_passed()) {
    return false;
  }
  has_timeout_ = false;
  self_->clear_deadline();
  handling_ = process::TypeId::of<Timeout>();
  handle_timeout();
  if (!activity_) handling_ = {};
  return true;
}

process::Signal* ServerCore::next_signal() {
  if (!suspended_) return self_->queue.pop_front();
  if (process::Signal* system = self_->queue.take_system()) return system;
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
  } finder{parent_};
  if (!parent_) return nullptr;
  std::uint64_t after = 0;
  return self_->queue.take(finder, after);
}

bool ServerCore::is_parents_exit(const process::Signal& signal) const noexcept {
  return parent_ && signal.type->payload == process::TypeId::of<Exit>() &&
         static_cast<const process::ExitMessage&>(signal).payload.from == parent_;
}

void ServerCore::dispatch(process::Signal* signal) {
  handling_ = signal->type->payload;
  if (signal->kind() == process::SignalKind::message) {
    has_timeout_ = false;
    if (!is_parents_exit(*signal)) return handle_message(signal);
    const process::SignalPtr<process::ExitMessage> exit{static_cast<process::ExitMessage*>(signal)};
    return begin_stop(exit->payload.reason);
  }
  const auto& type = static_cast<const ServerSignalType&>(*signal->type);
  if (signal->kind() != process::SignalKind::system) has_timeout_ = false;
  if (!type.server || type.server == hosted_) return type.dispatch(*this, signal);
  // The reference said another class than the one that lives here, as an untyped name may.
  if (signal->kind() != process::SignalKind::call) return unhandled(signal);
  process::fail(process::CallPtr{static_cast<process::CallSignal*>(signal)}, CallError::Kind::wrong_server,
                ExitReason::error("a " + declared_.name() + " was called as a " + type.server.name()));
}

void ServerCore::unhandled(process::Signal* signal) noexcept {
  process::Host& host = *self_->host.load(base::relaxed);
  host.events().unhandled(self_->pid(), declared_.name(), signal->type->payload.name());
  host.dead_letter(self_->pid(), signal);
}

void ServerCore::begin_call(process::CallPtr call) noexcept {
  call_number_ = call->call_number;
  caller_ = call->caller;
  call_ = std::move(call);
}

process::CallPtr ServerCore::take_call() noexcept { return std::move(call_); }

bool ServerCore::give_back(process::CallPtr& call) noexcept {
  if (self_ == nullptr || call_ != nullptr || !handling_ || call->call_number != call_number_ || call->caller != caller_)
    return false;
  call_ = std::move(call);
  return true;
}

void ServerCore::call_deferred() noexcept {
  process::note_touched(caller_);
  process::take_back_edge(caller_, self_->pid(), call_number_);
}

void ServerCore::answer_at_end(process::CallPtr call) noexcept { last_answer_ = std::move(call); }

// Status is answered as it comes: a server whose handler is suspended, or about to be, shall say so.
bool ServerCore::answer_at_once(process::Process&, process::Signal& signal) {
  if (self_ == nullptr || !(signal.type->payload == process::TypeId::of<StatusRequest>())) return false;
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
