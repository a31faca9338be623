// What the start cases of gen_server and gen_statem share: a start that fails leaves nothing
// behind.
#pragma once

#include <chrono>

#include "in_process.hpp"

namespace coppice::test {

// Starts an S that fails so, linked and not, by a process that traps exits and one that does not.
// `How` is the test's enumeration; a start of How::never is given up after a while.
template <class S, class How>
Task<> fail_to_start(How how, StartError::Kind kind) {
  const StartOptions options{
      .name = "failing",
      .timeout = how == How::never ? std::chrono::milliseconds{5} : timing::forever};
  for (const bool trapping : {false, true}) {
    trap_exit(trapping);
    for (int i = 0; i < 5; ++i) {
      const auto linked = co_await try_start_link<S>(options, how);
      EXPECT(!linked && linked.error().kind() == kind);
      EXPECT(!whereis("failing"));
      const auto apart = co_await try_start<S>(options, how);
      EXPECT(!apart && apart.error().kind() == kind);
      EXPECT(!whereis("failing"));
    }
    EXPECT(queued() == 0 && process_info(self()).links.empty());
  }
}

}  // namespace coppice::test
