// How a supervisor stops its children, and learns why they ended.
//
//   1 tell it: `kill` or `shutdown`
//   2 wait until no link to it is left; when its time is over, kill it and wait on
//   3 take the Exit that came over the link out of the mailbox: it has the reason
//   4 if there is none, the child had unlinked itself: monitor it, which it cannot take away, and
//     wait for its Down
//
// So a stop costs two signals, where OTP monitors every child first. The link stays until the child
// has ended, so a supervisor that is killed meanwhile takes the child with it (OTP before 27
// unlinked first). Mirrors shutdown/1 and terminate_dynamic_children/1
// of OTP's supervisor.
#pragma once

#include <coroutine>
#include <cstdint>
#include <functional>
#include <optional>
#include <utility>

#include <coppice/base/export.hpp>
#include <coppice/process/exit_reason.hpp>
#include <coppice/process/pid.hpp>
#include <coppice/process/process.hpp>
#include <coppice/process/task.hpp>
#include <coppice/supervision/dynamic_table.hpp>
#include <coppice/supervision/shutdown.hpp>

namespace coppice::supervision {

// Whether an active link ties the calling process to `pid`.
COPPICE_API bool is_linked(Pid pid);

// The stop of one process, without a coroutine of its own: step 1 as the wait begins, the others
// whenever something has come.
class COPPICE_API StopAwaiter final : public process::Waiter {
 public:
  StopAwaiter(process::Process& self, Pid pid, Shutdown how) noexcept
      : self_{self}, pid_{pid}, how_{how} {}
  StopAwaiter(const StopAwaiter&) = delete;
  StopAwaiter& operator=(const StopAwaiter&) = delete;
  bool await_ready() const noexcept { return false; }
  void await_suspend(std::coroutine_handle<>);
  ExitReason await_resume() { return std::move(*reason_); }
  bool ready(process::Process& self) override;
  process::WaitReport report(const process::Process&) const override { return {"the end", pid_}; }

 private:
  void watch();
  bool has_ended(process::Process& self);

  process::Process& self_;
  Pid pid_;
  Shutdown how_;
  MonitorRef monitor_;               // step 4
  std::uint64_t looked_at_ = 0;      // up to which arrival the Down has been looked for
  std::optional<ExitReason> reason_;  // of its end
};

class [[nodiscard]] StopOp {
 public:
  StopOp(Pid pid, Shutdown how) noexcept : pid_{pid}, how_{how} {}
  StopAwaiter bind(process::Process& self) const noexcept { return {self, pid_, how_}; }

 private:
  Pid pid_;
  Shutdown how_;
};

// `co_await stop_process(pid, how)` stops one child of the calling process and gives the ExitReason
// with which it ended.
inline StopOp stop_process(Pid pid, Shutdown how) noexcept { return {pid, how}; }

// Stops all running children at once, each with its own deadline, in one go: for a supervisor that
// ends, since all Exits and Downs in its mailbox are taken. `ended` hears of each child once. The
// table keeps the children.
using ChildEnded = std::function<void(const DynamicChild&, const ExitReason&)>;
COPPICE_API Task<> stop_together(DynamicTable& children, ChildEnded ended);

}  // namespace coppice::supervision
