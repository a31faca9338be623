// What a server's callbacks answer: Next (handle_cast, handle_info, handle_continue), InitResult (init), Timeout.
//
// A callback that returns nothing goes on. Next mirrors OTP's {noreply, State}, {noreply, State, Timeout}, {noreply, State,
// {continue, C}} and {stop, Reason, State}; InitResult mirrors {ok, ...}, ignore and {stop, Reason}.
#pragma once

#include <cstdint>
#include <optional>
#include <type_traits>
#include <utility>

#include <coppice/base/block_pool.hpp>
#include <coppice/process/exit_reason.hpp>
#include <coppice/process/signal.hpp>
#include <coppice/time/instant.hpp>

namespace coppice {

// What handle_info(Timeout) gets when the time given by Next::timeout() has passed without any message.
struct Timeout {};

namespace behaviour {

// The common part: how a server goes on.
struct GoOn {
  std::optional<ExitReason> stop;
  timing::Duration timeout = timing::forever;   // relative; forever for none
  timing::Instant timeout_at = timing::never;   // absolute
  process::SignalPtr<process::Signal> continue_message;
};

template <class M>
process::SignalPtr<process::Signal> make_continue(M&& message) {
  return process::SignalPtr<process::Signal>{
      base::pool_new<process::MessageSignal<std::decay_t<M>>>(std::forward<M>(message))};
}

}  // namespace behaviour

class [[nodiscard]] Next {
 public:
  // Goes on.
  Next() = default;
  // Ends the server: terminate(reason) runs, then it ends.
  static Next stop(ExitReason reason) {
    Next next;
    next.go_on_.stop = std::move(reason);
    return next;
  }
  // Goes on; if no message comes for this long, handle_info(Timeout) is called. 0 looks once at what has arrived.
  static Next timeout(timing::Duration time) {
    Next next;
    next.go_on_.timeout = time;
    return next;
  }
  static Next timeout_at(timing::Instant time) {
    Next next;
    next.go_on_.timeout_at = time;
    return next;
  }
  // Goes on with handle_continue(message) before any other message.
  template <class M>
  static Next continue_with(M&& message) {
    Next next;
    next.go_on_.continue_message = behaviour::make_continue(std::forward<M>(message));
    return next;
  }

  // For the library.
  behaviour::GoOn& go_on() noexcept { return go_on_; }

 private:
  behaviour::GoOn go_on_;
};

class [[nodiscard]] InitResult {
 public:
  // The server runs.
  InitResult() = default;
  static InitResult ok() { return {}; }
  static InitResult timeout(timing::Duration time) {
    InitResult result;
    result.go_on_.timeout = time;
    return result;
  }
  static InitResult timeout_at(timing::Instant time) {
    InitResult result;
    result.go_on_.timeout_at = time;
    return result;
  }
  template <class M>
  static InitResult continue_with(M&& message) {
    InitResult result;
    result.go_on_.continue_message = behaviour::make_continue(std::forward<M>(message));
    return result;
  }
  // The server does not start, and that is no failure; it ends with `normal`.
  static InitResult ignore() {
    InitResult result;
    result.ignored_ = true;
    return result;
  }
  // The start fails with this reason.
  static InitResult stop(ExitReason reason) {
    InitResult result;
    result.go_on_.stop = std::move(reason);
    return result;
  }

  // For the library.
  behaviour::GoOn& go_on() noexcept { return go_on_; }
  bool is_ignore() const noexcept { return ignored_; }

 private:
  behaviour::GoOn go_on_;
  bool ignored_ = false;
};

}  // namespace coppice
