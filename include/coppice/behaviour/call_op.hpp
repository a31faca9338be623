// The awaitables of calls: CallOp (throws), TryCallOp (std::expected), and RequestHandle for answers fetched later.
#pragma once

#include <coroutine>
#include <cstdint>
#include <expected>
#include <type_traits>
#include <utility>

#include <coppice/base/export.hpp>
#include <coppice/behaviour/reply.hpp>
#include <coppice/process/calls.hpp>
#include <coppice/process/exit.hpp>
#include <coppice/process/process.hpp>
#include <coppice/process/receive.hpp>
#include <coppice/time/instant.hpp>

namespace coppice {

namespace behaviour {

// OTP's default.
inline constexpr timing::Duration default_call_timeout = std::chrono::seconds{5};

// Whom a call goes to: a pid, or a name that is looked up as it is sent.
struct Target {
  constexpr Target(Pid p) noexcept : pid{p} {}
  constexpr Target(Atom n) noexcept : name{n} {}
  Pid pid;
  Atom name;
};

// A call under way, whatever its types.
class COPPICE_API CallAwaiterBase : public process::ReplyWaiter {
 public:
  CallAwaiterBase(const CallAwaiterBase&) = delete;
  CallAwaiterBase& operator=(const CallAwaiterBase&) = delete;
  bool await_ready() const noexcept { return false; }
  void await_suspend(std::coroutine_handle<>);
  process::WaitReport report(const process::Process&) const final {
    return {"a call of " + request_.name(), server_};
  }

 protected:
  CallAwaiterBase(process::Process& self, const Target& target, process::CallPtr call, timing::Duration timeout) noexcept
      : self_{self}, target_{target}, call_{std::move(call)}, timeout_{timeout} {}
  ~CallAwaiterBase();

  // The error, if the call failed.
  bool failed() const noexcept {
    return answer_ == nullptr || answer_->state != process::CallSignal::State::replied;
  }
  CallError error() const;
  [[noreturn]] void throw_error() const;

 private:
  process::Process& self_;
  Target target_;
  process::CallPtr call_;
  timing::Duration timeout_;
  process::TypeId request_;
  Pid server_;
};

enum class OnFailure : std::uint8_t { throws, returns };

template <class R, OnFailure how>
class CallAwaiter final : public CallAwaiterBase {
 public:
  using Result = std::conditional_t<how == OnFailure::throws, R, std::expected<R, CallError>>;
  using CallAwaiterBase::CallAwaiterBase;

  CallAwaiter(process::Process& self, const Target& target, process::CallPtr call, timing::Duration timeout) noexcept
      : CallAwaiterBase{self, target, std::move(call), timeout} {}

  Result await_resume() {
    if (failed()) {
      if constexpr (how == OnFailure::throws)
        throw_error();
      else
        return std::unexpected{error()};
    }
    if constexpr (!std::is_void_v<R>)
      return std::move(*static_cast<ReplySlot<R>&>(*answer_).reply);
    else if constexpr (how == OnFailure::returns)
      return {};
  }
};

// What a call verb returns: to be awaited at once. Holds the request, made already.
template <class R, OnFailure how>
class [[nodiscard]] CallOp {
 public:
  CallOp(const Target& target, process::CallPtr call, timing::Duration timeout) noexcept
      : target_{target}, call_{std::move(call)}, timeout_{timeout} {}
  CallAwaiter<R, how> bind(process::Process& self) {
    return CallAwaiter<R, how>{self, target_, std::move(call_), timeout_};
  }

 private:
  Target target_;
  process::CallPtr call_;
  timing::Duration timeout_;
};

// ---- requests whose answer is fetched later

// Takes the answer of an outstanding request: waits for it if it has not come.
class COPPICE_API AnswerAwaiterBase : public process::ReplyWaiter {
 public:
  AnswerAwaiterBase(const AnswerAwaiterBase&) = delete;
  AnswerAwaiterBase& operator=(const AnswerAwaiterBase&) = delete;
  bool await_ready();
  void await_suspend(std::coroutine_handle<>);

 protected:
  AnswerAwaiterBase(process::Process& self, Pid owner, std::uint64_t number, timing::Duration timeout);
  ~AnswerAwaiterBase();
  process::Process& self_;
  timing::Duration timeout_;
};

template <class R>
class AnswerAwaiter final : public AnswerAwaiterBase {
 public:
  AnswerAwaiter(process::Process& self, Pid owner, std::uint64_t number, timing::Duration timeout, Pid server)
      : AnswerAwaiterBase{self, owner, number, timeout}, server_{server} {}
  std::expected<R, CallError> await_resume() {
    if (answer_ == nullptr)
      return std::unexpected{CallError{CallError::Kind::timeout, ExitReason::timeout(), server_, "a request"}};
    if (answer_->state != process::CallSignal::State::replied) return std::unexpected{process::error_of(*answer_)};
    if constexpr (std::is_void_v<R>)
      return {};
    else
      return std::move(*static_cast<ReplySlot<R>&>(*answer_).reply);
  }

 private:
  Pid server_;
};

// Waits until an outstanding request has its answer.
class COPPICE_API AnsweredAwaiter final : public process::Waiter {
 public:
  AnsweredAwaiter(process::Process& self, Pid owner, std::uint64_t number, timing::Duration timeout) noexcept;
  bool await_ready();
  void await_suspend(std::coroutine_handle<>);
  bool await_resume() const noexcept { return answered(); }
  bool ready(process::Process& self) override;

 private:
  bool answered() const noexcept;

  process::Process& self_;
  std::uint64_t number_;
  timing::Duration timeout_;
};
class [[nodiscard]] AnsweredOp {
 public:
  AnsweredOp(Pid owner, std::uint64_t number, timing::Duration timeout) noexcept
      : owner_{owner}, number_{number}, timeout_{timeout} {}
  AnsweredAwaiter bind(process::Process& self) const noexcept { return {self, owner_, number_, timeout_}; }

 private:
  Pid owner_;
  std::uint64_t number_;
  timing::Duration timeout_;
};

// Sends the request and notes its number with the caller.
COPPICE_API std::uint64_t begin_request(const Target& target, process::CallPtr call, Pid& caller);
// Forgets a request: a reply that comes later is late.
COPPICE_API void abandon_request(Pid caller, std::uint64_t number) noexcept;

}  // namespace behaviour

// A request that was sent; its answer is fetched by `co_await handle.response(timeout)` (gen_server:send_request/2 and
// receive_response/2). To be used by the process that sent it. Move-only; dropping it abandons the request.
template <class R>
class [[nodiscard]] RequestHandle {
 public:
  RequestHandle(Pid caller, Pid server, std::uint64_t number) noexcept : caller_{caller}, server_{server}, number_{number} {}
  RequestHandle(RequestHandle&& other) noexcept
      : caller_{other.caller_}, server_{other.server_}, number_{std::exchange(other.number_, 0)} {}
  RequestHandle& operator=(RequestHandle&& other) noexcept {
    std::swap(caller_, other.caller_);
    std::swap(server_, other.server_);
    std::swap(number_, other.number_);
    return *this;
  }
  ~RequestHandle() {
    if (number_ != 0) behaviour::abandon_request(caller_, number_);
  }

  // The answer, waited for at most `timeout`; after a timeout the request is abandoned and its answer dropped. Like wait()
  // throws ProcessError for a negative time.
  class [[nodiscard]] ResponseOp {
   public:
    ResponseOp(RequestHandle& handle, timing::Duration timeout) noexcept : handle_{&handle}, timeout_{timeout} {}
    behaviour::AnswerAwaiter<R> bind(process::Process& self) {
      process::check_wait(timeout_);  // with a time that is none the request stays
      return {self, handle_->caller_, std::exchange(handle_->number_, 0), timeout_, handle_->server_};
    }

   private:
    RequestHandle* handle_;
    timing::Duration timeout_;
  };
  ResponseOp response(timing::Duration timeout = behaviour::default_call_timeout) { return {*this, timeout}; }
  // Waits until the answer has come, at most `timeout`; whether it has. The request stays, and its answer is for response()
  // (gen_server:wait_response/2; with 0s check_response/2).
  behaviour::AnsweredOp wait(timing::Duration timeout) const noexcept { return {caller_, number_, timeout}; }

  // For the library: gives up the request.
  std::pair<Pid, std::uint64_t> release() noexcept { return {caller_, std::exchange(number_, 0)}; }

 private:
  Pid caller_;
  Pid server_;
  std::uint64_t number_;
};

}  // namespace coppice
