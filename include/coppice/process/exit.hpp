// Ending processes: exit(reason) from inside, exit(pid, reason) as a signal.
#pragma once

#include <utility>

#include <coppice/base/export.hpp>
#include <coppice/process/exit_reason.hpp>
#include <coppice/process/pid.hpp>

namespace coppice {

// What unwinds a process that ends itself by exit(reason) or by a failed call. Not a std::exception: `catch (...)` may stop
// it, as a catch of class exit does in OTP.
class COPPICE_API ExitSignal {
 public:
  explicit ExitSignal(ExitReason reason) noexcept : reason_{std::move(reason)} {}
  const ExitReason& reason() const noexcept { return reason_; }

 private:
  ExitReason reason_;
};

// Ends the calling process by unwinding it (erlang:exit/1). Links and monitors get `reason`.
[[noreturn]] COPPICE_API void exit(ExitReason reason);
// Sends an exit signal (erlang:exit/2). `kill` ends the receiver whatever it traps; `normal` is ignored by others than
// oneself unless trapped; any other reason ends a receiver that does not trap, and becomes an Exit message in one that
// does. To oneself it acts before the call returns: an untrapped one unwinds, and cannot be caught for good. A dead
// receiver is no error.
COPPICE_API void exit(Pid pid, ExitReason reason);
// Not the C library's exit: in a process say exit(ExitReason), at the end of a program return from main.
void exit(int) = delete;

}  // namespace coppice
