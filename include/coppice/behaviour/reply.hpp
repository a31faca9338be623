// Reply<T>: what handle_call answers when a plain value is not enough. From<T>: a caller to be answered later.
//
// From mirrors OTP's From of handle_call/3 with gen_server:reply/2: it may be kept, moved into a message, answered from any
// process or thread, once. Dropping it unanswered answers too: the caller gets CallError::Kind::dropped, or the server's exit
// reason when the server ends. Move-only; thread-safe to hand over, not to share.
#pragma once

#include <optional>
#include <type_traits>
#include <utility>
#include <variant>

#include <coppice/behaviour/next.hpp>
#include <coppice/process/calls.hpp>
#include <coppice/process/exit_reason.hpp>

namespace coppice {

namespace behaviour {

struct NoReply {
  explicit constexpr NoReply() = default;
};

struct Unit {};
template <class R>
using stored_reply_t = std::conditional_t<std::is_void_v<R>, Unit, R>;

// A call's block as its replier sees it. The room for the reply is there from the start: a call is one allocation.
template <class R>
struct ReplySlot : process::CallSignal {
  using process::CallSignal::CallSignal;
  template <class... Args>
  void set_reply(Args&&... args) {
    reply.emplace(std::forward<Args>(args)...);
    state = State::replied;
  }
  std::optional<stored_reply_t<R>> reply;
};

// The whole block of a call of M.
template <class M, class R>
struct CallEnvelope final : ReplySlot<R> {
  template <class... Args>
  explicit CallEnvelope(const process::SignalType& signal_type, Args&&... args)
      : ReplySlot<R>{signal_type, process::TypeId::of<M>()}, request(std::forward<Args>(args)...) {}
  M request;
};

// Called by From's destructor: hands the block back to the server's dispatcher if the handler that got it still runs, else
// answers that it was dropped.
COPPICE_API void drop_from(process::CallPtr call) noexcept;

}  // namespace behaviour

// Returned by a handler that answers later: OTP's {noreply, State}.
inline constexpr behaviour::NoReply no_reply{};

template <class T>
class [[nodiscard]] From {
 public:
  explicit From(process::CallPtr call) noexcept : call_{std::move(call)} {}
  From(From&&) noexcept = default;
  From& operator=(From&& other) noexcept {
    if (call_ != nullptr) behaviour::drop_from(std::move(call_));
    call_ = std::move(other.call_);
    return *this;
  }
  ~From() {
    if (call_ != nullptr) behaviour::drop_from(std::move(call_));
  }

  // Answers the caller; the second time nothing happens. A caller that no longer waits drops it.
  template <class... Args>
  void reply(Args&&... args) {
    if (call_ == nullptr) return;
    static_cast<behaviour::ReplySlot<T>&>(*call_).set_reply(std::forward<Args>(args)...);
    process::answer(std::move(call_));
  }
  // Who asked; none once answered.
  Pid pid() const noexcept { return call_ == nullptr ? Pid{} : call_->caller; }
  // For the library: who takes the call answers it.
  process::CallPtr take() noexcept { return std::move(call_); }
  // Whether the caller has not been answered yet.
  bool is_open() const noexcept { return call_ != nullptr; }

 private:
  process::CallPtr call_;
};

template <class T>
class [[nodiscard]] Reply {
 public:
  using value_type = T;

  // Answers with a value made from `value`.
  template <class U = T>
    requires(std::is_convertible_v<U &&, behaviour::stored_reply_t<T>> && !std::is_same_v<std::decay_t<U>, Reply> &&
             !std::is_same_v<std::decay_t<U>, behaviour::NoReply>)
  Reply(U&& value) : value_{std::in_place, std::forward<U>(value)} {}
  Reply(behaviour::NoReply) noexcept {}

  // Ends the server; the caller gets the value, after terminate() has run.
  template <class U = behaviour::stored_reply_t<T>>
  static Reply stop(ExitReason reason, U&& value) {
    Reply reply{std::forward<U>(value)};
    reply.go_on_.stop = std::move(reason);
    return reply;
  }
  // Ends the server; the caller, unless its From was kept and answered, gets the reason as an error.
  static Reply stop(ExitReason reason) {
    Reply reply{no_reply};
    reply.go_on_.stop = std::move(reason);
    return reply;
  }
  // As Next's, besides the answer: return Reply<int>{1}.timeout(5s).
  Reply&& timeout(timing::Duration time) && {
    go_on_.timeout = time;
    return std::move(*this);
  }
  template <class M>
  Reply&& continue_with(M&& message) && {
    go_on_.continue_message = behaviour::make_continue(std::forward<M>(message));
    return std::move(*this);
  }

  // For the library.
  std::optional<behaviour::stored_reply_t<T>>& value() noexcept { return value_; }
  behaviour::GoOn& go_on() noexcept { return go_on_; }

 private:
  std::optional<behaviour::stored_reply_t<T>> value_;
  behaviour::GoOn go_on_;
};

}  // namespace coppice
