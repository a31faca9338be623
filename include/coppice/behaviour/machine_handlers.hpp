// Which handlers a state machine's class has, for each of its states: found by concept, by exact message type.
//
// A handler takes the state and the message, or the message alone for all states; the one with the state is preferred. A
// handler gets the message as an lvalue, since the event may be postponed and handled again: it takes `const M&`, or `M` and
// so a copy. A cast, a call, a timeout or an internal event must have a handler in every state (`auto&` as the state's
// parameter is the rest of them); a plain message that has none is reported and dropped.
#pragma once

#include <concepts>
#include <cstdint>
#include <type_traits>
#include <utility>

#include <coppice/behaviour/handlers.hpp>
#include <coppice/behaviour/machine_state.hpp>
#include <coppice/behaviour/reply.hpp>

namespace coppice::behaviour {

enum class EventKind : std::uint8_t { cast, info, timeout, internal };

// Stands for an lvalue of exactly this type.
template <class M>
struct Lvalue {
  template <class T>
    requires std::same_as<std::remove_const_t<T>, M>
  operator T&() const;
};

// The class's function for a kind of event: whether it takes these arguments, and the call of it.
template <EventKind kind, class D, class... A>
concept Takes =
    (kind == EventKind::cast && requires(D& d, A&&... a) { d.handle_cast(std::forward<A>(a)...); }) ||
    (kind == EventKind::info && requires(D& d, A&&... a) { d.handle_info(std::forward<A>(a)...); }) ||
    (kind == EventKind::timeout && requires(D& d, A&&... a) { d.handle_timeout(std::forward<A>(a)...); }) ||
    (kind == EventKind::internal && requires(D& d, A&&... a) { d.handle_internal(std::forward<A>(a)...); });
template <EventKind kind, class D, class... A>
decltype(auto) call_handler(D& d, A&&... a) {
  if constexpr (kind == EventKind::cast)
    return d.handle_cast(std::forward<A>(a)...);
  else if constexpr (kind == EventKind::info)
    return d.handle_info(std::forward<A>(a)...);
  else if constexpr (kind == EventKind::timeout)
    return d.handle_timeout(std::forward<A>(a)...);
  else
    return d.handle_internal(std::forward<A>(a)...);
}

template <EventKind kind, class D, class St, class M>
concept HandlesInState = Takes<kind, D, St&, const Lvalue<M>&>;
template <EventKind kind, class D, class M>
concept HandlesInAny = Takes<kind, D, const Lvalue<M>&>;
template <EventKind kind, class D, class St, class M>
concept MachineHandles = HandlesInState<kind, D, St, M> || HandlesInAny<kind, D, M>;

// The same for calls, which may also take the caller.
enum class CallForm : std::uint8_t { none, state, state_from, any, any_from };
template <class D, class St, class M>
constexpr CallForm call_form() {
  if constexpr (requires(D& d, St& s, const Lvalue<M>& m) { d.handle_call(s, m); })
    return CallForm::state;
  else if constexpr (requires(D& d, St& s, const Lvalue<M>& m, AnyFrom from) { d.handle_call(s, m, from); })
    return CallForm::state_from;
  else if constexpr (requires(D& d, const Lvalue<M>& m) { d.handle_call(m); })
    return CallForm::any;
  else if constexpr (requires(D& d, const Lvalue<M>& m, AnyFrom from) { d.handle_call(m, from); })
    return CallForm::any_from;
  else
    return CallForm::none;
}
template <CallForm form>
inline constexpr bool takes_from = form == CallForm::state_from || form == CallForm::any_from;

// What the handler of a state returns.
template <class D, class St, class M, CallForm form = call_form<D, St, M>()>
struct RawAnswer;
template <class D, class St, class M>
struct RawAnswer<D, St, M, CallForm::state> {
  using type = decltype(std::declval<D&>().handle_call(std::declval<St&>(), std::declval<const Lvalue<M>&>()));
};
template <class D, class St, class M>
struct RawAnswer<D, St, M, CallForm::state_from> {
  using type = decltype(std::declval<D&>().handle_call(std::declval<St&>(), std::declval<const Lvalue<M>&>(), AnyFrom{}));
};
template <class D, class St, class M>
struct RawAnswer<D, St, M, CallForm::any> {
  using type = decltype(std::declval<D&>().handle_call(std::declval<const Lvalue<M>&>()));
};
template <class D, class St, class M>
struct RawAnswer<D, St, M, CallForm::any_from> {
  using type = decltype(std::declval<D&>().handle_call(std::declval<const Lvalue<M>&>(), AnyFrom{}));
};

// Never defined: see handlers.hpp.
template <class Machine, class Message, class State>
struct Machine_has_no_public_handle_call_for_this_message_in_this_state;
template <class Machine, class Message, class State>
struct Machine_has_no_public_handle_cast_for_this_message_in_this_state;
template <class Machine, class Message, class State>
struct Machine_has_no_public_handle_timeout_for_this_message_in_this_state;
template <class Machine, class Message, class State>
struct Machine_has_no_public_handle_internal_for_this_message_in_this_state;

template <EventKind kind, class D, class M, class St>
constexpr auto require_in_state() {
  if constexpr (!MachineHandles<kind, D, St, M>) {
    if constexpr (kind == EventKind::cast) {
      Machine_has_no_public_handle_cast_for_this_message_in_this_state<D, M, St> missing;
      (void)missing;
    } else if constexpr (kind == EventKind::timeout) {
      Machine_has_no_public_handle_timeout_for_this_message_in_this_state<D, M, St> missing;
      (void)missing;
    } else {
      Machine_has_no_public_handle_internal_for_this_message_in_this_state<D, M, St> missing;
      (void)missing;
    }
  }
  return nullptr;
}
template <class D, class M, class St>
constexpr auto require_call_in_state() {
  if constexpr (call_form<D, St, M>() == CallForm::none) {
    Machine_has_no_public_handle_call_for_this_message_in_this_state<D, M, St> missing;
    (void)missing;
  }
  return nullptr;
}

// The reply type of a call, which all states must agree on.
template <class D, class M, class First, class... Rest>
struct AnswerOf<D, M, StateList<First, Rest...>> {
  using type = typename ReplyOf<typename RawAnswer<D, First, M>::type>::type;
  static_assert((true && ... && std::is_same_v<type, typename ReplyOf<typename RawAnswer<D, Rest, M>::type>::type>),
                "the handle_call functions of one message give the same reply type in all states");
};

template <class D, class M, class List>
struct StateRules;
template <class D, class M, class... States>
struct StateRules<D, M, StateList<States...>> {
  template <EventKind kind>
  static constexpr bool in_all = (true && ... && MachineHandles<kind, D, States, M>);
  template <EventKind kind>
  static constexpr bool in_some = (false || ... || MachineHandles<kind, D, States, M>);
  static constexpr bool calls = (true && ... && (call_form<D, States, M>() != CallForm::none));

  template <EventKind kind>
  static constexpr auto require() {
    (require_in_state<kind, D, M, States>(), ...);
    return nullptr;
  }
  static constexpr auto require_call() {
    (require_call_in_state<D, M, States>(), ...);
    return nullptr;
  }
};

// What handlers.hpp asks.
template <class D, class M>
struct MachineRules {
  using Rules = StateRules<D, M, typename D::AllStates>;
  static constexpr bool calls = Rules::calls;
  static constexpr bool casts = Rules::template in_all<EventKind::cast>;
  static constexpr bool infos = Rules::template in_some<EventKind::info>;

  static constexpr auto require_call() { return Rules::require_call(); }
  static constexpr auto require_cast() { return Rules::template require<EventKind::cast>(); }
};

}  // namespace coppice::behaviour
