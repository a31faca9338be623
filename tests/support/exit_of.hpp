// Why a task ends who awaits it.
#pragma once

#include <coppice/core.hpp>

namespace coppice::test {

// What leaves `task` as an ExitSignal; normal if nothing does.
inline Task<ExitReason> exit_of(Task<> task) {
  ExitReason reason;
  try {
    co_await task;
  } catch (const ExitSignal& signal) {
    reason = signal.reason();
  }
  co_return reason;
}

}  // namespace coppice::test
