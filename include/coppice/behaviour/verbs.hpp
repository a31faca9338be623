// What can be said to a server, the same for ServerRef, Name and within(): call, try_call, cast, send_info, send_request,
// calls of member functions.
//
// The in-place forms (call<M>(args...)) make the message in the block that travels: they are the fastest, and safe beside
// co_await on every compiler.
#pragma once

#include <concepts>
#include <tuple>
#include <type_traits>
#include <utility>

#include <coppice/base/export.hpp>
#include <coppice/behaviour/call_op.hpp>
#include <coppice/behaviour/handlers.hpp>
#include <coppice/behaviour/server_body.hpp>
#include <coppice/behaviour/traits.hpp>
#include <coppice/process/calls.hpp>
#include <coppice/process/send.hpp>
#include <coppice/process/spawn.hpp>

// GCC up to 12 destroys a braced temporary twice when it stands in one full expression with co_await (docs/compilers.md).
#if defined(__GNUC__) && !defined(__clang__) && __GNUC__ < 13
#define COPPICE_COROUTINE_FAULT 1
#else
#define COPPICE_COROUTINE_FAULT 0
#endif

namespace coppice::behaviour {

// The types that the fault can hit.
template <class M>
inline constexpr bool is_at_risk =
    COPPICE_COROUTINE_FAULT && std::is_aggregate_v<M> && !std::is_trivially_destructible_v<M>;

template <class S, class M, class... Args>
process::CallPtr make_call(Args&&... args) {
  using Server = hosted_t<S>;
  if constexpr (HandlesCall<Server, M>) {
    using Envelope = CallEnvelope<M, call_result_t<Server, M>>;
    return process::CallPtr{base::pool_new<Envelope>(call_type<Server, M>, std::forward<Args>(args)...)};
  }
  return {};
}

template <class S, class M>
struct CallResultOrVoid {
  using type = void;
};
template <class S, class M>
  requires HandlesCall<S, M>
struct CallResultOrVoid<S, M> : CallResult<S, M> {};
template <class S, class M>
using result_t = typename CallResultOrVoid<hosted_t<S>, M>::type;

template <class Server, class M>
process::Signal* as_cast(process::MessageSignal<M>* signal) noexcept {
  signal->type = &cast_type<Server, M>;
  signal->set(process::SignalKind::cast, 0);
  return signal;
}

template <class S, class M, class... Args>
process::Signal* make_cast(Args&&... args) {
  using Server = hosted_t<S>;
  if constexpr (HandlesCast<Server, M>)
    return as_cast<Server>(base::pool_new_message<process::MessageSignal<M>>(std::forward<Args>(args)...));
  return nullptr;
}

template <class S, class F, class... Args>
process::CallPtr make_member_call(F function, Args&&... args) {
  using Server = hosted_t<S>;
  using Message = MemberCall<F, process::stored_t<Args>...>;
  using Envelope = CallEnvelope<Message, member_result_t<Server, F, process::stored_t<Args>...>>;
  return process::CallPtr{base::pool_new<Envelope>(member_type<Server, F, process::stored_t<Args>...>, function,
                                                   std::forward<Args>(args)...)};
}

COPPICE_API void send_cast(const Target& target, process::Signal* signal) noexcept;

// What a server of the library's own tells itself: no fault of memory strikes it.
template <class S, class M, class... Args>
void cast_own(Pid itself, Args&&... args) {
  process::send_message(itself, as_cast<S>(base::pool_new<process::MessageSignal<M>>(std::forward<Args>(args)...)));
}

template <class F>
concept MemberFunction = std::is_member_function_pointer_v<F>;

// `Self` has `Target target() const` and `timing::Duration call_timeout() const`.
template <class Self, class S>
class CallVerbs {
 public:
  // Sends M{args...} and waits for the reply. Failure (no such process, timeout, the server's end) ends the caller with an
  // ExitSignal whose reason holds the CallError. A negative timeout is a ProcessError, and nothing is sent.
  template <class M, class... Args>
  auto call(Args&&... args) const {
    require_call<hosted_t<S>, M>();
    return CallOp<result_t<S, M>, OnFailure::throws>{self().target(), make_call<S, M>(std::forward<Args>(args)...),
                                                     self().call_timeout()};
  }
  // The same, but failure is a value: std::expected<R, CallError>.
  template <class M, class... Args>
  auto try_call(Args&&... args) const {
    require_call<hosted_t<S>, M>();
    return CallOp<result_t<S, M>, OnFailure::returns>{self().target(), make_call<S, M>(std::forward<Args>(args)...),
                                                      self().call_timeout()};
  }
  // With a message that is there already.
  template <int = 0, class M>
    requires(!MemberFunction<M> && !is_at_risk<std::decay_t<M>>)
  auto call(M&& message) const {
    return call<std::decay_t<M>>(std::forward<M>(message));
  }
  template <int = 0, class M>
    requires(!MemberFunction<M> && is_at_risk<std::decay_t<M>>)
  [[deprecated("this compiler may destroy a braced temporary beside co_await twice: write call<M>(args...), or move a named "
               "value in")]] auto
  call(M&& message) const {
    return call<std::decay_t<M>>(std::forward<M>(message));
  }
  template <int = 0, class M>
    requires(!MemberFunction<M> && !is_at_risk<std::decay_t<M>>)
  auto try_call(M&& message) const {
    return try_call<std::decay_t<M>>(std::forward<M>(message));
  }
  template <int = 0, class M>
    requires(!MemberFunction<M> && is_at_risk<std::decay_t<M>>)
  [[deprecated("this compiler may destroy a braced temporary beside co_await twice: write try_call<M>(args...), or move a "
               "named value in")]] auto
  try_call(M&& message) const {
    return try_call<std::decay_t<M>>(std::forward<M>(message));
  }
  // Calls a public member function in the server's process: alice.call(&Account::withdraw, 5).
  template <int = 0, MemberFunction F, class... Args>
  auto call(F function, Args&&... args) const {
    return CallOp<member_result_t<hosted_t<S>, F, process::stored_t<Args>...>, OnFailure::throws>{
        self().target(), make_member_call<S>(function, std::forward<Args>(args)...), self().call_timeout()};
  }
  template <int = 0, MemberFunction F, class... Args>
  auto try_call(F function, Args&&... args) const {
    return CallOp<member_result_t<hosted_t<S>, F, process::stored_t<Args>...>, OnFailure::returns>{
        self().target(), make_member_call<S>(function, std::forward<Args>(args)...), self().call_timeout()};
  }

 private:
  const Self& self() const noexcept { return static_cast<const Self&>(*this); }
};

template <class Self, class S>
class SendVerbs {
 public:
  // Sends M{args...}; nobody answers, and a server that is gone is no error (gen_server:cast/2).
  template <class M, class... Args>
  void cast(Args&&... args) const {
    require_cast<hosted_t<S>, M>();
    if (process::Signal* signal = make_cast<S, M>(std::forward<Args>(args)...)) send_cast(self().target(), signal);
  }
  template <int = 0, class M>
  void cast(M&& message) const {
    cast<std::decay_t<M>>(std::forward<M>(message));
  }
  // A plain message for handle_info, checked like a cast; `using Info = Messages<...>` must list it if handle_info is
  // overloaded.
  template <class M, class... Args>
  void send_info(Args&&... args) const {
    require_info<hosted_t<S>, M>();
    send_cast(self().target(), base::pool_new_message<process::MessageSignal<M>>(std::forward<Args>(args)...));
  }
  template <int = 0, class M>
  void send_info(M&& message) const {
    send_info<std::decay_t<M>>(std::forward<M>(message));
  }
  // Sends a call and goes on; the answer is fetched later.
  template <class M, class... Args>
  auto send_request(Args&&... args) const {
    require_call<hosted_t<S>, M>();
    Pid caller;
    const Target to = self().target();
    const std::uint64_t number = begin_request(to, make_call<S, M>(std::forward<Args>(args)...), caller);
    return RequestHandle<result_t<S, M>>{caller, to.pid, number};
  }

 private:
  const Self& self() const noexcept { return static_cast<const Self&>(*this); }
};

// A reference with another timeout for its calls.
template <class S>
class Within : public CallVerbs<Within<S>, S> {
 public:
  Within(const Target& target, timing::Duration timeout) noexcept : target_{target}, timeout_{timeout} {}
  const Target& target() const noexcept { return target_; }
  timing::Duration call_timeout() const noexcept { return timeout_; }

 private:
  Target target_;
  timing::Duration timeout_;
};

}  // namespace coppice::behaviour
