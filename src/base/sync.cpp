#include <coppice/base/sync.hpp>

#include "futex.hpp"

namespace coppice::base {
namespace {

// The parker's states. Only the owner moves to `parked`, only unpark() moves to `permit`.
constexpr std::uint32_t empty = 0;
constexpr std::uint32_t permit = 1;
constexpr std::uint32_t parked = 2;

}  // namespace

// The protocol: the owner announces `parked` and sleeps only while the word says so; unpark() replaces whatever stands
// there by `permit` and wakes the owner if it was parked. The kernel compares the word again before it sleeps, so an
// unpark between the announcement and the sleep is seen. The acquire that takes the permit pairs with unpark's release; the
// announcement, and the look that finds a permit there, need none: who finds one takes it by another exchange.
void Parker::park() noexcept {
  std::uint32_t seen = empty;
  if (!state_.compare_exchange_strong(seen, parked, relaxed, relaxed)) {
    // A permit was there. An exchange, not a store: a second unpark() may have come since, and what it published must
    // be visible too, as its permit ends here with the first one.
    state_.exchange(empty, acquire);
    return;
  }
  for (;;) {
    futex_wait(state_, parked, std::nullopt);
    std::uint32_t given = permit;
    if (state_.compare_exchange_strong(given, empty, acquire, relaxed)) return;
  }
}

bool Parker::park_for(std::chrono::nanoseconds limit) noexcept {
  std::uint32_t seen = empty;
  if (!state_.compare_exchange_strong(seen, parked, relaxed, relaxed)) {
    state_.exchange(empty, acquire);
    return true;
  }
  if (limit.count() > 0) futex_wait(state_, parked, limit);
  // Timed out, woken or woken for nothing: whoever parks looks again at what it waits for, so no second sleep here.
  return state_.exchange(empty, acquire) == permit;
}

void Parker::unpark() noexcept {
  if (state_.exchange(permit, release) == parked) futex_wake_one(state_);
}

}  // namespace coppice::base
