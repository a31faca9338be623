// RestartBudget: how many restarts a supervisor allows itself within a sliding period (OTP's
// intensity and period).
//
// The rule: a restart at time `now` is within the budget if at most `intensity` restarts, itself
// included, have a time t with t > now - period. Only the last `intensity` times matter, so a ring
// of these is kept: the restart is one too many if and only if the ring is full and its oldest time
// is still within the period. So a restart costs the same however many there were (OTP walks a list
// of all within the period), and the ring grows only as far as restarts within one period need it.
//
// Differs from OTP: exact time, where OTP 25 compares whole seconds. Not thread-safe; its
// supervisor owns it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include <coppice/base/export.hpp>
#include <coppice/time/instant.hpp>

namespace coppice::supervision {

enum class Budget : std::uint8_t { within, exceeded };

class COPPICE_API RestartBudget {
 public:
  // `intensity` is how many restarts are allowed; 0 means none. `period` must be positive.
  RestartBudget(std::size_t intensity, timing::Duration period) noexcept;

  // Counts a restart. After `exceeded` the supervisor is to end; the restart was not counted.
  // `now` must not be earlier than in the last call.
  [[nodiscard]] Budget spend(timing::Instant now);
  // How many more restarts are allowed at `now`.
  std::size_t left(timing::Instant now) const noexcept;

  std::size_t intensity() const noexcept { return intensity_; }
  timing::Duration period() const noexcept { return period_; }

 private:
  bool expired(timing::Instant spent, timing::Instant now) const noexcept {
    return now - spent >= period_;
  }
  timing::Instant at(std::size_t age) const noexcept {
    return ring_[(oldest_ + age) % ring_.size()];
  }
  void grow();

  std::size_t intensity_;
  timing::Duration period_;
  std::vector<timing::Instant> ring_;
  std::size_t oldest_ = 0;
  std::size_t used_ = 0;
};

}  // namespace coppice::supervision
