// A state machine's state: how it is stored, compared and printed, and what its class says of it.
#pragma once

#include <concepts>
#include <string>
#include <type_traits>
#include <variant>

#include <fmt/core.h>

#include <coppice/behaviour/handlers.hpp>
#include <coppice/process/type_id.hpp>

namespace coppice::behaviour {

// The states of a machine.
template <class... States>
struct StateList {};

template <class... States>
struct StoredState {
  using type = std::variant<States...>;
};
template <class Only>
struct StoredState<Only> {
  using type = Only;
};

// The way to a machine's state.
struct MachineAccess {
  template <class D>
  static auto& state(D& machine) noexcept {
    return machine.state_;
  }
};

// Whether going from one to the other is a change of state.
template <class State>
bool differs(const State& a, const State& b) {
  if constexpr (std::equality_comparable<State>)
    return !(a == b);
  else
    return true;
}
template <class... States>
bool differs(const std::variant<States...>& a, const std::variant<States...>& b) {
  if (a.index() != b.index()) return true;
  return std::visit(
      [&b](const auto& in_a) { return differs(in_a, std::get<std::remove_cvref_t<decltype(in_a)>>(b)); }, a);
}

template <class State>
std::string text_of_state(const State& state) {
  if constexpr (fmt::is_formattable<State>::value)
    return fmt::format("{}", state);
  else if constexpr (std::is_enum_v<State>)
    return std::to_string(static_cast<long long>(state));
  else
    return process::TypeId::of<State>().name();
}

template <class D, class St>
concept HasEnterWithBefore =
    requires(D& d, St& state, const typename D::State& before) { d.enter(state, before); };
template <class D, class St>
concept HasEnterAlone = requires(D& d, St& state) { d.enter(state); };

// The types of plain messages that a machine's handle_info takes: those listed, or the only one.
template <class F>
struct LastParameter : OnlyParameter<F> {};
template <class R, class C, class A, class B>
struct LastParameter<R (C::*)(A, B)> {
  using type = std::remove_cvref_t<B>;
};
template <class D>
struct MachineInfos : ListOf<void> {};
template <class D>
  requires(requires { &D::handle_info; } && !requires { typename D::Info; })
struct MachineInfos<D> : ListOf<typename LastParameter<decltype(&D::handle_info)>::type> {};
template <class D>
  requires requires { typename D::Info; }
struct MachineInfos<D> {
  using type = typename D::Info;
};

}  // namespace coppice::behaviour
