// The place for the one runnable that a worker has woken last and runs next. The worker fills and
// empties it; the stall watch may empty it for a worker that does not come back from its slice.
//
// Only the owner fills the slot, so an empty one stays empty for it. Both sides empty it, and who
// takes a runnable out is the only one that does. The watch seldom comes, and bears the cost:
//
//   owner  T1 Says that it takes.
//          T2 Barrier, for nothing.
//          T3 Takes by plain steps, unless the watch has come: then by an exchange.
//          T4 Takes back T1 (release).
//   watch  R1 Says that it has come.
//          R2 Barrier, for microseconds.
//          R3 Exchanges, unless the owner takes (acquire, pairs with T4: what it took is gone).
//          R4 Takes back R1 (release, pairs with T3's acquire: what was rescued is gone).
//
// T1 and T3 against R1 and R3: one of the two barriers comes second, and who passes it sees the
// other. If the watch sees the owner take, it leaves the slot to it: the owner has come back.
//
// Without such a barrier the owner exchanges each time.
//
// Thread safety: put, displace and take by the owner; rescue by one other thread at a time; full by
// anyone.
#pragma once

#include <coppice/base/sync.hpp>
#include <coppice/schedule/runnable.hpp>

namespace coppice::schedule {

class LifoSlot {
 public:
  explicit LifoSlot(bool barrier = base::AsymmetricBarrier::available()) noexcept
      : has_barrier_{barrier}, rescuer_{!barrier} {}

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
  // Null if it is empty, or was emptied by somebody else. No acquire of what is in it, as in
  // displace().
  [[nodiscard]] Runnable* take() noexcept {
    taking_.store(true, base::relaxed);
    barrier_.light();
    Runnable* taken = nullptr;
    if (!rescuer_.load(base::acquire)) [[likely]] {
      taken = runnable_.load(base::relaxed);
      runnable_.store(nullptr, base::relaxed);
    } else {
      taken = runnable_.exchange(nullptr, base::relaxed);
    }
    taking_.store(false, base::release);
    return taken;
  }

  // Null if it is empty, or the owner is about to empty it.
  [[nodiscard]] Runnable* rescue() noexcept {
    if (!has_barrier_) return runnable_.exchange(nullptr, base::acquire);
    rescuer_.store(true, base::relaxed);
    barrier_.heavy();
    const bool owner_is_back = taking_.load(base::acquire);
    Runnable* const taken = owner_is_back ? nullptr : runnable_.exchange(nullptr, base::acquire);
    rescuer_.store(false, base::release);
    return taken;
  }
  bool full() const noexcept { return runnable_.load(base::relaxed) != nullptr; }

 private:
  base::Atomic<Runnable*> runnable_{nullptr};
  base::Atomic<bool> taking_{false};  // the owner, by plain steps
  const bool has_barrier_;
  base::Atomic<bool> rescuer_;  // has come; without a barrier it is always taken to be there
  [[no_unique_address]] base::AsymmetricBarrier barrier_;
};

}  // namespace coppice::schedule
