// For tests of how a cost grows: what this program has had of the processors, which the other programs of a busy machine
// do not change as they do the time that passes.
#pragma once

#include <chrono>
#include <ctime>

#include <coppice/time/instant.hpp>

namespace coppice::test {

inline timing::Duration processor_time() {
  timespec used;
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &used);
  return std::chrono::seconds{used.tv_sec} + std::chrono::nanoseconds{used.tv_nsec};
}

}  // namespace coppice::test
