// A lock for holds of well under a microsecond: half the price of a mutex when nobody else wants
// it, as it is given back with a plain store. Who finds it held spins for a moment, then yields its
// processor, then sleeps for short spells, so a holder that was preempted gets to run. Not
// fair, not recursive.
#pragma once

#include <coppice/base/export.hpp>
#include <coppice/base/sync.hpp>

namespace coppice::base {

class COPPICE_API SpinLock {
 public:
  SpinLock() = default;
  SpinLock(const SpinLock&) = delete;
  SpinLock& operator=(const SpinLock&) = delete;

  // The acquire pairs with unlock()'s release: what the last holder wrote is visible.
  void lock() noexcept {
    if (held_.exchange(true, acquire)) [[unlikely]]
      wait();
  }
  bool try_lock() noexcept { return !held_.load(relaxed) && !held_.exchange(true, acquire); }
  void unlock() noexcept { held_.store(false, release); }

 private:
  void wait() noexcept;

  Atomic<bool> held_{false};
};

// Holds a SpinLock for a scope.
class [[nodiscard]] SpinGuard {
 public:
  explicit SpinGuard(SpinLock& lock) noexcept : lock_{lock} { lock_.lock(); }
  ~SpinGuard() { lock_.unlock(); }
  SpinGuard(const SpinGuard&) = delete;
  SpinGuard& operator=(const SpinGuard&) = delete;

 private:
  SpinLock& lock_;
};

}  // namespace coppice::base
