#include <coppice/time/clock.hpp>

#include <ctime>

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

Instant real_upper_now() noexcept { return real_now(); }

}  // namespace coppice::timing
