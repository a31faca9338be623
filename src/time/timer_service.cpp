#include <coppice/time/timer_service.hpp>

#include <algorithm>
#include <bit>

namespace coppice::timing {
namespace {

using Count = Instant::rep;
constexpr Count count_of(Instant t) { return t.time_since_epoch().count(); }

// How many entries are fired under one hold of the lock: those who arm and cancel meanwhile wait
// for no more than that.
constexpr std::size_t batch = 64;

}  // namespace

void TimerService::LockedWheel::arm(TimerEntry& entry, Instant deadline) noexcept {
  entries.remove(entry);
  const Tick expiry = tick_not_before(deadline);
  const Count at = count_of(start_of(expiry));
  if (at == count_of(never)) return;  // also the last 0.26 ms that the clock can count
  entries.insert(entry, expiry);
  if (at < next.load(base::relaxed)) {
    // Pairs with next_expiry(), see on_earlier().
    next.store(at, base::seq_cst);
    became_earlier = true;
  }
}

TimerService::TimerService(unsigned wheels, Instant start)
    : mask_{std::bit_ceil(std::clamp(wheels, 1u, 4096u)) - 1},
      wheels_{std::make_unique<LockedWheel[]>(std::size_t{mask_} + 1)} {
  for (std::size_t i = 0; i <= mask_; ++i) wheels_[i].entries.collect(tick_at(start));
}

TimerService::~TimerService() = default;

void TimerService::on_earlier(OnEarlier hook, void* context) noexcept {
  hook_ = hook;
  hook_context_ = context;
}

void TimerService::arm(Key key, TimerEntry& entry, Instant deadline) {
  const Lock held = lock(key);
  held.wheel_.arm(entry, deadline);
}

bool TimerService::cancel(Key key, TimerEntry& entry) {
  const Lock held = lock(key);
  return held.wheel_.entries.remove(entry);
}

std::size_t TimerService::poll(Instant now) {
  std::size_t fired = 0;
  for (std::size_t i = 0; i <= mask_; ++i) {
    LockedWheel& wheel = wheels_[i];
    if (wheel.next.load(base::relaxed) <= count_of(now)) [[unlikely]] {
      fired += poll_wheel(wheel, now);
    }
  }
  return fired;
}

// 1 Collect what is due. 2 Fire a batch. 3 Publish when the next work is: now, while some is left.
// 4 Unlock, so that those who wait for the lock get it, and take it again for the rest; if somebody
// else holds it then, what is left is for the next poll, as step 3 says.
std::size_t TimerService::poll_wheel(LockedWheel& wheel, Instant now) {
  std::size_t fired = 0;
  if (!wheel.lock.try_lock()) return 0;
  wheel.entries.collect(tick_at(now));
  for (;;) {
    for (std::size_t i = 0; i < batch; ++i) {
      TimerEntry* entry = wheel.entries.take_due();
      if (entry == nullptr) break;
      entry->fire(*entry);
      ++fired;
    }
    const bool more = wheel.entries.has_due();
    // No hook for what `fire` armed: it cannot be due before what was due now, so no sleeper sleeps
    // past it. Relaxed: it only becomes later, and whoever reads an old value polls too soon at
    // worst.
    wheel.became_earlier = false;
    wheel.next.store(count_of(start_of(wheel.entries.next_expiry())), base::relaxed);
    wheel.lock.unlock();
    if (!more || !wheel.lock.try_lock()) return fired;
  }
}

Instant TimerService::next_expiry() const noexcept {
  Count earliest = count_of(never);
  for (std::size_t i = 0; i <= mask_; ++i) {
    earliest = std::min(earliest, wheels_[i].next.load(base::seq_cst));
  }
  return Instant{Duration{earliest}};
}

std::size_t TimerService::armed() const {
  std::size_t sum = 0;
  for (std::size_t i = 0; i <= mask_; ++i) {
    const base::SpinGuard guard{wheels_[i].lock};
    sum += wheels_[i].entries.size();
  }
  return sum;
}

}  // namespace coppice::timing
