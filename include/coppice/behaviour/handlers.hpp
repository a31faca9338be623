// Which handlers a server class has: found by concept, by exact message type, at the place where a message is sent.
//
// A probe that converts to the message type and to nothing else stands in for the message, so a handler whose parameter
// would need a conversion does not count. A private handler does not count either: a call of it is the same error as a
// missing one, and the error's one line names server, message and handler (see the Missing... templates).
#pragma once

#include <concepts>
#include <type_traits>
#include <utility>

#include <coppice/behaviour/next.hpp>
#include <coppice/behaviour/reply.hpp>
#include <coppice/behaviour/traits.hpp>
#include <coppice/process/exit_reason.hpp>
#include <coppice/process/message.hpp>
#include <coppice/process/task.hpp>

namespace coppice {

// A list of message types: `using Info = Messages<Tick, Stop>;` in a server says which untyped messages its handle_info
// overloads take, `using Continue = Messages<...>` the same for handle_continue.
template <class... Ms>
struct Messages {};

namespace behaviour {

template <class M>
struct Exactly {
  template <std::same_as<M> T>
  operator T() const;
};
struct AnyFrom {
  template <class R>
  operator From<R>() const;
};

// The same questions for a StateMachine, which has handlers for each of its states (machine_handlers.hpp).
template <class S, class M>
struct MachineRules;
template <class S, class M, class States>
struct AnswerOf;

template <class S, class M>
concept HandlesCallAtOnce = !Machine<S> && requires(S& s, Exactly<M> m) { s.handle_call(m); };
template <class S, class M>
concept HandlesCallWithFrom = !Machine<S> && requires(S& s, Exactly<M> m, AnyFrom from) { s.handle_call(m, from); };
template <class S, class M>
concept HandlesCall = HandlesCallAtOnce<S, M> || HandlesCallWithFrom<S, M> || (Machine<S> && MachineRules<S, M>::calls);
template <class S, class M>
concept HandlesCast =
    (!Machine<S> && requires(S& s, Exactly<M> m) { s.handle_cast(m); }) || (Machine<S> && MachineRules<S, M>::casts);
template <class S, class M>
concept HandlesInfo =
    (!Machine<S> && requires(S& s, Exactly<M> m) { s.handle_info(m); }) || (Machine<S> && MachineRules<S, M>::infos);
template <class S>
concept HandlesAnyInfo = requires(S& s, Message& m) { s.handle_info(m); } && !HandlesInfo<S, Message>;
template <class S, class M>
concept HandlesContinue = requires(S& s, Exactly<M> m) { s.handle_continue(m); };
template <class S>
concept HasInit = requires(S& s) { s.init(); };
template <class S>
concept HasTerminate = requires(S& s, const ExitReason& reason) { s.terminate(reason); };

// Never defined: naming one with the types that do not fit makes the compiler's error line say what is missing.
template <class Server, class Message>
struct Server_has_no_public_handle_call_for_this_message;
template <class Server, class Message>
struct Server_has_no_public_handle_cast_for_this_message;
template <class Server, class Message>
struct Server_has_no_public_handle_info_for_this_message;

// Their return types are deduced so that the error comes where they are named, before any that follows from it.
template <class S, class M>
constexpr auto require_call() {
  if constexpr (Machine<S>) {
    MachineRules<S, M>::require_call();
  } else if constexpr (!HandlesCall<S, M>) {
    Server_has_no_public_handle_call_for_this_message<S, M> missing;
    (void)missing;
  }
  return nullptr;
}
template <class S, class M>
constexpr auto require_cast() {
  if constexpr (Machine<S>) {
    MachineRules<S, M>::require_cast();
  } else if constexpr (!HandlesCast<S, M>) {
    Server_has_no_public_handle_cast_for_this_message<S, M> missing;
    (void)missing;
  }
  return nullptr;
}
template <class S, class M>
constexpr auto require_info() {
  if constexpr (!HandlesInfo<S, M>) {
    Server_has_no_public_handle_info_for_this_message<S, M> missing;
    (void)missing;
  }
  return nullptr;
}

template <class X>
struct ReplyOf {
  using type = X;
};
template <class X>
struct ReplyOf<Reply<X>> {
  using type = X;
};
template <class X>
struct ReplyOf<Task<X>> : ReplyOf<X> {};

template <class S, class M>
struct CallResult {  // of a server that answers at once
  using Raw = decltype(std::declval<S&>().handle_call(std::declval<Exactly<M>>()));
  using type = typename ReplyOf<Raw>::type;
};
template <class S, class M>
  requires(!Machine<S> && !HandlesCallAtOnce<S, M> && HandlesCallWithFrom<S, M>)
struct CallResult<S, M> {
  using Raw = decltype(std::declval<S&>().handle_call(std::declval<Exactly<M>>(), std::declval<AnyFrom>()));
  using type = typename ReplyOf<Raw>::type;
  static_assert(!std::is_void_v<type>,
                "a handle_call that takes a From<T> returns Reply<T> or Task<Reply<T>>: the return type says what the caller gets");
};
template <Machine S, class M>
struct CallResult<S, M> {
  using type = typename AnswerOf<S, M, typename S::AllStates>::type;
};
// What a call of M to S gives the caller.
template <class S, class M>
using call_result_t = typename CallResult<S, M>::type;

template <class X>
inline constexpr bool is_reply = false;
template <class T>
inline constexpr bool is_reply<Reply<T>> = true;
template <class X>
inline constexpr bool is_task = false;
template <class T>
inline constexpr bool is_task<Task<T>> = true;
template <class X>
struct TaskValue {
  using type = X;
};
template <class T>
struct TaskValue<Task<T>> {
  using type = T;
};
template <class X>
using task_value_t = typename TaskValue<X>::type;

// The parameter of a server's only handle_info or handle_continue; void if there are several or none.
template <class F>
struct OnlyParameter {
  using type = void;
};
template <class R, class C, class A>
struct OnlyParameter<R (C::*)(A)> {
  using type = std::remove_cvref_t<A>;
};
template <class R, class C, class A>
struct OnlyParameter<R (C::*)(A) noexcept> : OnlyParameter<R (C::*)(A)> {};
template <class R, class C, class A>
struct OnlyParameter<R (C::*)(A) const> : OnlyParameter<R (C::*)(A)> {};

template <class M>
struct ListOf {
  using type = Messages<M>;
};
template <>
struct ListOf<void> {
  using type = Messages<>;
};

template <class S>
struct InfoTypes {
  using type = Messages<>;
};
// A server's timeout is its own: a Timeout that somebody sends is none.
template <class M>
struct InfoListOf : ListOf<M> {};
template <>
struct InfoListOf<Timeout> : ListOf<void> {};
template <class S>
  requires requires { &S::handle_info; }
struct InfoTypes<S> : InfoListOf<typename OnlyParameter<decltype(&S::handle_info)>::type> {};
template <class S>
  requires requires { typename S::Info; }
struct InfoTypes<S> {
  using type = typename S::Info;
};

template <class S>
struct ContinueTypes {
  using type = Messages<>;
};
template <class S>
  requires requires { &S::handle_continue; }
struct ContinueTypes<S> : ListOf<typename OnlyParameter<decltype(&S::handle_continue)>::type> {};
template <class S>
  requires requires { typename S::Continue; }
struct ContinueTypes<S> {
  using type = typename S::Continue;
};

}  // namespace behaviour
}  // namespace coppice
