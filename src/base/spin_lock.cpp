#include <coppice/base/spin_lock.hpp>

namespace coppice::base {

void SpinLock::wait() noexcept {
  constexpr int spins = 64;
  constexpr int yields = 64;
  for (int round = 0;; ++round) {
    if (try_lock()) return;
    if (round < spins) {
      spin_pause();
    } else if (round < spins + yields) {
      yield_thread();
    } else {
      // The holder may have a lower priority than all who yield to each other.
      Parker nobody;
      (void)nobody.park_for(std::chrono::microseconds{50});
    }
  }
}

}  // namespace coppice::base
