#include <coppice/behaviour/machine_core.hpp>

#include <algorithm>
#include <span>

#include <coppice/behaviour/status.hpp>
#include <coppice/process/control_signals.hpp>
#include <coppice/process/current.hpp>
#include <coppice/process/errors.hpp>
#include <coppice/process/host.hpp>
#include <coppice/process/timers.hpp>

namespace coppice::behaviour {
namespace {

// There are events that come before the mailbox.
struct MoreEvents {};

// What a timer sends to its machine: no message, so that a receive in a handler never sees it.
struct TimerSignal : process::Signal {
  explicit TimerSignal(std::uint64_t timer) noexcept;
  std::uint64_t id;
};

void dispatch_timer(ServerCore& core, process::Signal* signal) {
  const process::SignalPtr<TimerSignal> owned{static_cast<TimerSignal*>(signal)};
  // Sent by a machine to itself alone.
  static_cast<MachineCore&>(core).timer_fired(owned->id);
}

constexpr ServerSignalType timer_type{
    {process::TypeId::of<TimerSignal>(), &process::destroy_as<TimerSignal>}, &dispatch_timer, process::TypeId{}};

TimerSignal::TimerSignal(std::uint64_t timer) noexcept : Signal{process::SignalKind::cast, timer_type}, id{timer} {}

}  // namespace

TimerAction start_action(const TimerKey& key, const TimeoutTime& time, Event event) {
  if (const auto* after = std::get_if<timing::Duration>(&time); after != nullptr && *after < timing::Duration::zero())
    throw ProcessError{ProcessErrorCode::bad_argument, "a timeout's time is negative"};
  return {key, TimerAction::What::start, time, std::move(event)};
}

// Who called and was postponed hears the reason, as one whose call was still in the mailbox does.
MachineCore::~MachineCore() {
  if (event_ != nullptr) queue_.postpone(std::move(event_));
  queue_.put_first(actions_.next_events);
  if (queue_.empty()) return;
  queue_.drain([this](Event event) { process().give_back(*event.release()); });
}

void MachineCore::describe(ServerStatus& status) const {
  status.postponed = queue_.postponed();
  status.timeouts = timers_.size();
}

bool MachineCore::begin_transition(Event event, MachineActions&& actions, bool changed) {
  if (actions.postpone) event_ = std::move(event);
  actions_ = std::move(actions);
  changed_ = changed;
  if (actions_.stop) begin_stop(std::move(*actions_.stop));
  return !actions_.stop;
}

bool MachineCore::add(MachineActions&& actions) {
  if (actions.stop) {
    begin_stop(std::move(*actions.stop));
    return false;
  }
  for (TimerAction& action : actions.timers) actions_.timers.push_back(std::move(action));
  return true;
}

void MachineCore::conclude() {
  if (event_ != nullptr) queue_.postpone(std::move(event_));
  if (changed_) {
    queue_.retry();
    (void)take_timer(TimerKey{TimerKey::Kind::state, {}, {}});
  }
  queue_.put_first(actions_.next_events);
  (void)take_timer(TimerKey{TimerKey::Kind::event, {}, {}});
  run_timer_actions();
  go_on();
}

// ServerCore comes back to handle_continue() before it looks at the mailbox. The event itself stays here, where it is found
// if the process is killed before.
void MachineCore::go_on() {
  GoOn next;
  if (queue_.has_ready() || std::ranges::any_of(timers_, &Timer::is_zero)) next.continue_message = make_continue(MoreEvents{});
  apply(std::move(next));
}

void MachineCore::handle_continue(process::Signal* signal) {
  destroy(signal);
  Event event = queue_.pop();
  handle_ready(event == nullptr ? next_zero() : std::move(event));
}

void MachineCore::handle_ready(Event event) {
  process::Signal* signal = event.release();
  set_handling(signal->type->payload);
  if (signal->kind() == process::SignalKind::message) return handle_message(signal);
  static_cast<const ServerSignalType*>(signal->type)->dispatch(*this, signal);
}

// ---- timers

void MachineCore::run_timer_actions() {
  const std::span<TimerAction> actions = actions_.timers;
  for (std::size_t i = 0; i < actions.size(); ++i) {
    TimerAction& action = actions[i];
    if (std::ranges::find(actions.subspan(i + 1), action.key, &TimerAction::key) != actions.end()) continue;
    switch (action.what) {
      case TimerAction::What::cancel: (void)take_timer(action.key); break;
      case TimerAction::What::start: start_timer(action.key, action.time, std::move(action.event)); break;
      case TimerAction::What::update:
        // One that does not run is started with zero, as in OTP.
        if (Timer* running = find(action.key))
          running->event = std::move(action.event);
        else
          start_timer(action.key, timing::Duration::zero(), std::move(action.event));
        break;
    }
  }
  actions_.timers.clear();
}

void MachineCore::start_timer(const TimerKey& key, const TimeoutTime& time, Event event) {
  (void)take_timer(key);
  const timing::Duration* after = std::get_if<timing::Duration>(&time);
  const timing::Duration delay = after != nullptr ? *after : timing::until(now(), std::get<timing::Instant>(time));
  if (delay == timing::forever) return;  // as cancel
  // At a point that has come is not at once: that timeout is behind what is in the mailbox.
  Timer timer{key, ++last_timer_, TimerRef{}, after != nullptr && delay == timing::Duration::zero(), std::move(event)};
  if (!timer.is_zero)
    timer.ref = process::start_timer(delay, process().pid(), Atom{},
                                     process::SignalPtr<process::Signal>{base::pool_new<TimerSignal>(timer.id)});
  timers_.push_back(std::move(timer));
}

MachineCore::Timer* MachineCore::find(const TimerKey& key) noexcept {
  const auto found = std::ranges::find(timers_, key, &Timer::key);
  return found == timers_.end() ? nullptr : &*found;
}

// A TimerSignal that is in the mailbox already finds no timer with its number.
Event MachineCore::take_timer(const TimerKey& key) noexcept {
  Timer* found = find(key);
  if (found == nullptr) return nullptr;
  if (!found->is_zero) (void)cancel_timer(found->ref);
  Event event = std::move(found->event);
  timers_.erase(timers_.begin() + (found - timers_.data()));
  return event;
}

Event MachineCore::next_zero() noexcept {
  const auto found = std::ranges::find(timers_, true, &Timer::is_zero);
  return found == timers_.end() ? nullptr : take_timer(TimerKey{found->key});
}

void MachineCore::timer_fired(std::uint64_t id) {
  const auto found = std::ranges::find(timers_, id, &Timer::id);
  if (found != timers_.end()) handle_ready(take_timer(TimerKey{found->key}));
}

}  // namespace coppice::behaviour
