// GenServer, and the two points at which a layer above adds kinds of servers.
#pragma once

#include <type_traits>

#include <coppice/base/export.hpp>

namespace coppice {

// The base of a server class (OTP's gen_server behaviour). A subclass defines what it needs, all public, none virtual:
//
//   constructor            runs in the new process; a throw is a failed start
//   init()                 void or InitResult: ok, ignore, stop(reason), timeout, continue_with; may be a coroutine
//   handle_call(M)         R, Reply<R>, Task<R>, Task<Reply<R>>, or void; one overload a message type, matched exactly
//   handle_call(M, From<R>)  Reply<R> or Task<Reply<R>>: may answer later
//   handle_cast(M)         void, Next, Task<>, Task<Next>
//   handle_info(M)         the same, for plain messages: Down, Exit and Timeout as they are; others listed by
//                          `using Info = Messages<...>` (not needed if there is one handle_info only); Message& takes the rest
//   handle_continue(M)     the same, for Next::continue_with; several need `using Continue = Messages<...>`
//   terminate(const ExitReason&)  void or Task<>: when OTP would call it; the destructor always runs
//
// One message at a time; while a handler is suspended messages wait. An exception that leaves a callback runs terminate and
// ends the server with an error reason; its caller gets that reason.
class GenServer {
 protected:
  GenServer() = default;
  ~GenServer() = default;
};

namespace behaviour {

// The base of StateMachine, which is a server whose handlers are found by state and message.
class StateMachineBase : public GenServer {
 protected:
  StateMachineBase() = default;
  ~StateMachineBase() = default;
};
template <class S>
concept Machine = std::is_base_of_v<StateMachineBase, S>;

// What is really hosted for a class that a user starts: itself, unless a layer above says otherwise.
template <class S>
struct ServerTraits {
  using Server = S;
};
template <class S>
using hosted_t = typename ServerTraits<S>::Server;

// Verbs that a layer above adds to ServerRef<S>. `complete` is false where S is not defined yet (a class that holds
// references to its own kind): then there are none.
template <class S, bool complete>
struct RefVerbs {};

template <class S, class = void>
inline constexpr bool is_complete = false;
template <class S>
inline constexpr bool is_complete<S, std::void_t<decltype(sizeof(S))>> = true;

}  // namespace behaviour
}  // namespace coppice
