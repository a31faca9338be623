// What tests with processes share: a runtime whose number of schedulers the test run chooses, and
// the check that nothing is left when it has stopped.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <utility>

#include <coppice/base/block_pool.hpp>
#include <coppice/process/sleep.hpp>
#include <coppice/process/timers.hpp>
#include <coppice/system/runtime.hpp>

#include "catch.hpp"
#include "expect.hpp"

namespace coppice::test {

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
inline constexpr bool sanitized = true;
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
inline constexpr bool sanitized = true;
#else
inline constexpr bool sanitized = false;
#endif
#else
inline constexpr bool sanitized = false;
#endif

// A count for a run at full speed, less where a sanitizer makes every step many times as long.
constexpr std::size_t scaled(std::size_t full, std::size_t with_sanitizer) {
  return sanitized ? with_sanitizer : full;
}

// COPPICE_TEST_SCHEDULERS, else two.
inline unsigned schedulers() {
  const char* given = std::getenv("COPPICE_TEST_SCHEDULERS");
  return given == nullptr ? 2 : static_cast<unsigned>(std::strtoul(given, nullptr, 10));
}

// Without reports on stderr: the tests make processes crash.
inline RuntimeOptions quiet(unsigned count = schedulers()) {
  RuntimeOptions options;
  options.schedulers = count;
  options.crash_reports = false;
  return options;
}

// Checks that every block of the pool and every slot of a timer that was taken meanwhile was given back.
class LeavesNothing {
 public:
  LeavesNothing() = default;
  ~LeavesNothing() {
    CHECK(base::pool_stats().live_blocks == blocks_);
    CHECK(process::timer_slots() == timer_slots_);
  }
  LeavesNothing(const LeavesNothing&) = delete;
  LeavesNothing& operator=(const LeavesNothing&) = delete;

 private:
  std::uint64_t blocks_ = base::pool_stats().live_blocks;
  std::size_t timer_slots_ = process::timer_slots();
};

// Runs a coroutine `Task<> body()` as a process in a runtime of its own.
template <class Body>
void in_runtime(const RuntimeOptions& options, Body&& body) {
  const LeavesNothing check;
  Runtime runtime{options};
  runtime.run(std::forward<Body>(body));
  runtime.stop();
}
template <class Body>
void in_process(Body&& body) {
  in_runtime(quiet(), std::forward<Body>(body));
}
// With one scheduler, and none that stands in for it, processes take turns: what another one does, it does while this one
// waits.
template <class Body>
void in_turns(Body&& body) {
  RuntimeOptions options = quiet(1);
  options.max_spares = 0;
  in_runtime(options, std::forward<Body>(body));
}

}  // namespace coppice::test
