// System requests (OTP's sys module): suspend, resume, get_state, replace_state, status. They are served between messages, in
// their place in the queue; a suspended server serves nothing else. But status is answered as it comes, also while a handler
// is suspended.
#pragma once

#include <type_traits>
#include <utility>

#include <coppice/base/export.hpp>
#include <coppice/behaviour/call_op.hpp>
#include <coppice/behaviour/server_body.hpp>
#include <coppice/behaviour/status.hpp>
#include <coppice/behaviour/traits.hpp>
#include <coppice/process/guarded.hpp>
#include <coppice/process/spawn.hpp>

namespace coppice::behaviour {

struct SuspendRequest {
  explicit SuspendRequest(bool suspend) noexcept : on{suspend} {}
  bool on;
};
struct StopRequest {
  explicit StopRequest(ExitReason why) noexcept : reason{std::move(why)} {}
  ExitReason reason;
};

COPPICE_API process::CallPtr make_suspend_call(bool on);
COPPICE_API process::CallPtr make_status_call();
COPPICE_API process::CallPtr make_stop_call(ExitReason reason);

// A function that is run on the server object in its process.
template <class F>
struct StateRequest {
  template <class G>
  explicit StateRequest(std::in_place_t, G&& f) : function{std::forward<G>(f)} {}
  F function;
};

template <class S, class F>
void dispatch_state(ServerCore& core, process::Signal* signal) {
  using R = std::invoke_result_t<F&, S&>;
  auto* envelope = static_cast<CallEnvelope<StateRequest<F>, R>*>(signal);
  process::CallPtr call{envelope};
  const auto run = [&] {
    if constexpr (std::is_void_v<R>) {
      envelope->request.function(server_in<S>(core));
      envelope->set_reply();
    } else {
      envelope->set_reply(envelope->request.function(server_in<S>(core)));
    }
    process::answer(std::move(call));
  };
  // What the function throws is its sender's failure, not the server's.
  process::guarded(core.process(), run, [&](ExitReason reason) {
    process::fail(std::move(call), CallError::Kind::exit, std::move(reason));
  });
}

template <class S, class F>
inline constexpr ServerSignalType state_type{
    {process::TypeId::of<StateRequest<F>>(),
     &process::destroy_as<CallEnvelope<StateRequest<F>, std::invoke_result_t<F&, S&>>>},
    &dispatch_state<S, F>,
    process::TypeId::of<S>()};

template <class Self, class S>
class SystemVerbs {
 public:
  // The server handles no message until resume(); system requests it does.
  auto suspend() const { return CallOp<void, OnFailure::throws>{self().target(), make_suspend_call(true), timeout()}; }
  auto resume() const { return CallOp<void, OnFailure::throws>{self().target(), make_suspend_call(false), timeout()}; }
  auto status() const { return CallOp<ServerStatus, OnFailure::throws>{self().target(), make_status_call(), timeout()}; }
  // Gives what `f(const S&)` returns, run in the server between two messages.
  template <class F>
  auto get_state(F f) const {
    auto look = [f = std::move(f)](S& server) { return f(std::as_const(server)); };
    return state_call(std::move(look));
  }
  // Runs `f(S&)`, which may change the state.
  template <class F>
  auto replace_state(F f) const {
    return state_call(std::move(f));
  }

 private:
  const Self& self() const noexcept { return static_cast<const Self&>(*this); }
  static constexpr timing::Duration timeout() noexcept { return default_call_timeout; }
  template <class F>
  auto state_call(F f) const {
    using R = std::invoke_result_t<F&, S&>;
    using Envelope = CallEnvelope<StateRequest<F>, R>;
    process::CallPtr call{base::pool_new<Envelope>(state_type<S, F>, std::in_place, std::move(f))};
    call->set(process::SignalKind::system, 0);
    return CallOp<R, OnFailure::throws>{self().target(), std::move(call), timeout()};
  }
};

}  // namespace coppice::behaviour
