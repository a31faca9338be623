// Options and statistics of a Scheduler. The ranges are checked by the system layer, which names a
// wrong option to its user; the scheduler takes them as they are.
#pragma once

#include <chrono>
#include <cstdint>
#include <vector>

namespace coppice::schedule {

// With hours for stall_after and report_after nobody watches for stalls.
struct SchedulerOptions {
  unsigned workers = 0;      // 1..1024; 0: as many as the machine runs at once
  unsigned max_spares = 64;  // 0..1024 workers that stand in for stalled ones
  std::chrono::nanoseconds stall_after{5'000'000};         // >= 100 us: a longer slice is a stall
  std::chrono::nanoseconds report_after{1'000'000'000};    // a stall this long is reported
  unsigned blocking_limit = 512;                           // 1..16384 threads for blocking work
  std::chrono::nanoseconds blocking_idle{10'000'000'000};  // an idle one of those ends after this
};

struct WorkerStats {
  std::uint64_t slices = 0;     // calls of Hooks::run
  std::uint64_t lifo_runs = 0;  // of which from the LIFO slot
  std::uint64_t steals = 0;     // successful steals, not runnables
  std::uint64_t parks = 0;      // times it went to sleep
  bool spare = false;
};

struct SchedulerStats {
  std::vector<WorkerStats> workers;  // the regular ones, then every spare that was ever started
  unsigned spares_on_duty = 0;
  std::uint64_t injected = 0;  // runnables from outside, from full rings, from stalled workers
  std::uint64_t stalls = 0;    // slices that ran longer than stall_after
  unsigned blocking_threads = 0;
};

}  // namespace coppice::schedule
