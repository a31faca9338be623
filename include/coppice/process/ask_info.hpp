// ask_process_info: what is known of any process (process_info/2 of another process).
//
// The state of a process belongs to it alone, so this is a request, as in OTP: a signal that the process answers when it next
// drains its inbox, even while it waits for something else. So the answer has all that the caller sent before. A process that
// computes or blocks answers when it comes back.
#pragma once

#include <coroutine>
#include <optional>

#include <coppice/base/export.hpp>
#include <coppice/process/calls.hpp>
#include <coppice/process/current.hpp>

namespace coppice {

namespace process {

// The request, with room for the answer.
struct InfoCall final : CallSignal {
  InfoCall() noexcept;
  ProcessInfo info;
};

// In the asked process, as it drains.
void answer_info(Process& self, InfoCall* call);

class COPPICE_API InfoAwaiter final : public ReplyWaiter {
 public:
  InfoAwaiter(Process& self, Pid pid) noexcept : self_{self}, pid_{pid} {}
  InfoAwaiter(const InfoAwaiter&) = delete;
  InfoAwaiter& operator=(const InfoAwaiter&) = delete;
  ~InfoAwaiter();
  bool await_ready() const noexcept { return pid_ == self_.pid(); }
  void await_suspend(std::coroutine_handle<>);
  std::optional<ProcessInfo> await_resume();

 private:
  Process& self_;
  Pid pid_;
  ProcessInfo::Status status_ = ProcessInfo::Status::running;
};

class [[nodiscard]] InfoOp {
 public:
  explicit InfoOp(Pid pid) noexcept : pid_{pid} {}
  InfoAwaiter bind(Process& self) const noexcept { return {self, pid_}; }

 private:
  Pid pid_;
};

}  // namespace process

// `co_await ask_process_info(pid)` gives a std::optional<ProcessInfo>: nothing if the process is dead.
inline process::InfoOp ask_process_info(Pid pid) noexcept { return process::InfoOp{pid}; }

}  // namespace coppice
