#include <coppice/supervision/intensity.hpp>

#include <algorithm>

namespace coppice::supervision {

RestartBudget::RestartBudget(std::size_t intensity, timing::Duration period) noexcept
    : intensity_{intensity}, period_{period} {}

Budget RestartBudget::spend(timing::Instant now) {
  if (intensity_ == 0) return Budget::exceeded;
  // One old time makes room for the new one, so the ring needs no sweep: it never holds more than
  // it must by one.
  const bool oldest_expired = used_ > 0 && expired(at(0), now);
  if (used_ == intensity_ && !oldest_expired) return Budget::exceeded;
  if (oldest_expired) {
    oldest_ = (oldest_ + 1) % ring_.size();
    --used_;
  } else if (used_ == ring_.size()) {
    grow();
  }
  ring_[(oldest_ + used_) % ring_.size()] = now;
  ++used_;
  return Budget::within;
}

std::size_t RestartBudget::left(timing::Instant now) const noexcept {
  // The times ascend, so what has expired is found by halving.
  std::size_t gone = 0;
  std::size_t live = used_;
  while (gone < live) {
    const std::size_t middle = gone + (live - gone) / 2;
    if (expired(at(middle), now))
      gone = middle + 1;
    else
      live = middle;
  }
  return intensity_ - (used_ - gone);
}

void RestartBudget::grow() {
  std::vector<timing::Instant> bigger(
      std::min(intensity_, std::max<std::size_t>(4, ring_.size() * 2)));
  for (std::size_t i = 0; i < used_; ++i) bigger[i] = at(i);
  ring_ = std::move(bigger);
  oldest_ = 0;
}

}  // namespace coppice::supervision
