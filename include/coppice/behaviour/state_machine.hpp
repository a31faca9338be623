// StateMachine: a server that is in one of several states (OTP's gen_statem behaviour).
//
//   struct Closed {};
//   struct Open { int visitors = 0; };
//
//   class Door : public StateMachine<Door, Closed, Open> {
//    public:
//     Door() : StateMachine{Closed{}} {}
//     Step handle_cast(Closed&, Push) { return to(Open{}).state_timeout(10s); }
//     void handle_cast(Open& open, Push) { ++open.visitors; }
//     Step handle_timeout(auto&, StateTimeout) { return to(Closed{}); }
//     int handle_call(Closed&, Visitors) { return 0; }
//     int handle_call(Open& open, Visitors) { return open.visitors; }
//   };
//
// States are types with data, of which the machine holds one (a std::variant); or one type, often an enum, whose value is the
// state (StateMachine<Lamp, Light>); or single enumerators as types (StateMachine<Lamp, In<Light::red>, In<Light::green>>).
// What is common to all states are the machine's members (OTP's Data). Public handlers, none virtual:
//
//   handle_cast, handle_info, handle_timeout, handle_internal   (State&, M) or (M): void, Step, Task<>, Task<Step>
//   handle_call   (State&, M), (M), or either with From<R>: R, Answer<R>, Task of these, or void
//   enter         (State&) or (State&, const AllStates& before): void, Entered, Task<>, Task<Entered>; optional
//   init          (): void, InitResult, Step, Task of these; optional. A Step may say the first state, timeouts, next events
//   terminate     (const ExitReason&): void or Task<>; optional
//
// A change of state is a new alternative, or a value that differs from the old one (one that cannot be compared differs).
// Changing the data of the state through the handler's reference is none. The order of events is gen_statem's: see
// machine_core.hpp. Started, called, supervised, suspended and stopped as any server. Differs: an event without a handler is
// a compile error, but a plain message is reported and dropped; no hibernation, no change of the callbacks.
#pragma once

#include <string>
#include <type_traits>
#include <utility>
#include <variant>

#include <coppice/behaviour/gen_server.hpp>
#include <coppice/behaviour/machine_events.hpp>
#include <coppice/behaviour/machine_state.hpp>
#include <coppice/behaviour/machine_step.hpp>

namespace coppice {

// An enumerator as a state of its own.
template <auto enumerator>
struct In {
  static constexpr auto value = enumerator;
  friend constexpr bool operator==(const In&, const In&) = default;
};

template <class Derived, class... States>
class StateMachine : public behaviour::StateMachineBase {
  static_assert(sizeof...(States) > 0, "StateMachine<Derived, States...>: a machine has at least one state");
  static_assert((true && ... && std::is_object_v<States>), "a state is a plain object type");

 public:
  using MachineType = Derived;
  using AllStates = behaviour::StateList<States...>;
  // What is stored: the only type, or a variant of them.
  using State = typename behaviour::StoredState<States...>::type;
  using Step = behaviour::Step<Derived, State>;
  template <class R>
  using Answer = behaviour::Answer<Derived, State, R>;
  using Entered = behaviour::Entered<Derived>;

  const State& state() const noexcept { return state_; }
  // Whether the machine is in this state: is_in<Open>(), or is_in(Light::red).
  template <class St>
  bool is_in() const noexcept {
    if constexpr (sizeof...(States) == 1)
      return std::is_same_v<St, State>;
    else
      return std::holds_alternative<St>(state_);
  }
  bool is_in(const State& state) const
    requires std::equality_comparable<State>
  {
    return state_ == state;
  }
  // Puts the machine into a state without a transition: nothing is entered, retried or cancelled. For replace_state().
  void set_state(State state) { state_ = std::move(state); }

 protected:
  // In the first of its states, made by its default constructor.
  StateMachine() : state_{} {}
  explicit StateMachine(State initial) : state_{std::move(initial)} {}
  ~StateMachine() = default;

  // ---- what a handler answers; see Step for what may follow

  // Goes to a state. To one that equals the present one: as keep().
  static Step to(State state) { return Step::into(std::move(state)); }
  static Step keep() { return {}; }
  // Keeps the state, but its enter call is made again.
  static Step repeat() {
    Step step;
    step.actions().repeat = true;
    return step;
  }
  // Keeps the state, and the event until the state changes.
  static Step postpone() { return Step{}.postpone(); }
  // Ends the machine: terminate(reason) runs, then it ends. Answers go out before.
  static Step stop(ExitReason reason) {
    Step step;
    step.actions().stop = std::move(reason);
    return step;
  }
  // What an enter call answers.
  static Entered entered() { return {}; }

 private:
  friend struct behaviour::MachineAccess;
  State state_;
};

}  // namespace coppice
