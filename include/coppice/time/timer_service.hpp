// The timers of a runtime: several wheels, each with a lock of its own. A key (a process's slot
// index) chooses the wheel, so that all timers of one process share a lock and fire in the order of
// their deadlines, and so that those of different processes rarely wait for each other. Anyone may
// poll; the service has no thread.
//
// Timers are never early and, if polled at the times that next_expiry() names, at most one tick
// (0.26 ms) plus the poller's own delay late. Between keys there is no order.
//
// Thread safety: everything from any thread. `fire` runs under the lock of its wheel: after
// cancel() has returned, the entry is neither armed nor being fired. It must be short and must not
// take any wheel's lock (no arm, cancel, lock, poll); it may end its entry, and may use
// arm_locked() and cancel_locked() for keys of its own wheel: for its own key, that is.
//
// Ownership: entries belong to the caller and must be cancelled, or have fired, before they end.
// The service's end disarms what is left without firing it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <utility>

#include <coppice/base/export.hpp>
#include <coppice/base/spin_lock.hpp>
#include <coppice/base/sync.hpp>
#include <coppice/time/instant.hpp>
#include <coppice/time/wheel.hpp>

namespace coppice::timing {

class COPPICE_API TimerService {
 private:
  struct alignas(64) LockedWheel {
    // Not later than the wheel's earliest expiry. Written under the lock only; a cancel leaves it
    // as it is, the next poll then corrects it.
    base::Atomic<Instant::rep> next{never.time_since_epoch().count()};
    // Set under the lock when `next` has become earlier; who unlocks calls the hook.
    bool became_earlier = false;
    std::uint32_t word = 0;
    mutable base::SpinLock lock;
    Wheel entries;

    void arm(TimerEntry& entry, Instant deadline) noexcept;
  };

 public:
  using Key = std::uint32_t;
  using OnEarlier = void (*)(void* context, Instant expiry);

  // The hold on a key's wheel, for callers that keep lists of their own under the same lock.
  class [[nodiscard]] Lock {
   public:
    // Unlocks, then calls the on_earlier hook if there is reason to.
    ~Lock();
    Lock(const Lock&) = delete;
    Lock& operator=(const Lock&) = delete;

   private:
    friend class TimerService;
    Lock(const TimerService& service, LockedWheel& wheel) noexcept;
    const TimerService& service_;
    LockedWheel& wheel_;
  };

  // `wheels` is rounded up to a power of two; one for each worker is a good number. `start` is the
  // present of the clock that poll() will be given.
  explicit TimerService(unsigned wheels = 1, Instant start = Instant{});
  ~TimerService();
  TimerService(const TimerService&) = delete;
  TimerService& operator=(const TimerService&) = delete;

  // The hook is called outside the locks, by the thread that armed, when a wheel's next expiry has
  // become earlier; `expiry` is the new one. Another wheel's may be earlier still: the hook decides
  // whether somebody must wake. To be set before other threads arm.
  //
  // How to sleep without missing one: announce that you sleep (seq_cst), then ask next_expiry(),
  // then sleep until then. The new expiry is stored (seq_cst) before the hook is called, so either
  // next_expiry() shows it, or the hook, if it looks with seq_cst, sees the announcement.
  void on_earlier(OnEarlier hook, void* context) noexcept;

  // Arms `entry` to fire once `deadline` has passed; moves it if it is armed. A deadline that has
  // passed already fires at the next poll. `never` disarms. An entry keeps its key while armed.
  void arm(Key key, TimerEntry& entry, Instant deadline);
  // Disarms; false if it was not armed: it has fired, or never was.
  bool cancel(Key key, TimerEntry& entry);

  Lock lock(Key key) { return Lock{*this, wheel(key)}; }
  // For the holder of lock(key), and for `fire` with its entry's key.
  void arm_locked(Key key, TimerEntry& entry, Instant deadline) noexcept;
  bool cancel_locked(Key key, TimerEntry& entry) noexcept;

  // Fires what is due at `now` and returns how many. Costs a relaxed load for each wheel on which
  // nothing is due. Waits for nobody: a wheel whose lock is held is passed over and next_expiry()
  // goes on naming it. One call fires each entry at most once.
  std::size_t poll(Instant now);
  // When poll() has work to do next; `never` if nothing is armed. May be earlier than the next
  // deadline, by the wheel's nature and after a cancel; then poll() fires nothing and the answer
  // moves on.
  Instant next_expiry() const noexcept;

  // A word beside each wheel, 0 at first, for callers' own use under lock(key) or in `fire`; the
  // service does not look at it.
  std::uint32_t& word_locked(Key key) noexcept { return wheel(key).word; }
  // The keys below this number have a wheel each.
  Key wheel_count() const noexcept { return mask_ + 1; }

  // How many entries are armed. Takes the locks: for tests and reports.
  std::size_t armed() const;

 private:
  LockedWheel& wheel(Key key) const noexcept { return wheels_[key & mask_]; }
  std::size_t poll_wheel(LockedWheel& wheel, Instant now);

  const std::uint32_t mask_;
  const std::unique_ptr<LockedWheel[]> wheels_;
  OnEarlier hook_ = nullptr;
  void* hook_context_ = nullptr;
};

inline TimerService::Lock::Lock(const TimerService& service, LockedWheel& wheel) noexcept
    : service_{service}, wheel_{wheel} {
  wheel_.lock.lock();
}

inline TimerService::Lock::~Lock() {
  const bool tell = std::exchange(wheel_.became_earlier, false) && service_.hook_ != nullptr;
  const Instant expiry{Duration{wheel_.next.load(base::relaxed)}};
  wheel_.lock.unlock();
  if (tell) [[unlikely]]
    service_.hook_(service_.hook_context_, expiry);
}

inline void TimerService::arm_locked(Key key, TimerEntry& entry, Instant deadline) noexcept {
  wheel(key).arm(entry, deadline);
}

inline bool TimerService::cancel_locked(Key key, TimerEntry& entry) noexcept {
  return wheel(key).entries.remove(entry);
}

}  // namespace coppice::timing
