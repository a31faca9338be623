// MachineTransitions<D>: what follows a state machine's handler: the change of state, enter calls, and then what MachineCore
// does. A handler or an enter call may be a coroutine; each part is there for both.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <type_traits>
#include <utility>
#include <variant>

#include <coppice/behaviour/machine_core.hpp>
#include <coppice/behaviour/machine_state.hpp>
#include <coppice/behaviour/machine_step.hpp>
#include <coppice/behaviour/server_body.hpp>
#include <coppice/behaviour/status.hpp>

#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wsubobject-linkage"
#endif

namespace coppice::behaviour {

template <class D>
class MachineTransitions : public ObjectBody<D, MachineCore> {
  static_assert(std::is_same_v<typename D::MachineType, D>,
                "StateMachine<Derived, ...>: Derived is the very class that is started, not a base of it");

 public:
  using State = typename D::State;
  using Step = typename D::Step;
  using Entered = typename D::Entered;

  void describe(ServerStatus& status) const override {
    MachineCore::describe(status);
    if constexpr (single)
      status.state = text_of_state(this->server_->state());
    else
      status.state = std::visit([](const auto& state) { return text_of_state(state); }, this->server_->state());
  }

 protected:
  explicit MachineTransitions(std::unique_ptr<Maker<D>> maker) : ObjectBody<D, MachineCore>{std::move(maker)} {}

  static constexpr bool single = std::is_same_v<typename D::AllStates, StateList<State>>;

  State& state() noexcept { return MachineAccess::state(*this->server_); }
  template <class F>
  decltype(auto) with_state(F&& f) {
    if constexpr (single)
      return f(state());
    else
      return std::visit(f, state());
  }
  // The enter call is to be made in the coming transition, changed or not.
  void enter_next() noexcept { entering_ = true; }

  // Carries out what a handler, or init, has said. The event is kept if it is postponed. In a coroutine: finish_later().
  void finish(Event event, Step step) {
    if (!take_step(std::move(event), std::move(step))) return;
    switch (enter_at_once()) {
      case Enter::done: return entered_all();
      case Enter::stops: return;
      default: this->run(enter_then_conclude());
    }
  }
  Task<> finish_later(Event event, Step step) {
    if (take_step(std::move(event), std::move(step))) co_await enter_then_conclude();
  }

 private:
  bool take_step(Event event, Step step) {
    MachineActions& actions = step.actions();
    bool changed = false;
    if (actions.repeat) entering_ = true;
    before_.reset();
    if (!actions.stop && step.next_state() && differs(state(), *step.next_state())) {
      before_.emplace(std::move(state()));
      state() = std::move(*step.next_state());
      changed = entering_ = true;
    }
    return this->begin_transition(std::move(event), std::move(actions), changed);
  }

  // ---- enter calls

  enum class Enter : std::uint8_t { done, stops, again, later };

  // Enter calls that are no coroutines, until they are done.
  Enter enter_at_once() {
    while (std::exchange(entering_, false)) {
      const Enter how = with_state([this](auto& st) { return this->enter_in(st); });
      if (how != Enter::again) return how;
      entering_ = true;
    }
    return Enter::done;
  }
  Task<> enter_then_conclude() {
    Enter how = enter_at_once();
    while (how == Enter::later || how == Enter::again) {
      Task<Enter> entering = with_state([this](auto& st) { return this->enter_later(st); });
      how = co_await entering;
    }
    if (how == Enter::done) entered_all();
  }
  void entered_all() {
    before_.reset();
    this->conclude();
  }
  template <class St>
  decltype(auto) invoke_enter(St& st) {
    const State& before = before_ ? *before_ : state();
    if constexpr (HasEnterWithBefore<D, St>)
      return this->server_->enter(st, before);
    else
      return this->server_->enter(st);
  }
  template <class St>
  Enter enter_in(St& st) {
    if constexpr (HasEnterWithBefore<D, St> || HasEnterAlone<D, St>) {
      using R = decltype(invoke_enter(st));
      static_assert(std::is_void_v<task_value_t<R>> || std::is_same_v<task_value_t<R>, Entered>,
                    "enter() returns void, Entered, Task<> or Task<Entered>");
      if constexpr (is_task<R>)
        return Enter::later;
      else if constexpr (std::is_void_v<R>)
        return invoke_enter(st), Enter::done;
      else
        return entered(invoke_enter(st));
    }
    return Enter::done;
  }
  template <class St>
  Task<Enter> enter_later(St& st) {
    if constexpr (HasEnterWithBefore<D, St> || HasEnterAlone<D, St>) {
      using R = decltype(invoke_enter(st));
      if constexpr (std::is_same_v<R, Task<>>) {
        co_await invoke_enter(st);
      } else if constexpr (is_task<R>) {
        Entered result = co_await invoke_enter(st);
        co_return entered(std::move(result));
      }
    }
    co_return Enter::done;
  }
  Enter entered(Entered result) {
    const bool repeat = result.actions().repeat;
    if (!this->add(std::move(result.actions()))) return Enter::stops;
    return repeat ? Enter::again : Enter::done;  // a repeated enter call is told of the same state before
  }

  std::optional<State> before_;  // the state that was left
  bool entering_ = false;        // the enter call is to be made
};

}  // namespace coppice::behaviour

#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC diagnostic pop
#endif
