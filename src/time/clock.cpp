#include <coppice/time/clock.hpp>

#include <algorithm>
#include <cstdio>
#include <ctime>
#include <string_view>

#include <coppice/base/sync.hpp>

#if defined(__x86_64__)
#include <x86intrin.h>
#endif

namespace coppice::timing {
namespace {

Instant read(clockid_t clock) noexcept {
  timespec t{};
  ::clock_gettime(clock, &t);
  return Instant{std::chrono::seconds{t.tv_sec} + Duration{t.tv_nsec}};
}

}  // namespace

Instant real_now() noexcept { return read(CLOCK_MONOTONIC); }

Instant real_coarse_now() noexcept { return read(CLOCK_MONOTONIC_COARSE); }

Duration real_coarse_resolution() noexcept {
  static const Duration resolution = [] {
    timespec t{};
    ::clock_getres(CLOCK_MONOTONIC_COARSE, &t);
    return Duration{std::chrono::seconds{t.tv_sec} + Duration{t.tv_nsec}};
  }();
  return resolution;
}

#if defined(__x86_64__)

// How the upper reading comes about: a thread keeps the last precise reading and the time-stamp
// counter from just before it. While the counter has advanced by less than `budget`, which is never
// more than half a millisecond's worth, the present is less than that behind the kept reading; so
// the kept reading plus a whole one is an upper bound.
//
// The budget comes from a lower bound of the counter's frequency: its advance between the inner
// ends of two precise readings, divided by the time between those. Whatever delays a reading makes
// the bound smaller, never too large; only a machine that slept in between (the counter may go on,
// the clock stands still) would, and that is found out. The half of a millisecond that is left over
// covers what the kernel adjusts the clock's pace by, and reads of the counter that the processor
// does too soon.
namespace {

constexpr Duration slack = std::chrono::milliseconds{1};
constexpr std::int64_t budget_ns = slack.count() / 2;

struct Reading {
  std::uint64_t counter_before;
  Instant time;
  std::uint64_t counter_behind;
};

Reading take_reading() noexcept {
  const std::uint64_t before = __rdtsc();
  const Instant time = real_now();
  return {before, time, __rdtsc()};
}

// The kernel uses the counter for its own clock only where it runs at one pace on all processors.
bool counter_is_steady() noexcept {
  std::FILE* file =
      std::fopen("/sys/devices/system/clocksource/clocksource0/current_clocksource", "re");
  if (file == nullptr) return false;
  char name[16];
  const std::size_t length = std::fread(name, 1, sizeof name, file);
  std::fclose(file);
  return std::string_view{name, length} == "tsc\n";
}

// How long the machine has slept since it started.
Duration slept() noexcept { return read(CLOCK_BOOTTIME) - real_now(); }

// The counter's advance that is surely no more than budget_ns; 0 while that is not known.
std::uint64_t surely_within_budget(const Reading& latest) noexcept {
  static const bool steady = counter_is_steady();
  static const Duration slept_before = slept();
  static const Reading first = take_reading();
  static constinit base::Atomic<std::uint64_t> best{0};
  if (!steady) return 0;
  std::uint64_t known = best.load(base::relaxed);
  // Over a millisecond or more the ends do not matter, and after a second it is known well.
  const Duration elapsed = latest.time - first.time;
  if (elapsed < std::chrono::milliseconds{1}) return known;
  if (elapsed > std::chrono::seconds{1} && known != 0) return known;
  if (latest.counter_before < first.counter_behind) return known;
  if (slept() - slept_before > std::chrono::milliseconds{1}) return known;
  const std::uint64_t advance = latest.counter_before - first.counter_behind;
  const auto budget = static_cast<std::uint64_t>(static_cast<unsigned __int128>(advance) *
                                                 static_cast<unsigned>(budget_ns) /
                                                 static_cast<std::uint64_t>(elapsed.count()));
  // Each of them is a lower bound, so the largest is the best.
  while (budget > known && !best.compare_exchange_weak(known, budget, base::relaxed)) {
  }
  return std::max(known, budget);
}

struct Kept {
  std::uint64_t counter;
  std::uint64_t budget;
  std::int64_t upper;
};
[[gnu::tls_model("initial-exec")]] constinit thread_local Kept kept{0, 0, 0};

[[gnu::noinline]] Instant renew() noexcept {
  const Reading reading = take_reading();
  kept = {reading.counter_before, surely_within_budget(reading),
          after(reading.time, slack).time_since_epoch().count()};
  return reading.time;
}

}  // namespace

// Not inlined, so that a coroutine never keeps the address of another thread's storage.
[[gnu::noinline]] Instant real_upper_now() noexcept {
  // Unsigned, so a counter that went back (the machine slept) is a large advance.
  if (__rdtsc() - kept.counter < kept.budget) [[likely]]
    return Instant{Duration{kept.upper}};
  return renew();
}

#else

Instant real_upper_now() noexcept { return real_now(); }

#endif

}  // namespace coppice::timing
