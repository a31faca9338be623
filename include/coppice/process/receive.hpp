// receive: takes the first message in the mailbox, in arrival order, that matches any of its clauses (OTP's receive).
//
//   int v = co_await receive([](Number n) { return n.value; }, after(1s, [] { return -1; }));
//   std::optional<Tick> tick = co_await receive<Tick>(100ms);
//
// What does not match stays where it is. The value is the handlers' common type; a handler may be a coroutine, whose value
// is awaited. A test that throws leaves the message and throws out of the receive. A message is never tested twice by one
// receive, and a receive whose clauses are all bound to a Reference or MonitorRef that this process made does not look at
// what had arrived before it was made. In a server's handler it sees plain messages, Exits and Downs, never calls or casts.
#pragma once

#include <array>
#include <coroutine>
#include <cstddef>
#include <exception>
#include <optional>
#include <tuple>
#include <type_traits>
#include <utility>

#include <coppice/base/export.hpp>
#include <coppice/process/control_signals.hpp>
#include <coppice/process/pattern.hpp>
#include <coppice/process/process.hpp>
#include <coppice/process/task.hpp>

namespace coppice {

namespace process {

// Throws ProcessError (bad_argument) for a negative time.
COPPICE_API void check_wait(timing::Duration delay);
// What a wait with a deadline does about it, out of line; checks the time.
COPPICE_API void begin_timed_wait(Process& self, timing::Duration delay);
inline constexpr timing::Duration no_delay = timing::Duration::max();

// The part of a receive that does not depend on its clauses' types.
class COPPICE_API ReceiveWaiter : public Waiter, protected Matcher {
 public:
  bool ready(Process& self) override;
  WaitReport report(const Process& self) const override;

 protected:
  ReceiveWaiter(Process& self, std::uint64_t mark, timing::Duration delay) noexcept
      : self_{self}, after_{mark}, delay_{delay} {}
  ~ReceiveWaiter() {
    if (found_ != nullptr) destroy(found_);
  }
  ReceiveWaiter(const ReceiveWaiter&) = delete;
  ReceiveWaiter& operator=(const ReceiveWaiter&) = delete;

  bool look();  // before waiting; true if the receive is decided
  void wait() {  // starts to wait
    if (self_.queue.empty() && delay_ == no_delay && self_.rare_parts == nullptr) [[likely]]
      self_.waiter = this;
    else
      wait_with_more();
  }
  void decide() {  // rethrows what a test threw
    if (error_) [[unlikely]] std::rethrow_exception(error_);
  }

  Process& self_;
  Signal* found_ = nullptr;  // owned
  std::uint64_t after_;
  timing::Duration delay_;
  std::exception_ptr error_;

 private:
  void wait_with_more();
};

template <class R>
struct Unwrapped {
  using type = R;
};
template <class R>
struct Unwrapped<Task<R>> {
  using type = R;
};

template <class C>
struct HandlerResult;
template <class T, class Test, class Handler>
struct HandlerResult<Clause<T, Test, Handler>> {
  static_assert(std::is_invocable_v<Handler&, T&&>, "a clause's handler must be callable with its message type");
  using type = std::invoke_result_t<Handler&, T&&>;
};
template <class Test, class Handler>
struct HandlerResult<Clause<AnyMessage, Test, Handler>> {
  static_assert(std::is_invocable_v<Handler&, Message&>, "a handler of on_any takes a Message&");
  using type = std::invoke_result_t<Handler&, Message&>;
};
template <class Handler>
struct HandlerResult<AfterClause<Handler>> {
  using type = std::invoke_result_t<Handler&>;
};

template <class Handler>
auto as_clause(Handler handler) {
  using H = std::decay_t<Handler>;
  if constexpr (is_clause<H> || is_after<H>)
    return handler;
  else
    return on<typename FirstParameter<H>::type>(std::move(handler));
}

// The clauses of one receive.
template <class... Clauses>
class ReceiveOp {
 public:
  using Raw = std::common_type_t<typename HandlerResult<Clauses>::type...>;
  static constexpr std::size_t count = sizeof...(Clauses);

  explicit ReceiveOp(Clauses... clauses) : clauses_{std::move(clauses)...} {}

  class Awaiter;
  Awaiter bind(Process& self) { return Awaiter{*this, self}; }

 private:
  template <std::size_t I>
  using ClauseAt = std::tuple_element_t<I, std::tuple<Clauses...>>;

  static constexpr std::size_t after_at = [] {
    std::size_t at = count, i = 0;
    ((is_after<Clauses> ? at = i : 0, ++i), ...);
    return at;
  }();
  static_assert((0 + ... + int{is_after<Clauses>}) <= 1, "a receive has at most one after()");
  static_assert(after_at == count || after_at + 1 == count, "after() is the last clause of a receive");

  timing::Duration delay() const noexcept {
    if constexpr (after_at == count)
      return no_delay;
    else
      return std::get<after_at>(clauses_).delay;
  }

  template <std::size_t I>
  std::uint64_t mark_at(Pid reader) const noexcept {
    if constexpr (is_after<ClauseAt<I>>)
      return ~std::uint64_t{0};
    else if constexpr (requires { std::get<I>(clauses_).test.mark(reader); })
      return std::get<I>(clauses_).test.mark(reader);
    else
      return 0;
  }
  template <class C>
  static constexpr bool can_be_bound() {
    if constexpr (is_after<C>)
      return true;
    else
      return requires(const C& c, Pid reader) { c.test.mark(reader); };
  }
  // Where the scan starts: behind what had arrived before the references were made, if every clause is bound to one.
  std::uint64_t mark(const Process& reading) const noexcept {
    if constexpr ((true && ... && can_be_bound<Clauses>()))
      return least_mark(reading.pid());
    else
      return 0;
  }
  std::uint64_t least_mark(Pid reader) const noexcept {
    return [&]<std::size_t... I>(std::index_sequence<I...>) {
      std::uint64_t least = ~std::uint64_t{0};
      ((least = std::min(least, mark_at<I>(reader))), ...);
      return least == ~std::uint64_t{0} ? 0 : least;
    }(std::index_sequence_for<Clauses...>{});
  }

  [[no_unique_address]] std::tuple<Clauses...> clauses_;
};

template <class... Clauses>
class ReceiveOp<Clauses...>::Awaiter final : public ReceiveWaiter {
 public:
  Awaiter(ReceiveOp& op, Process& self) : ReceiveWaiter{self, op.mark(self), op.delay()}, op_{op} {}

  bool await_ready() {
    if (self_.queue.empty() && delay_ != timing::Duration::zero()) return false;
    if (self_.budget > 0 && take_front()) {
      --self_.budget;
      return true;
    }
    return look();
  }
  bool ready(Process& self) override {
    if (!take_front()) return ReceiveWaiter::ready(self);
    self.clear_deadline();
    return true;
  }
  void await_suspend(std::coroutine_handle<>) { wait(); }
  Raw await_resume() {
    decide();
    return run_matched<0>();
  }

 private:
  static constexpr bool takes_any = (false || ... || [] {
    if constexpr (is_clause<Clauses>) return std::is_same_v<typename Clauses::Subject, AnyMessage>;
    return false;
  }());

  // Whether a message's type alone says that it matches.
  static constexpr bool types_decide = (true && ... && [] {
    if constexpr (is_clause<Clauses>) return std::is_same_v<decltype(Clauses::test), Always>;
    return true;
  }());

  // The usual end of a receive: the oldest message is one that it wants, as the block's own type shows. False: it takes a
  // closer look to tell.
  bool take_front() noexcept {
    if constexpr (types_decide) {
      if (found_ != nullptr) return false;
      Signal* const first = self_.queue.front_message(after_);
      if (first == nullptr || !front_matches(*first)) return false;
      self_.queue.take_front();
      found_ = first;
      return true;
    } else {
      return false;
    }
  }
  bool front_matches(const Signal& first) noexcept {
    return [&]<std::size_t... I>(std::index_sequence<I...>) {
      return (false || ... || is_type_of<I>(first));
    }(std::index_sequence_for<Clauses...>{});
  }
  template <std::size_t I>
  bool is_type_of(const Signal& message) noexcept {
    using C = ClauseAt<I>;
    if constexpr (is_after<C>) {
      return false;
    } else {
      if constexpr (!std::is_same_v<typename C::Subject, AnyMessage>)
        if (message.type != &MessageSignal<typename C::Subject>::message_type) return false;
      return matched_ = I, true;
    }
  }

  std::span<const TypeId> types() const noexcept override {
    if constexpr (takes_any) return {};
    static constexpr auto all = [] {
      std::array<TypeId, count + 1> ids{};
      std::size_t used = 0;
      (
          [&] {
            if constexpr (is_clause<Clauses>) ids[used++] = TypeId::of<typename Clauses::Subject>();
          }(),
          ...);
      return std::pair{ids, used};
    }();
    return {all.first.data(), all.second};
  }

  template <std::size_t I>
  bool clause_matches(Signal& message) {
    using C = ClauseAt<I>;
    if constexpr (is_after<C>) {
      return false;
    } else if constexpr (std::is_same_v<typename C::Subject, AnyMessage>) {
      return matched_ = I, true;
    } else {
      using T = typename C::Subject;
      if (!(message.type->payload == TypeId::of<T>())) return false;
      const T& payload = static_cast<const MessageSignal<T>&>(message).payload;
      if (!std::get<I>(op_.clauses_).test(payload)) return false;
      return matched_ = I, true;
    }
  }
  bool matches(Signal& message) override {
    return [&]<std::size_t... I>(std::index_sequence<I...>) {
      return (false || ... || clause_matches<I>(message));
    }(std::index_sequence_for<Clauses...>{});
  }

  template <std::size_t I>
  Raw run_clause() {
    using C = ClauseAt<I>;
    auto& clause = std::get<I>(op_.clauses_);
    if constexpr (is_after<C>) {
      return clause.handler();
    } else if constexpr (std::is_same_v<typename C::Subject, AnyMessage>) {
      Message message{SignalPtr<Signal>{std::exchange(found_, nullptr)}};
      return clause.handler(message);
    } else {
      return clause.handler(std::move(static_cast<MessageSignal<typename C::Subject>&>(*found_).payload));
    }
  }
  template <std::size_t I>
  Raw run_matched() {
    if constexpr (I + 1 < count) {
      const std::size_t chosen = found_ == nullptr ? after_at : matched_;
      if (chosen != I) return run_matched<I + 1>();
    }
    return run_clause<I>();
  }

  ReceiveOp& op_;
  std::size_t matched_ = count;
};

template <class... Clauses>
inline constexpr bool has_task_handler =
    (false || ... || !std::is_same_v<typename HandlerResult<Clauses>::type,
                                     typename Unwrapped<typename HandlerResult<Clauses>::type>::type>);

// A receive with coroutine handlers: all must be coroutines of one type. The matched message lives as long as the handler.
template <class R, class... Clauses>
Task<R> receive_with_tasks(ReceiveOp<Clauses...> op) {
  Task<R> handling = co_await op;
  co_return co_await handling;
}

template <class... Clauses>
auto make_receive(Clauses... clauses) {
  if constexpr (has_task_handler<Clauses...>) {
    using R = typename Unwrapped<typename ReceiveOp<Clauses...>::Raw>::type;
    return receive_with_tasks<R>(ReceiveOp<Clauses...>{std::move(clauses)...});
  } else {
    return ReceiveOp<Clauses...>{std::move(clauses)...};
  }
}

}  // namespace process

// Takes the first message that matches a clause; see the head of this file. (The number keeps this form apart from
// receive<T>.)
template <int = 0, class First, class... Rest>
[[nodiscard]] auto receive(First first, Rest... rest) {
  return process::make_receive(process::as_clause(std::move(first)), process::as_clause(std::move(rest))...);
}

// The first message of type T.
template <class T>
[[nodiscard]] auto receive() {
  return receive([](T message) { return message; });
}
// The same within a time; nothing if none came. receive<T>(0ms) looks once at what has arrived.
template <class T>
[[nodiscard]] auto receive(timing::Duration limit) {
  return receive([](T message) { return std::optional<T>{std::move(message)}; },
                 after(limit, [] { return std::optional<T>{}; }));
}

}  // namespace coppice
