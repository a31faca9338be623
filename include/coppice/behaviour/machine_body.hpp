// MachineBody<D>: a state machine in its process, and how its handlers are called.
//
// An event is a block that the handler's frame owns while it runs: it is put by if the handler postpones it, else it ends
// with the transition. A call's block is with ServerCore meanwhile, as in any server, so that its caller hears if the machine
// ends.
#pragma once

#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <type_traits>
#include <utility>

#include <coppice/behaviour/machine_handlers.hpp>
#include <coppice/behaviour/machine_transitions.hpp>
#include <coppice/behaviour/server_body.hpp>
#include <coppice/process/message.hpp>

#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wsubobject-linkage"
#endif

namespace coppice::behaviour {

template <class D>
class MachineBody final : public MachineTransitions<D> {
 public:
  using State = typename D::State;
  using Step = typename D::Step;
  using Entered = typename D::Entered;

  explicit MachineBody(std::unique_ptr<Maker<D>> maker) : MachineTransitions<D>{std::move(maker)} {}

  // ---- for dispatchers

  template <EventKind kind, class M>
  void handle_event(Event event, M& message) {
    this->with_state([&]<class St>(St& state) {
      if constexpr (MachineHandles<kind, D, St, M>)
        this->template handle_in<kind>(state, std::move(event), message);
      else
        this->dropped(std::move(event));
    });
  }

  template <class M, class R>
  void handle_call(CallEnvelope<M, R>& call) {
    call_id_ = CallId{call};
    this->begin_call(process::CallPtr{&call});
    this->with_state([&]<class St>(St& state) {
      using Raw = typename RawAnswer<D, St, M>::type;
      if constexpr (is_task<Raw> && takes_from<call_form<D, St, M>()>)
        this->run(call_later_with_from<M, R>(state, std::move(call.request), &call));
      else if constexpr (is_task<Raw>)
        this->run(call_later<M, R>(state, call.request));
      else if constexpr (takes_from<call_form<D, St, M>()>)
        call_with_from<M, R>(state, std::move(call.request), &call);
      else
        call_now<M, R>(state, call.request);
    });
  }

 private:
  // ---- start

  void init() override {
    if constexpr (HasInit<D>) {
      using R = decltype(this->server_->init());
      if constexpr (is_task<R>) {
        this->run(init_later());
      } else if constexpr (std::is_void_v<R>) {
        this->server_->init();
        begin(Step{});
      } else {
        begin(this->server_->init());
      }
    } else {
      begin(Step{});
    }
  }
  template <class Result>
  void begin(Result result) {
    if (std::optional<Step> step = initial(std::move(result))) this->finish(nullptr, std::move(*step));
  }
  Task<> init_later() {
    using R = task_value_t<decltype(this->server_->init())>;
    std::optional<Step> step;
    if constexpr (std::is_void_v<R>) {
      co_await this->server_->init();
      step = initial(Step{});
    } else {
      R result = co_await this->server_->init();
      step = initial(std::move(result));
    }
    if (step) co_await this->finish_later(nullptr, std::move(*step));
  }
  // The starter hears; the first state is entered after that, coming from itself.
  std::optional<Step> initial(Step step) {
    if (step.actions().stop) return initial(InitResult::stop(std::move(*step.actions().stop)));
    this->init_done(InitResult{});
    if (step.next_state()) this->state() = std::move(*step.next_state());
    step.next_state().reset();
    this->enter_next();
    return step;
  }
  std::optional<Step> initial(InitResult result) {
    GoOn& go_on = result.go_on();
    if (go_on.timeout != timing::forever || go_on.timeout_at != timing::never || go_on.continue_message != nullptr)
      throw std::logic_error{"init() of a StateMachine returns a Step for timeouts and events"};
    if (!result.is_ignore() && !go_on.stop) return initial(Step{});
    this->init_done(std::move(result));
    return std::nullopt;
  }

  // ---- events but calls

  template <EventKind kind, class St, class M>
  decltype(auto) invoke(St& state, M& message) {
    if constexpr (HandlesInState<kind, D, St, M>)
      return call_handler<kind>(*this->server_, state, message);
    else
      return call_handler<kind>(*this->server_, message);
  }
  template <class R>
  static constexpr void check_result() {
    static_assert(std::is_void_v<task_value_t<R>> || std::is_same_v<task_value_t<R>, Step>,
                  "handle_cast, handle_info, handle_timeout and handle_internal return void, Step, Task<> or Task<Step>");
  }
  template <EventKind kind, class St, class M>
  void handle_in(St& state, Event event, M& message) {
    using R = decltype(invoke<kind>(state, message));
    check_result<R>();
    if constexpr (is_task<R>) {
      this->run(handle_later<kind>(state, std::move(event), message));
    } else if constexpr (std::is_void_v<R>) {
      invoke<kind>(state, message);
      this->finish(std::move(event), Step{});
    } else {
      Step step = invoke<kind>(state, message);
      this->finish(std::move(event), std::move(step));
    }
  }
  template <EventKind kind, class St, class M>
  Task<> handle_later(St& state, Event event, M& message) {
    using R = task_value_t<decltype(invoke<kind>(state, message))>;
    if constexpr (std::is_void_v<R>) {
      co_await invoke<kind>(state, message);
      Step step;
      co_await this->finish_later(std::move(event), std::move(step));
    } else {
      Step step = co_await invoke<kind>(state, message);
      co_await this->finish_later(std::move(event), std::move(step));
    }
  }

  // A plain message that no handler takes in this state.
  void dropped(Event event) {
    this->unhandled(event.release());
    this->finish(nullptr, Step{});
  }

  void handle_message(process::Signal* signal) override {
    Event event{signal};
    if (try_info<Down>(event) || try_info<Exit>(event) || try_infos(typename MachineInfos<D>::type{}, event)) return;
    this->with_state([&]<class St>(St& state) {
      if constexpr (requires(D& d, Message& m) { d.handle_info(state, m); } || requires(D& d, Message& m) { d.handle_info(m); }) {
        Message message{std::move(event)};
        handle_any(state, std::move(message));
      } else {
        dropped(std::move(event));
      }
    });
  }
  template <class M>
  bool try_info(Event& event) {
    if constexpr (MachineRules<D, M>::infos) {
      if (!(event->type->payload == process::TypeId::of<M>())) return false;
      return this->with_state([&]<class St>(St& state) {
        if constexpr (MachineHandles<EventKind::info, D, St, M>) {
          M& message = static_cast<process::MessageSignal<M>&>(*event).payload;
          handle_in<EventKind::info>(state, std::move(event), message);
          return true;
        }
        return false;
      });
    }
    return false;
  }
  template <class... Ms>
  bool try_infos(Messages<Ms...>, [[maybe_unused]] Event& event) {
    static_assert((true && ... && (MachineRules<D, Ms>::infos || std::is_same_v<Ms, Message>)),
                  "each type listed in Info needs a public handle_info");
    return (false || ... || try_info<Ms>(event));
  }

  template <class St>
  decltype(auto) invoke_any(St& state, Message& message) {
    if constexpr (requires(D& d) { d.handle_info(state, message); })
      return this->server_->handle_info(state, message);
    else
      return this->server_->handle_info(message);
  }
  template <class St>
  void handle_any(St& state, Message message) {
    using R = decltype(invoke_any(state, message));
    check_result<R>();
    if constexpr (is_task<R>) {
      this->run(handle_any_later(state, std::move(message)));
    } else if constexpr (std::is_void_v<R>) {
      invoke_any(state, message);
      this->finish(message.take(), Step{});
    } else {
      Step step = invoke_any(state, message);
      this->finish(message.take(), std::move(step));
    }
  }
  template <class St>
  Task<> handle_any_later(St& state, Message message) {
    Step step;
    if constexpr (std::is_void_v<task_value_t<decltype(invoke_any(state, message))>>) {
      co_await invoke_any(state, message);
    } else {
      step = co_await invoke_any(state, message);
    }
    Event event = message.take();
    co_await this->finish_later(std::move(event), std::move(step));
  }

  // ---- calls

  template <class St, class M, class... Caller>
  decltype(auto) invoke_call(St& state, M& request, Caller... from) {
    constexpr CallForm form = call_form<D, St, M>();
    if constexpr (form == CallForm::state || form == CallForm::state_from)
      return this->server_->handle_call(state, request, std::move(from)...);
    else
      return this->server_->handle_call(request, std::move(from)...);
  }

  // The request stays in the block, which ServerCore keeps until the answer.
  template <class M, class R, class St>
  void call_now(St& state, M& request) {
    if constexpr (std::is_void_v<decltype(invoke_call(state, request))>) {
      invoke_call(state, request);
      answer<R>(Unit{});
    } else {
      answer<R>(invoke_call(state, request));
    }
  }
  template <class M, class R, class St>
  Task<> call_later(St& state, M& request) {
    using Raw = task_value_t<decltype(invoke_call(state, request))>;
    if constexpr (std::is_void_v<Raw>) {
      co_await invoke_call(state, request);
      co_await answer_later<R>(Unit{});
    } else {
      Raw returned = co_await invoke_call(state, request);
      co_await answer_later<R>(std::move(returned));
    }
  }
  // The block travels with the From, so the request does not stay in it; if the call is postponed it goes back.
  template <class M, class R, class St>
  void call_with_from(St& state, M request, CallEnvelope<M, R>* call) {
    auto returned = invoke_call(state, request, From<R>{this->take_call()});
    give_request_back(returned, request, call);
    answer<R>(std::move(returned));
  }
  template <class M, class R, class St>
  Task<> call_later_with_from(St& state, M request, CallEnvelope<M, R>* call) {
    From<R> from{this->take_call()};
    auto returned = co_await invoke_call(state, request, std::move(from));
    give_request_back(returned, request, call);
    co_await answer_later<R>(std::move(returned));
  }
  template <class Returned, class M, class R>
  void give_request_back(Returned& returned, M& request, CallEnvelope<M, R>* call) {
    if constexpr (std::is_same_v<Returned, typename D::template Answer<R>>) {
      if (!returned.step().actions().postpone || !this->has_call()) return;
      std::destroy_at(&call->request);
      std::construct_at(&call->request, std::move(request));
    }
  }

  // Answers as the handler said; what is left to be done is the step, and the call if it is postponed.
  template <class R, class Returned>
  Step settle(Returned&& returned, Event& event) {
    static_assert(!is_reply<std::decay_t<Returned>>, "a StateMachine's handle_call returns R or Answer<R>, not Reply<R>");
    // While ServerCore has the call, so that its caller hears.
    if constexpr (std::is_same_v<std::decay_t<Returned>, typename D::template Answer<R>>)
      if (returned.value() && returned.step().actions().postpone)
        throw std::logic_error{"a handle_call has answered and postponed the call"};
    process::CallPtr call = this->take_call();
    this->call_handled();
    Step step;
    if constexpr (std::is_same_v<std::decay_t<Returned>, typename D::template Answer<R>>) {
      step = std::move(returned.step());
      if (!returned.value()) {
        settle_unanswered(std::move(call), step, event);
        return step;
      }
      if (call != nullptr) static_cast<ReplySlot<R>&>(*call).set_reply(std::move(*returned.value()));
    } else if (call != nullptr) {
      static_cast<ReplySlot<R>&>(*call).set_reply(std::forward<Returned>(returned));
    }
    if (call != nullptr) process::answer(std::move(call));
    return step;
  }
  void settle_unanswered(process::CallPtr call, Step& step, Event& event) {
    MachineActions& actions = step.actions();
    if (actions.postpone) {
      if (call == nullptr) throw std::logic_error{"a handle_call has postponed a call whose From it has kept or answered"};
      event = std::move(call);
    } else if (call == nullptr) {
      this->call_deferred(call_id_);
    } else if (actions.stop) {
      this->begin_call(std::move(call));  // hears the reason when the machine has ended
    } else {
      process::fail(std::move(call), CallError::Kind::dropped,
                    ExitReason::error("the state machine dropped the request without a reply"));
    }
  }
  template <class R, class Returned>
  void answer(Returned&& returned) {
    Event event;
    Step step = settle<R>(std::forward<Returned>(returned), event);
    this->finish(std::move(event), std::move(step));
  }
  template <class R, class Returned>
  Task<> answer_later(Returned returned) {
    Event event;
    Step step = settle<R>(std::move(returned), event);
    co_await this->finish_later(std::move(event), std::move(step));
  }

  CallId call_id_;  // of the call that is being handled
};

template <Machine S>
struct BodyOf<S> {
  using type = MachineBody<S>;
};

}  // namespace coppice::behaviour

#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC diagnostic pop
#endif
