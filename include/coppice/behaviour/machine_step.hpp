// What a state machine's handlers answer: Step, Answer<R>, Entered; and the timers and events that they ask for.
//
// Each is a value that is built by chaining, `return to(Open{}).state_timeout(5s).next_internal<Log>("opened")`, and carried
// out when the handler has returned, in gen_statem's order (machine_core.hpp). Events and timeouts are bound to their handler
// where they are asked for, so one without a handler is a compile error that names machine, message and handler.
#pragma once

#include <optional>
#include <type_traits>
#include <utility>

#include <coppice/behaviour/machine_core.hpp>
#include <coppice/behaviour/machine_handlers.hpp>
#include <coppice/behaviour/reply.hpp>
#include <coppice/process/exit_reason.hpp>
#include <coppice/process/signal.hpp>

namespace coppice {

// What handle_timeout gets for a state_timeout() or event_timeout() without an event of its own.
struct StateTimeout {};
struct EventTimeout {};

namespace behaviour {

// An event that a machine makes for itself. (Defined with the machine's body.)
template <class D, EventKind kind, class M, class... Args>
Event make_event(Args&&... args);
template <class D, class M, class R, class... Args>
Event make_call_event(From<R> from, Args&&... args);

// ---- timeouts. `M` is the event that handle_timeout gets, made of `args`. The time is a duration or a point of now()'s
// clock. A duration of zero is handled before the mailbox is looked at again; `forever` and `never` cancel; a negative one is
// an error. Setting a timeout that runs starts it anew. update_ gives one that runs another event, and starts one that does
// not run with zero. Of several verbs for one timeout the last counts, an enter call's being later than its handler's.
template <class Self, class D>
class TimerVerbs {
 public:
  // Cancelled when the state changes.
  template <class M = StateTimeout, class... Args>
  Self&& state_timeout(TimeoutTime time, Args&&... args) && {
    return start<M>(state_key, time, std::forward<Args>(args)...);
  }
  template <class M = StateTimeout, class... Args>
  Self&& update_state_timeout(Args&&... args) && {
    return update<M>(state_key, std::forward<Args>(args)...);
  }
  Self&& cancel_state_timeout() && { return cancel(state_key); }

  // Cancelled by any other event.
  template <class M = EventTimeout, class... Args>
  Self&& event_timeout(TimeoutTime time, Args&&... args) && {
    return start<M>(event_key, time, std::forward<Args>(args)...);
  }
  template <class M = EventTimeout, class... Args>
  Self&& update_event_timeout(Args&&... args) && {
    return update<M>(event_key, std::forward<Args>(args)...);
  }
  Self&& cancel_event_timeout() && { return cancel(event_key); }

  // Any number of others, that no event and no change of state cancels: each known by the type of its event, or by a name.
  template <class M, class... Args>
  Self&& timeout(TimeoutTime time, Args&&... args) && {
    return start<M>(key_of<M>(), time, std::forward<Args>(args)...);
  }
  template <class M, class... Args>
  Self&& timeout(Atom name, TimeoutTime time, Args&&... args) && {
    return start<M>(key_of(name), time, std::forward<Args>(args)...);
  }
  template <class M, class... Args>
  Self&& update_timeout(Args&&... args) && {
    return update<M>(key_of<M>(), std::forward<Args>(args)...);
  }
  template <class M, class... Args>
  Self&& update_named_timeout(Atom name, Args&&... args) && {
    return update<M>(key_of(name), std::forward<Args>(args)...);
  }
  template <class M>
  Self&& cancel_timeout() && {
    return cancel(key_of<M>());
  }
  Self&& cancel_timeout(Atom name) && { return cancel(key_of(name)); }

  // For the library.
  MachineActions& actions() noexcept { return actions_; }

 protected:
  MachineActions actions_;

 private:
  static constexpr TimerKey state_key{TimerKey::Kind::state, {}, {}};
  static constexpr TimerKey event_key{TimerKey::Kind::event, {}, {}};
  static TimerKey key_of(Atom name) noexcept { return {TimerKey::Kind::named, name, {}}; }
  template <class M>
  static TimerKey key_of() noexcept {
    return {TimerKey::Kind::typed, {}, process::TypeId::of<M>()};
  }

  Self&& add(TimerAction action) {
    actions_.timers.push_back(std::move(action));
    return std::move(static_cast<Self&>(*this));
  }
  template <class M, class... Args>
  Self&& start(const TimerKey& key, const TimeoutTime& time, Args&&... args) {
    return add(start_action(key, time, make_event<D, EventKind::timeout, M>(std::forward<Args>(args)...)));
  }
  template <class M, class... Args>
  Self&& update(const TimerKey& key, Args&&... args) {
    return add({key, TimerAction::What::update, {}, make_event<D, EventKind::timeout, M>(std::forward<Args>(args)...)});
  }
  Self&& cancel(const TimerKey& key) { return add({key, TimerAction::What::cancel, {}, nullptr}); }
};

// How a machine goes on after an event: begun by to(), keep(), repeat(), postpone() or stop() of StateMachine.
template <class D, class State>
class [[nodiscard]] Step : public TimerVerbs<Step<D, State>, D> {
 public:
  // Keeps the state.
  Step() = default;

  // The event is put by, and handled again when the state has changed.
  Step&& postpone() && {
    this->actions_.postpone = true;
    return std::move(*this);
  }
  // An event M{args...} that is handled before all that waits; of several, in this order. next_internal goes to
  // handle_internal; the others look as if the event had come from outside.
  template <class M, class... Args>
  Step&& next_internal(Args&&... args) && {
    return next(make_event<D, EventKind::internal, M>(std::forward<Args>(args)...));
  }
  template <class M, class... Args>
  Step&& next_cast(Args&&... args) && {
    return next(make_event<D, EventKind::cast, M>(std::forward<Args>(args)...));
  }
  template <class M, class... Args>
  Step&& next_info(Args&&... args) && {
    return next(make_event<D, EventKind::info, M>(std::forward<Args>(args)...));
  }
  template <class M, class... Args>
  Step&& next_timeout(Args&&... args) && {
    return next(make_event<D, EventKind::timeout, M>(std::forward<Args>(args)...));
  }
  // A call of M in the name of a caller whose From was kept; M's reply is of the From's type.
  template <class M, class R, class... Args>
  Step&& next_call(From<R> from, Args&&... args) && {
    return next(make_call_event<D, M>(std::move(from), std::forward<Args>(args)...));
  }
  // Answers a caller whose From was kept; at once, as all answers precede the change of state.
  template <class R, class... Args>
  Step&& reply(From<R>& from, Args&&... args) && {
    from.reply(std::forward<Args>(args)...);
    return std::move(*this);
  }
  template <class R, class... Args>
  Step&& reply(From<R>&& from, Args&&... args) && {
    from.reply(std::forward<Args>(args)...);
    return std::move(*this);
  }

  // For the library.
  static Step into(State state) {
    Step step;
    step.next_.emplace(std::move(state));
    return step;
  }
  std::optional<State>& next_state() noexcept { return next_; }

 private:
  Step&& next(Event event) {
    this->actions_.next_events.push_back(std::move(event));
    return std::move(*this);
  }

  std::optional<State> next_;
};

// What an enter call answers: it may set timers, be repeated or stop, and not change the state or postpone.
template <class D>
class [[nodiscard]] Entered : public TimerVerbs<Entered<D>, D> {
 public:
  Entered() = default;
  // The enter call is made again.
  Entered&& repeat() && {
    this->actions_.repeat = true;
    return std::move(*this);
  }
  Entered&& stop(ExitReason reason) && {
    this->actions_.stop = std::move(reason);
    return std::move(*this);
  }
};

// What handle_call answers: a reply, how to go on, or both: `return 5`, `return {5, to(Open{})}`, `return postpone()`. A Step
// alone is for a call that is postponed, or whose From was kept; of a machine that stops, the caller gets the reason. For a
// call without value (Answer<void>) a Step that neither postpones nor stops is the reply too.
template <class D, class State, class R>
class [[nodiscard]] Answer {
 public:
  using StepType = Step<D, State>;

  template <class U = R>
    requires(std::is_convertible_v<U &&, stored_reply_t<R>> && !std::is_same_v<std::decay_t<U>, Answer> &&
             !std::is_same_v<std::decay_t<U>, StepType> && !std::is_same_v<std::decay_t<U>, NoReply>)
  Answer(U&& value) : value_{std::in_place, std::forward<U>(value)} {}
  template <class U = R>
    requires(std::is_convertible_v<U &&, stored_reply_t<R>>)
  Answer(U&& value, StepType step) : value_{std::in_place, std::forward<U>(value)}, step_{std::move(step)} {}
  Answer(StepType step) : step_{std::move(step)} {
    if constexpr (std::is_void_v<R>)
      if (!step_.actions().postpone && !step_.actions().stop) value_.emplace();
  }
  // Its From was kept.
  Answer(NoReply) noexcept {}

  // For the library.
  std::optional<stored_reply_t<R>>& value() noexcept { return value_; }
  StepType& step() noexcept { return step_; }

 private:
  std::optional<stored_reply_t<R>> value_;
  StepType step_;
};

template <class D, class State, class R>
struct ReplyOf<Answer<D, State, R>> {
  using type = R;
};

}  // namespace behaviour
}  // namespace coppice
