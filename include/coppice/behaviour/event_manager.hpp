// EventManager<Events...>: hands each event to all of its handlers, which come and go while it runs
// (OTP's gen_event).
//
//   struct Alarm { std::string what; };
//   class Bell : public EventHandler {
//    public:
//     void handle_event(const Alarm& alarm);
//     int handle_call(Rung);
//   };
//   using Alarms = EventManager<Alarm, AllClear>;
//
//   ServerRef<Alarms> alarms = co_await start_link<Alarms>();
//   HandlerRef<Bell> bell = co_await alarms.add_handler<Bell>();
//   alarms.notify<Alarm>("fire");                                 // does not wait
//   co_await alarms.sync_notify<Alarm>("fire");                   // until every handler has
//   handled it int rung = co_await alarms.call_handler<Rung>(bell); co_await
//   alarms.remove_handler(bell);
//
// The events are the manager's type: one that is not listed is a compile error, and so is a handler
// that handles none of them. Handlers run in the manager's process, one event at a time, in the
// order in which they were added (OTP: the latest first); while one is suspended in a coroutine,
// messages wait. A handler that throws is removed and reported to the runtime's EventSink, and the
// others live. A manager is a GenServer: start_link, stop, suspend, status and so on, also as a
// child of a supervisor. It traps exits.
//
// Each verb below throws HandlerError, its try_ twin gives it in a std::expected. All but
// call_handler wait as long as it takes, as OTP's do.
#pragma once

#include <concepts>
#include <cstddef>
#include <expected>
#include <memory>
#include <optional>
#include <tuple>
#include <type_traits>
#include <utility>
#include <vector>

#include <coppice/behaviour/event_handler.hpp>
#include <coppice/behaviour/event_verbs.hpp>
#include <coppice/behaviour/gen_server.hpp>
#include <coppice/behaviour/handler_table.hpp>
#include <coppice/process/control_signals.hpp>
#include <coppice/process/current.hpp>

namespace coppice {

namespace behaviour {

template <class H>
concept HasHandlerEnd = requires(H& handler, const HandlerEnd& end) { handler.terminate(end); };
template <class H>
concept HandsOver = requires(H& handler) { handler.hand_over(); };

// A handler of class H in a manager of these events.
template <class H, class... Es>
class HandlerOf final : public HandlerBody {
 public:
  template <class... Args>
  explicit HandlerOf(Args&&... args) : handler_(std::forward<Args>(args)...) {}

  process::TypeId type() const noexcept override { return process::TypeId::of<H>(); }
  void* object() noexcept override { return &handler_; }

  void handle(std::size_t index, const void* event, Handled& handled) override {
    std::size_t at = 0;
    (void)(false || ... ||
           (at++ == index && (handle_one(*static_cast<const Es*>(event), handled), true)));
  }
  std::optional<Task<>> terminate(const HandlerEnd& end) override {
    if constexpr (HasHandlerEnd<H>) {
      if constexpr (is_task<decltype(handler_.terminate(end))>)
        return handler_.terminate(end);
      else
        handler_.terminate(end);
    }
    return std::nullopt;
  }

 private:
  template <class E>
  void handle_one([[maybe_unused]] const E& event, [[maybe_unused]] Handled& handled) {
    if constexpr (HandlesEvent<H, E>) {
      using R = decltype(handler_.handle_event(event));
      static_assert(std::is_void_v<task_value_t<R>> || std::is_same_v<task_value_t<R>, HandlerNext>,
                    "handle_event returns void, HandlerNext, Task<> or Task<HandlerNext>");
      if constexpr (std::is_same_v<R, Task<>>)
        handled.later = stays(handler_.handle_event(event));
      else if constexpr (is_task<R>)
        handled.later = handler_.handle_event(event);
      else if constexpr (std::is_void_v<R>)
        handler_.handle_event(event);
      else
        handled.next = handler_.handle_event(event);
    }
  }
  static Task<HandlerNext> stays(Task<> handling) {
    co_await handling;
    co_return HandlerNext{};
  }

  H handler_;
};

// The manager's handlers for one event type.
template <class Manager, class E>
class EventPort {
 public:
  Task<> handle_cast(Notify<E> notice) {
    co_await static_cast<Manager*>(this)->spread(notice.event);
  }
  Task<> handle_call(SyncNotify<E> notice) {
    co_await static_cast<Manager*>(this)->spread(notice.event);
  }
};

}  // namespace behaviour

template <class... Events>
class EventManager : public GenServer,
                     public behaviour::AnyEventManager,
                     public behaviour::EventPort<EventManager<Events...>, Events>... {
 public:
  static_assert(sizeof...(Events) > 0, "EventManager<Events...>: name at least one event type");
  using manager_type = EventManager;
  template <class E>
  static constexpr bool lists = (false || ... || std::is_same_v<E, Events>);

  EventManager() { trap_exit(true); }

  using behaviour::EventPort<EventManager, Events>::handle_cast...;
  using behaviour::EventPort<EventManager, Events>::handle_call...;
  Task<> handle_info(const Exit& exit) {
    return handlers_.supervisor_ended(exit.from, exit.reason);
  }
  Task<> terminate(const ExitReason& reason) { return handlers_.end_all(reason); }

  // ---- for the verbs: called by messages

  template <class E>
  Task<> spread(const E& event) {
    return handlers_.spread(index_of<E>(), &event, process::TypeId::of<E>());
  }
  template <class H, class... Args>
  std::expected<HandlerRef<H>, HandlerError> add(Pid supervisor, Args... args) {
    std::unique_ptr<behaviour::HandlerBody> made;
    try {
      made = std::make_unique<behaviour::HandlerOf<H, Events...>>(std::move(args)...);
    } catch (...) {
      return std::unexpected{HandlerError{HandlerError::Kind::failed,
                                          behaviour::reason_of_handler(std::current_exception())}};
    }
    return HandlerRef<H>{handlers_.add(std::move(made), supervisor)};
  }
  template <class H>
  Task<std::expected<void, HandlerError>> remove(std::uint64_t number) {
    if (handlers_.find(number, process::TypeId::of<H>()) == nullptr) co_return not_found();
    co_await handlers_.end(number, HandlerEnd{HandlerEnd::Kind::removed, ExitReason::normal()});
    co_return std::expected<void, HandlerError>{};
  }
  template <class Old, class New, class... Args>
  Task<std::expected<HandlerRef<New>, HandlerError>> swap(std::uint64_t number, Args... args) {
    behaviour::HandlerBody* old = handlers_.find(number, process::TypeId::of<Old>());
    if (old == nullptr) co_return not_found();
    std::unique_ptr<behaviour::HandlerBody> made;
    std::exception_ptr error;
    try {
      made = make_successor<New>(*static_cast<Old*>(old->object()), std::move(args)...);
    } catch (...) {
      error = std::current_exception();
    }
    // The old one stays if there is no new one.
    if (error)
      co_return std::unexpected{
          HandlerError{HandlerError::Kind::failed, behaviour::reason_of_handler(error)}};
    const HandlerRef<New> successor{handlers_.add(std::move(made), old->supervisor)};
    co_await handlers_.end(number, HandlerEnd{HandlerEnd::Kind::swapped, ExitReason::normal()},
                           successor.number());
    co_return successor;
  }
  template <class H, class M>
  Task<std::expected<behaviour::call_result_t<H, M>, HandlerError>> call_on(std::uint64_t number,
                                                                            M message) {
    using R = behaviour::call_result_t<H, M>;
    behaviour::HandlerBody* found = handlers_.find(number, process::TypeId::of<H>());
    if (found == nullptr) co_return not_found();
    H& handler = *static_cast<H*>(found->object());
    std::exception_ptr error;
    try {
      if constexpr (behaviour::is_task<decltype(handler.handle_call(std::move(message)))>) {
        if constexpr (std::is_void_v<R>) {
          co_await handler.handle_call(std::move(message));
          co_return std::expected<R, HandlerError>{};
        } else {
          R reply = co_await handler.handle_call(std::move(message));
          co_return reply;
        }
      } else if constexpr (std::is_void_v<R>) {
        handler.handle_call(std::move(message));
        co_return std::expected<R, HandlerError>{};
      } else {
        co_return handler.handle_call(std::move(message));
      }
    } catch (...) {
      error = std::current_exception();
    }
    ExitReason reason = co_await handlers_.crashed(number, error, process::TypeId::of<M>());
    co_return std::unexpected{HandlerError{HandlerError::Kind::crashed, std::move(reason)}};
  }
  std::vector<HandlerInfo> which() const { return handlers_.list(); }

 private:
  template <class E>
  static constexpr std::size_t index_of() noexcept {
    std::size_t at = 0;
    (void)(false || ... || (std::is_same_v<E, Events> || (++at, false)));
    return at;
  }
  static std::unexpected<HandlerError> not_found() {
    return std::unexpected{HandlerError{HandlerError::Kind::not_found, ExitReason::normal()}};
  }
  template <class New, class Old, class... Args>
  static std::unique_ptr<behaviour::HandlerBody> make_successor(Old& old, Args... args) {
    using Body = behaviour::HandlerOf<New, Events...>;
    if constexpr (behaviour::HandsOver<Old>) {
      if constexpr (std::is_constructible_v<New, Args..., decltype(old.hand_over())>)
        return std::make_unique<Body>(std::move(args)..., old.hand_over());
      else
        return std::make_unique<Body>(std::move(args)...);
    } else {
      return std::make_unique<Body>(std::move(args)...);
    }
  }

  behaviour::HandlerTable handlers_;
};

}  // namespace coppice
