// The events of a state machine, each bound to its class and message type where it is made.
#pragma once

#include <stdexcept>
#include <type_traits>
#include <utility>

#include <coppice/behaviour/machine_body.hpp>

namespace coppice::behaviour {

template <class D>
MachineBody<D>& machine_in(ServerCore& core) noexcept {
  return static_cast<MachineBody<D>&>(core);
}
template <class D, EventKind kind, class M>
void dispatch_event(ServerCore& core, process::Signal* signal) {
  M& message = static_cast<process::MessageSignal<M>*>(signal)->payload;
  machine_in<D>(core).template handle_event<kind>(Event{signal}, message);
}
template <class D, EventKind kind, class M>
inline constexpr ServerSignalType event_type{{process::TypeId::of<M>(), &process::destroy_as<process::MessageSignal<M>>},
                                             &dispatch_event<D, kind, M>,
                                             process::TypeId::of<D>()};

template <class D, class M>
void dispatch_machine_call(ServerCore& core, process::Signal* signal) {
  machine_in<D>(core).handle_call(*static_cast<CallEnvelope<M, call_result_t<D, M>>*>(signal));
}

template <class S, class M>
  requires Machine<S>
inline constexpr ServerSignalType cast_type<S, M>{
    {process::TypeId::of<M>(), &process::destroy_as<process::MessageSignal<M>>},
    &dispatch_event<S, EventKind::cast, M>,
    process::TypeId::of<S>()};
template <class S, class M>
  requires Machine<S>
inline constexpr ServerSignalType call_type<S, M>{
    {process::TypeId::of<M>(), &process::destroy_as<CallEnvelope<M, call_result_t<S, M>>>},
    &dispatch_machine_call<S, M>,
    process::TypeId::of<S>()};

template <class D, EventKind kind, class M, class... Args>
Event make_event(Args&&... args) {
  if constexpr (kind == EventKind::info) {
    require_info<D, M>();
    return Event{base::pool_new<process::MessageSignal<M>>(std::forward<Args>(args)...)};
  } else {
    StateRules<D, M, typename D::AllStates>::template require<kind>();
    auto* signal = base::pool_new<process::MessageSignal<M>>(std::forward<Args>(args)...);
    signal->type = &event_type<D, kind, M>;
    signal->set(process::SignalKind::cast, 0);
    return Event{signal};
  }
}

// A block of its own, that answers in the place of the From's.
template <class D, class M, class R, class... Args>
Event make_call_event(From<R> from, Args&&... args) {
  require_call<D, M>();
  static_assert(std::is_same_v<call_result_t<D, M>, R>, "next_call<M>(from, ...): M's reply is not of the From's type");
  const process::CallPtr asked = from.take();
  if (asked == nullptr) throw std::logic_error{"next_call(): the From has answered already"};
  auto* call = base::pool_new<CallEnvelope<M, R>>(call_type<D, M>, std::forward<Args>(args)...);
  call->call_number = asked->call_number;
  call->caller = asked->caller;
  call->server = asked->server;
  return Event{call};
}

}  // namespace coppice::behaviour
