// The clock seam: one Clock a runtime, shared by reference. It reads the machine's monotonic clock,
// or whatever ClockSource it was given (a simulator's virtual time); which one is a single
// predictable test.
//
// Thread safety: everything from any thread; a ClockSource must be so too.
#pragma once

#include <coppice/base/export.hpp>
#include <coppice/time/instant.hpp>

namespace coppice::timing {

// A clock that stands in for the machine's.
class ClockSource {
 public:
  virtual ~ClockSource() = default;
  // Never goes back.
  virtual Instant now() = 0;
  // A cheaper reading, not later than now(), usually not earlier by more than coarse_resolution().
  virtual Instant coarse_now() { return now(); }
  virtual Duration coarse_resolution() { return Duration::zero(); }
  // Nothing can run, and no timer is due before `next`: a clock that need not wait for time to pass
  // goes there, and says so. Not later than there: by any thread, also by two at once.
  virtual bool skip_to(Instant) { return false; }
};

// The machine's clock (CLOCK_MONOTONIC: stands still while the machine sleeps).
COPPICE_API Instant real_now() noexcept;
COPPICE_API Instant real_coarse_now() noexcept;
COPPICE_API Duration real_coarse_resolution() noexcept;
// An instant that is not before real_now() and at most 2 ms after it, for less than half the price.
// The other side of the coarse clock, whose lag has no bound that could be relied on.
COPPICE_API Instant real_upper_now() noexcept;

class Clock {
 public:
  // The machine's clock, or `source`, which the caller keeps alive.
  explicit Clock(ClockSource* source = nullptr) noexcept : virtual_{source} {}
  Clock(const Clock&) = delete;
  Clock& operator=(const Clock&) = delete;

  Instant now() const {
    if (virtual_ != nullptr) [[unlikely]]
      return virtual_->now();
    return real_now();
  }

  // For what may lag: by the kernel's tick as a rule (1 to 10 ms), but by more when the machine is
  // a guest whose host was busy. Never for deadlines.
  Instant coarse_now() const {
    if (virtual_ != nullptr) [[unlikely]]
      return virtual_->coarse_now();
    return real_coarse_now();
  }

  Duration coarse_resolution() const {
    if (virtual_ != nullptr) [[unlikely]]
      return virtual_->coarse_resolution();
    return real_coarse_resolution();
  }

  // When a timeout that starts now is over: never earlier than `timeout` from now, and for 100 ms
  // or more up to 2 ms later, as that clock reading is cheaper. A timeout of zero or less is over
  // already; one out of range is `never`.
  Instant deadline_after(Duration timeout) const {
    if (virtual_ != nullptr) [[unlikely]]
      return after(virtual_->now(), timeout);
    return after(timeout >= cheap_timeout ? real_upper_now() : real_now(), timeout);
  }

  bool skip_to(Instant next) const { return virtual_ != nullptr && virtual_->skip_to(next); }
  bool is_virtual() const noexcept { return virtual_ != nullptr; }

 private:
  static constexpr Duration cheap_timeout = std::chrono::milliseconds{100};

  ClockSource* virtual_;
};

}  // namespace coppice::timing
