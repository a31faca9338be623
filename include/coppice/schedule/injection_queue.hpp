// The queue for runnables that no worker holds: scheduled from outside, spilled from a full ring,
// rescued from a stalled worker. A list under a lock, with its length readable without it; a braid,
// since it may hold a million processes that nobody has touched since they were spilled.
//
// Thread safety: any thread; take() with the ring of the calling worker. The length is stored
// seq_cst before push() returns, which is the "push" of the sleep protocol (idle.hpp).
#pragma once

#include <cstddef>
#include <cstdint>

#include <coppice/base/braid.hpp>
#include <coppice/base/steal_ring.hpp>
#include <coppice/base/sync.hpp>
#include <coppice/schedule/runnable.hpp>

namespace coppice::schedule {

using Ring = base::StealRing<Runnable>;

class InjectionQueue {
 public:
  void push(Runnable& runnable) noexcept {
    const base::LockGuard guard{lock_};
    list_.push_back(runnable);
    length_.store(list_.size(), base::seq_cst);
  }

  // All of `batch`, in its order, in one step.
  void push(RunList& batch) noexcept {
    const base::LockGuard guard{lock_};
    while (Runnable* const runnable = batch.pop_front()) list_.push_back(*runnable);
    length_.store(list_.size(), base::seq_cst);
  }

  // The oldest, for running at once, or null; and after it a fair share for one of `sharers`
  // workers to the back of `ring`, which is the caller's: at most `most`, and as far as there is
  // room.
  Runnable* take(Ring& ring, std::size_t sharers, std::size_t most) noexcept {
    return empty() ? nullptr : take_some(ring, sharers, most);
  }

  bool empty() const noexcept { return length_.load(base::seq_cst) == 0; }

  // How many were ever pushed.
  std::uint64_t pushed() const noexcept {
    const base::LockGuard guard{lock_};
    return list_.pushed();
  }

 private:
  [[gnu::noinline]] Runnable* take_some(Ring& ring, std::size_t sharers,
                                        std::size_t most) noexcept {
    const base::LockGuard guard{lock_};
    Runnable* const oldest = list_.pop_front();
    const std::size_t share = list_.size() / sharers;
    ring.push_some(share < most ? share : most,
                   [this]() -> Runnable& { return *list_.pop_front(); });
    // After the ring's tail: who finds the queue empty then sees what is in the ring.
    length_.store(list_.size(), base::seq_cst);
    return oldest;
  }

  mutable base::Mutex lock_;
  base::Braid<&Runnable::run_next> list_;
  base::Atomic<std::size_t> length_{0};
};

}  // namespace coppice::schedule
