// What a ServerRef to an EventManager has besides the verbs of a server: notify, add_handler and so
// on. See event_manager.hpp.
#pragma once

#include <concepts>
#include <expected>
#include <type_traits>
#include <utility>
#include <vector>

#include <coppice/behaviour/event_handler.hpp>
#include <coppice/behaviour/gen_server.hpp>
#include <coppice/process/current.hpp>

namespace coppice {

template <class... Events>
class EventManager;

namespace behaviour {

template <class H, class E>
concept HandlesEvent = requires(H& handler, Exactly<E> event) { handler.handle_event(event); };

// Never defined: naming it makes the compiler's error line say what is missing.
template <class Event, class Manager>
struct Event_is_not_listed_by_this_EventManager;
template <class Handler, class Message>
struct Handler_has_no_public_handle_call_for_this_message;

template <class E>
struct Notify {
  template <class... Args>
  explicit Notify(std::in_place_t, Args&&... args) : event(std::forward<Args>(args)...) {}
  E event;
};
template <class E>
struct SyncNotify : Notify<E> {
  using Notify<E>::Notify;
};

class AnyEventManager {};

template <class M, class H>
constexpr auto require_handler_call() {
  if constexpr (!HandlesCallAtOnce<H, M>) {
    Handler_has_no_public_handle_call_for_this_message<H, M> missing;
    (void)missing;
  }
  return nullptr;
}
template <class E, class Manager>
constexpr auto require_event() {
  if constexpr (!Manager::template lists<E>) {
    Event_is_not_listed_by_this_EventManager<E, Manager> missing;
    (void)missing;
  }
  return nullptr;
}
template <class H, class... Events>
constexpr void require_handler(const EventManager<Events...>*) {
  static_assert(std::derived_from<H, EventHandler>,
                "a handler's class is derived from EventHandler");
  static_assert(
      (false || ... || HandlesEvent<H, Events>),
      "a handler needs a public handle_event(const E&) for at least one of the manager's events");
}

// Waits for what the manager answers; a manager that does not is an error like the others.
template <class Op>
auto ask_manager(Op op) -> Task<
    typename decltype(op.bind(std::declval<process::Process&>()).await_resume())::value_type> {
  auto answer = co_await op;
  if (!answer)
    co_return std::unexpected{
        HandlerError{HandlerError::Kind::unreachable, answer.error().reason()}};
  co_return std::move(*answer);
}
template <class T>
Task<T> or_throw_handler_error(Task<std::expected<T, HandlerError>> asking) {
  std::expected<T, HandlerError> answer = co_await asking;
  if (!answer) throw std::move(answer.error());
  if constexpr (!std::is_void_v<T>) co_return std::move(*answer);
}

// What ServerRef<S> has besides a server's verbs, for S an EventManager or a class derived from
// one.
template <class S>
  requires std::derived_from<S, AnyEventManager>
struct RefVerbs<S, true> {
  // Gives E{args...} to the handlers, and does not wait (gen_event:notify/2).
  template <class E, class... Args>
  void notify(Args&&... args) const {
    require_event<E, typename S::manager_type>();
    if constexpr (S::template lists<E>)
      self().template cast<Notify<E>>(std::in_place, std::forward<Args>(args)...);
  }
  template <int = 0, class E>
  void notify(E&& event) const {
    notify<std::decay_t<E>>(std::forward<E>(event));
  }
  // The same, and waits until each handler has handled it. As a call, it ends the caller if there
  // is no manager.
  template <class E, class... Args>
  auto sync_notify(Args&&... args) const {
    require_event<E, typename S::manager_type>();
    return self()
        .within(timing::forever)
        .template call<SyncNotify<E>>(std::in_place, std::forward<Args>(args)...);
  }

  // Adds a handler, constructed from copies of the arguments in the manager's process. Refused:
  // failed.
  template <class H, class... Args>
  Task<HandlerRef<H>> add_handler(Args&&... args) const {
    return or_throw_handler_error(try_add_handler<H>(std::forward<Args>(args)...));
  }
  template <class H, class... Args>
  Task<std::expected<HandlerRef<H>, HandlerError>> try_add_handler(Args&&... args) const {
    return add_for<H>(Pid{}, std::forward<Args>(args)...);
  }
  // The same for the calling process, which gets a HandlerExit when the handler is gone, and whose
  // end removes it: the two are linked (gen_event:add_sup_handler/3).
  template <class H, class... Args>
  Task<HandlerRef<H>> add_supervised_handler(Args&&... args) const {
    return or_throw_handler_error(try_add_supervised_handler<H>(std::forward<Args>(args)...));
  }
  template <class H, class... Args>
  Task<std::expected<HandlerRef<H>, HandlerError>> try_add_supervised_handler(
      Args&&... args) const {
    return add_for<H>(coppice::self(), std::forward<Args>(args)...);
  }

  // Refused: not_found.
  template <class H>
  Task<> remove_handler(HandlerRef<H> handler) const {
    return or_throw_handler_error(try_remove_handler(handler));
  }
  template <class H>
  Task<std::expected<void, HandlerError>> try_remove_handler(HandlerRef<H> handler) const {
    return ask_manager(self()
                           .within(timing::forever)
                           .try_call(&S::manager_type::template remove<H>, handler.number()));
  }

  // Puts a New, made of the arguments and of what the old one hands over, in the place of a
  // handler; supervised if that was. Refused: not_found, failed (then the old one stays).
  template <class New, class Old, class... Args>
  Task<HandlerRef<New>> swap_handler(HandlerRef<Old> old, Args&&... args) const {
    return or_throw_handler_error(try_swap_handler<New>(old, std::forward<Args>(args)...));
  }
  template <class New, class Old, class... Args>
  Task<std::expected<HandlerRef<New>, HandlerError>> try_swap_handler(HandlerRef<Old> old,
                                                                      Args&&... args) const {
    require_handler<New>(static_cast<const typename S::manager_type*>(nullptr));
    return ask_manager(
        self()
            .within(timing::forever)
            .try_call(&S::manager_type::template swap<Old, New, process::stored_t<Args>...>,
                      old.number(), std::forward<Args>(args)...));
  }

  // Calls handle_call(M{args...}) of one handler; 5 s. Refused: not_found, crashed.
  template <class M, class H, class... Args>
  auto call_handler(HandlerRef<H> handler, Args&&... args) const {
    return or_throw_handler_error(try_call_handler<M>(handler, std::forward<Args>(args)...));
  }
  template <class M, class H, class... Args>
  auto try_call_handler(HandlerRef<H> handler, Args&&... args) const {
    require_handler_call<M, H>();
    return ask_manager(self().try_call(&S::manager_type::template call_on<H, M>, handler.number(),
                                       M(std::forward<Args>(args)...)));
  }

  // All, in the order in which they were added.
  Task<std::vector<HandlerInfo>> which_handlers() const {
    auto op = self().within(timing::forever).call(&S::manager_type::which);
    co_return co_await op;
  }

 private:
  const ServerRef<S>& self() const noexcept { return static_cast<const ServerRef<S>&>(*this); }
  template <class H, class... Args>
  Task<std::expected<HandlerRef<H>, HandlerError>> add_for(Pid supervisor, Args&&... args) const {
    (process::check_stored<Args>(), ...);
    require_handler<H>(static_cast<const typename S::manager_type*>(nullptr));
    return ask_manager(self()
                           .within(timing::forever)
                           .try_call(&S::manager_type::template add<H, process::stored_t<Args>...>,
                                     supervisor, std::forward<Args>(args)...));
  }
};

}  // namespace behaviour
}  // namespace coppice
