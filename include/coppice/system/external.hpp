// Calls from plain threads. A thread that calls borrows a process slot of kind external: it has a pid and an inbox, so the
// one call protocol serves it too; instead of a slice, a wake-up unparks the thread.
#pragma once

#include <expected>
#include <functional>
#include <memory>
#include <optional>
#include <stdexcept>
#include <utility>

#include <coppice/base/export.hpp>
#include <coppice/behaviour/reply.hpp>
#include <coppice/process/calls.hpp>
#include <coppice/process/exit_reason.hpp>
#include <coppice/process/pid.hpp>
#include <coppice/time/instant.hpp>

namespace coppice {

// What a blocking call from a plain thread throws.
class COPPICE_API CallFailed : public std::runtime_error {
 public:
  explicit CallFailed(CallError error) : std::runtime_error{error.text()}, error_{std::move(error)} {}
  const CallError& error() const noexcept { return error_; }

 private:
  CallError error_;
};

namespace process {
class Host;
}

namespace hosting {

// Sends the call and blocks until it is answered; null after the timeout. Throws std::logic_error on a scheduler's thread.
COPPICE_API process::CallPtr external_call_raw(process::Host& host, Pid server, timing::Duration timeout, process::CallPtr call);
// Gives the block a number of the calling thread's, lets `send` send it, and waits for it as external_call_raw does.
COPPICE_API process::CallPtr external_request(process::Host& host, timing::Duration timeout, process::CallPtr call,
                                              std::move_only_function<void(process::CallPtr)> send);
COPPICE_API void refuse_on_worker(const char* what);
// Throws std::logic_error if the runtime is a simulated one: the caller is a thread that has no business there, or there is no
// second one that it could wait for.
COPPICE_API void refuse_simulated(const process::Host& host, const char* what);
// Blocks until the process has ended: why; nothing after the timeout.
COPPICE_API std::optional<ExitReason> external_wait(process::Host& host, Pid pid, timing::Duration timeout);

template <class R>
std::expected<R, CallError> external_call(process::Host& host, Pid server, timing::Duration timeout, process::CallPtr call) {
  const process::TypeId request = call->request;
  const process::CallPtr answer = external_call_raw(host, server, timeout, std::move(call));
  if (answer == nullptr)
    return std::unexpected{CallError{CallError::Kind::timeout, ExitReason::timeout(), server, request.name()}};
  if (answer->state != process::CallSignal::State::replied) return std::unexpected{process::error_of(*answer)};
  if constexpr (std::is_void_v<R>)
    return {};
  else
    return std::move(*static_cast<behaviour::ReplySlot<R>&>(*answer).reply);
}

}  // namespace hosting
}  // namespace coppice
