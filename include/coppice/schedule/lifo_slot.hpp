// The place for the one runnable that a worker has woken last and runs next. The worker fills and
// empties it; the stall watch, and a spare that steps down, may empty it for a worker that does not
// come back from its slice.
//
// Only the owner fills the slot, so an empty one stays empty for it. Who takes a runnable out is
// the only one that does: both sides exchange.
//
// Thread safety: put, displace and take by the owner; rescue and full by anyone.
#pragma once

#include <coppice/base/sync.hpp>
#include <coppice/schedule/runnable.hpp>

namespace coppice::schedule {

class LifoSlot {
 public:
  // False: the slot is taken, see displace(). The release pairs with rescue()'s acquire, which may
  // be another thread's.
  [[nodiscard]] bool put(Runnable& runnable) noexcept {
    if (runnable_.load(base::relaxed) != nullptr) [[unlikely]]
      return false;
    runnable_.store(&runnable, base::release);
    return true;
  }
  // Puts it there in any case; what was there before is the caller's, null if it was rescued. The
  // release is put()'s; no acquire, as this thread put it there.
  [[nodiscard]] Runnable* displace(Runnable& runnable) noexcept {
    return runnable_.exchange(&runnable, base::release);
  }
  // Null if it is empty, or was emptied by somebody else. No acquire, as in displace().
  [[nodiscard]] Runnable* take() noexcept { return runnable_.exchange(nullptr, base::relaxed); }

  [[nodiscard]] Runnable* rescue() noexcept { return runnable_.exchange(nullptr, base::acquire); }
  bool full() const noexcept { return runnable_.load(base::relaxed) != nullptr; }

 private:
  base::Atomic<Runnable*> runnable_{nullptr};
};

}  // namespace coppice::schedule
