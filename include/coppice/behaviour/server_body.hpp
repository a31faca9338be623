// ServerBody<S>: a server class in its process, and how its callbacks are called.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <stdexcept>
#include <tuple>
#include <type_traits>
#include <utility>

#include <coppice/behaviour/handlers.hpp>
#include <coppice/behaviour/server_core.hpp>
#include <coppice/process/message.hpp>
#include <coppice/process/spawn.hpp>
#include <coppice/process/task.hpp>

// GCC says of a coroutine's frame in a header that it holds a type of an unnamed namespace: that is where servers often are.
#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wsubobject-linkage"
#endif

namespace coppice::behaviour {

template <class X>
void apply_next(ServerCore& core, X&& next) {
  core.apply(std::move(next.go_on()));
}

// Runs a callback that answers nothing, Next, Task<> or Task<Next>.
template <class Call>
void run_callback(ServerCore& core, Call&& call) {
  using R = decltype(call());
  static_assert(std::is_void_v<task_value_t<R>> || std::is_same_v<task_value_t<R>, Next>,
                "handle_cast, handle_info and handle_continue return void, Next, Task<> or Task<Next>");
  if constexpr (std::is_void_v<R>)
    call();
  else
    apply_next(core, call());
}

// The same for a coroutine: the message lives in this frame as long as the handler runs.
template <class S, class M, class Invoke>
Task<> run_task_callback(ServerCore& core, S& server, M message, Invoke invoke) {
  using R = decltype(invoke(server, std::move(message)));
  if constexpr (std::is_void_v<task_value_t<R>>) {
    co_await invoke(server, std::move(message));
  } else {
    Next next = co_await invoke(server, std::move(message));
    apply_next(core, std::move(next));
  }
}

template <class S, class M, class Invoke>
void call_handler(ServerCore& core, S& server, M& message, Invoke invoke) {
  using R = decltype(invoke(server, std::move(message)));
  if constexpr (is_task<R>)
    core.run(run_task_callback<S, M, Invoke>(core, server, std::move(message), invoke));
  else
    run_callback(core, [&]() -> R { return invoke(server, std::move(message)); });
}

// Room for a server object; who has it knows whether there is one.
template <class S>
class Place {
 public:
  Place() noexcept {}
  ~Place() {}
  Place(const Place&) = delete;
  Place& operator=(const Place&) = delete;

  template <class... Args>
  void emplace(Args&&... args) {
    std::construct_at(std::addressof(object_), std::forward<Args>(args)...);
  }
  void destroy() noexcept { std::destroy_at(std::addressof(object_)); }
  S& operator*() noexcept { return object_; }
  const S& operator*() const noexcept { return object_; }
  S* operator->() noexcept { return std::addressof(object_); }
  const S* operator->() const noexcept { return std::addressof(object_); }

 private:
  union {
    S object_;
  };
};

// How a server object is constructed in its process: from arguments that travelled there, and go as soon as it has been.
template <class S>
class Maker : public Beginning {
 public:
  virtual void make(Place<S>& server) = 0;
};
template <class S, class... Args>
class ArgumentsMaker final : public Maker<S> {
 public:
  template <class... Given>
  explicit ArgumentsMaker(std::in_place_t, Given&&... args)
      : arguments_{std::in_place, std::forward<Given>(args)...} {}
  void make(Place<S>& server) override {
    struct Drop {
      std::optional<std::tuple<Args...>>& arguments;
      ~Drop() { arguments.reset(); }
    } const drop{arguments_};
    std::apply([&](Args&... args) { server.emplace(std::move(args)...); }, *arguments_);
  }

 private:
  std::optional<std::tuple<Args...>> arguments_;
};

// A server object in its process; `Core` is what the process does with it.
template <class S, class Core>
class ObjectBody : public Core {
 public:
  S& server() noexcept { return *server_; }

 protected:
  explicit ObjectBody(std::unique_ptr<Maker<S>> maker) : Core{process::TypeId::of<S>(), std::move(maker)} {}
  ~ObjectBody() override {
    if (this->has_object()) server_.destroy();
  }

  void construct() final {
    static_cast<Maker<S>&>(this->beginning()).make(server_);
    this->object_is_made();
  }
  void terminate(const ExitReason& reason) final {
    if constexpr (HasTerminate<S>) {
      if (!this->has_object()) return;
      using R = decltype(server_->terminate(reason));
      static_assert(std::is_void_v<task_value_t<R>>, "terminate(const ExitReason&) returns void or Task<>");
      if constexpr (is_task<R>)
        this->run(run_terminate(reason));
      else
        server_->terminate(reason);
    }
  }

  Place<S> server_;

 private:
  Task<> run_terminate(ExitReason reason) { co_await server_->terminate(reason); }
};

template <class S>
class ServerBody : public ObjectBody<S, ServerCore> {
 public:
  explicit ServerBody(std::unique_ptr<Maker<S>> maker) : ObjectBody<S, ServerCore>{std::move(maker)} {}

 private:
  using ObjectBody<S, ServerCore>::server_;

  void init() override {
    if constexpr (HasInit<S>) {
      using R = decltype(server_->init());
      if constexpr (is_task<R>) {
        this->run(run_init());
      } else if constexpr (std::is_void_v<R>) {
        server_->init();
        this->init_done(InitResult{});
      } else {
        static_assert(std::is_same_v<R, InitResult>, "init() returns void, InitResult, Task<> or Task<InitResult>");
        this->init_done(server_->init());
      }
    } else {
      this->init_done(InitResult{});
    }
  }
  Task<> run_init() {
    using R = task_value_t<decltype(server_->init())>;
    if constexpr (std::is_void_v<R>) {
      co_await server_->init();
      this->init_done(InitResult{});
    } else {
      static_assert(std::is_same_v<R, InitResult>, "init() returns void, InitResult, Task<> or Task<InitResult>");
      InitResult result = co_await server_->init();
      this->init_done(std::move(result));
    }
  }

  void handle_message(process::Signal* signal) override {
    process::SignalPtr<process::Signal> owned{signal};
    if (try_info<Down>(*signal) || try_info<Exit>(*signal) || try_infos(typename InfoTypes<S>::type{}, *signal)) return;
    if constexpr (HandlesAnyInfo<S>) {
      Message message{std::move(owned)};
      call_handler(*this, *server_, message,
                   [](S& s, Message&& m) -> decltype(s.handle_info(m)) { return s.handle_info(m); });
    } else {
      this->unhandled(owned.release());
    }
  }
  template <class M>
  bool try_info([[maybe_unused]] process::Signal& signal) {
    if constexpr (HandlesInfo<S, M>) {
      if (!(signal.type->payload == process::TypeId::of<M>())) return false;
      call_handler(*this, *server_, static_cast<process::MessageSignal<M>&>(signal).payload,
                   [](S& s, M&& m) -> decltype(s.handle_info(std::move(m))) { return s.handle_info(std::move(m)); });
      return true;
    }
    return false;
  }
  template <class... Ms>
  bool try_infos(Messages<Ms...>, [[maybe_unused]] process::Signal& signal) {
    static_assert((true && ... && (HandlesInfo<S, Ms> || std::is_same_v<Ms, Message>)),
                  "each type listed in Info needs a public handle_info");
    return (false || ... || try_info<Ms>(signal));
  }

  void handle_continue(process::Signal* signal) override {
    const process::SignalPtr<process::Signal> owned{signal};
    if (!try_continues(typename ContinueTypes<S>::type{}, *signal))
      throw std::logic_error{"continue_with(" + signal->type->payload.name() + "): " + process::TypeId::of<S>().name() +
                             " has no handle_continue for it (several need using Continue = Messages<...>)"};
  }
  template <class M>
  bool try_continue(process::Signal& signal) {
    if (!(signal.type->payload == process::TypeId::of<M>())) return false;
    call_handler(*this, *server_, static_cast<process::MessageSignal<M>&>(signal).payload,
                 [](S& s, M&& m) -> decltype(s.handle_continue(std::move(m))) { return s.handle_continue(std::move(m)); });
    return true;
  }
  template <class... Ms>
  bool try_continues(Messages<Ms...>, [[maybe_unused]] process::Signal& signal) {
    static_assert((true && ... && HandlesContinue<S, Ms>), "each type listed in Continue needs a public handle_continue");
    return (false || ... || try_continue<Ms>(signal));
  }

  void handle_timeout() override {
    if constexpr (HandlesInfo<S, Timeout>) {
      Timeout message;
      call_handler(*this, *server_, message,
                   [](S& s, Timeout&& m) -> decltype(s.handle_info(m)) { return s.handle_info(m); });
    } else {
      handle_message(base::pool_new<process::MessageSignal<Timeout>>());
    }
  }
};

// The body of a server that stands for another class: a Supervisor's subclass is what its references name.
template <class S>
class StandInBody final : public ServerBody<S> {
 public:
  using ServerBody<S>::ServerBody;
  process::TypeId what() const noexcept override { return declared_; }
  void set_declared(process::TypeId type) noexcept override { declared_ = type; }

 private:
  process::TypeId declared_ = process::TypeId::of<S>();
};

// The body of a class of servers.
template <class S>
struct BodyOf {
  using type = ServerBody<S>;
};
template <class S>
using body_t = typename BodyOf<S>::type;

// ---- calls, casts and system requests: bound to server class and message type where they are sent

template <class S>
S& server_in(ServerCore& core) noexcept {
  return static_cast<body_t<S>&>(core).server();
}

// Answers the call at hand with what its handler returned.
template <class R, class Returned>
void answer_with(ServerCore& core, [[maybe_unused]] const CallId& id, Returned&& returned) {
  process::CallPtr call = core.take_call();
  GoOn* go_on = nullptr;
  if constexpr (is_reply<std::decay_t<Returned>>) {
    go_on = &returned.go_on();
    if (!returned.value()) {
      if (call != nullptr && go_on->stop)
        core.begin_call(std::move(call));  // hears the reason when the server has ended
      else if (call != nullptr)  // the From went nowhere
        process::fail(std::move(call), CallError::Kind::dropped,
                      ExitReason::error("the server dropped the request without a reply"));
      else
        core.call_deferred(id);
    } else if (call != nullptr) {
      static_cast<ReplySlot<R>&>(*call).set_reply(std::move(*returned.value()));
    }
  } else if (call != nullptr) {
    static_cast<ReplySlot<R>&>(*call).set_reply(std::forward<Returned>(returned));
  }
  core.call_handled();
  const bool stops = go_on != nullptr && go_on->stop;
  if (call != nullptr && stops) core.answer_at_end(std::move(call));
  if (call != nullptr) process::answer(std::move(call));
  if (go_on != nullptr) core.apply(std::move(*go_on));
}

// `invoke(server, request)` calls the handler; its From, if it takes one, is made by it.
template <class R, class S, class M, class Invoke>
Task<> run_task_call(ServerCore& core, CallId id, S& server, M request, Invoke invoke) {
  using Raw = decltype(invoke(core, server, std::move(request)));
  if constexpr (std::is_void_v<task_value_t<Raw>>) {
    co_await invoke(core, server, std::move(request));
    answer_with<R>(core, id, Unit{});
  } else {
    task_value_t<Raw> returned = co_await invoke(core, server, std::move(request));
    answer_with<R>(core, id, std::move(returned));
  }
}

template <class S, class M, class R, class Invoke>
void dispatch_call_with(ServerCore& core, process::Signal* signal, Invoke invoke) {
  auto* call = static_cast<CallEnvelope<M, R>*>(signal);
  const CallId id{*call};
  core.begin_call(process::CallPtr{call});
  S& server = server_in<S>(core);
  using Raw = decltype(invoke(core, server, std::move(call->request)));
  if constexpr (is_task<Raw>) {
    core.run(run_task_call<R, S, M, Invoke>(core, id, server, std::move(call->request), invoke));
  } else {
    M request = std::move(call->request);  // the block may be answered and gone while the handler still uses its argument
    if constexpr (std::is_void_v<Raw>) {
      invoke(core, server, std::move(request));
      answer_with<R>(core, id, Unit{});
    } else {
      answer_with<R>(core, id, invoke(core, server, std::move(request)));
    }
  }
}

template <class S, class M>
void dispatch_call(ServerCore& core, process::Signal* signal) {
  using R = call_result_t<S, M>;
  if constexpr (HandlesCallAtOnce<S, M>)
    dispatch_call_with<S, M, R>(core, signal, [](ServerCore&, S& s, M&& m) { return s.handle_call(std::move(m)); });
  else
    dispatch_call_with<S, M, R>(core, signal, [](ServerCore& c, S& s, M&& m) {
      return s.handle_call(std::move(m), From<R>{c.take_call()});
    });
}

template <class S, class M>
void dispatch_cast(ServerCore& core, process::Signal* signal) {
  const process::SignalPtr<process::MessageSignal<M>> owned{static_cast<process::MessageSignal<M>*>(signal)};
  call_handler(core, server_in<S>(core), owned->payload,
               [](S& s, M&& m) -> decltype(s.handle_cast(std::move(m))) { return s.handle_cast(std::move(m)); });
}

template <class S, class M>
inline constexpr ServerSignalType call_type{
    {process::TypeId::of<M>(), &process::destroy_as<CallEnvelope<M, call_result_t<S, M>>>},
    &dispatch_call<S, M>,
    process::TypeId::of<S>()};
template <class S, class M>
inline constexpr ServerSignalType cast_type{{process::TypeId::of<M>(), &process::destroy_as<process::MessageSignal<M>>},
                                            &dispatch_cast<S, M>,
                                            process::TypeId::of<S>()};

// A call of a member function: alice.call(&Account::withdraw, 5).
template <class F, class... Args>
struct MemberCall {
  template <class... Given>
  explicit MemberCall(F f, Given&&... given) : function{f}, arguments{std::forward<Given>(given)...} {}
  F function;
  std::tuple<Args...> arguments;
};
template <class S, class F, class... Args>
using member_result_t = typename ReplyOf<std::invoke_result_t<F, S&, Args...>>::type;

template <class S, class F, class... Args>
void dispatch_member(ServerCore& core, process::Signal* signal) {
  dispatch_call_with<S, MemberCall<F, Args...>, member_result_t<S, F, Args...>>(
      core, signal, [](ServerCore&, S& s, MemberCall<F, Args...>&& m) {
        return std::apply([&](Args&... args) { return std::invoke(m.function, s, std::move(args)...); }, m.arguments);
      });
}
template <class S, class F, class... Args>
inline constexpr ServerSignalType member_type{
    {process::TypeId::of<F>(),
     &process::destroy_as<CallEnvelope<MemberCall<F, Args...>, member_result_t<S, F, Args...>>>},
    &dispatch_member<S, F, Args...>,
    process::TypeId::of<S>()};

}  // namespace coppice::behaviour

#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC diagnostic pop
#endif
