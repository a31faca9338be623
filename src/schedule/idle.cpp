#include <coppice/schedule/idle.hpp>

#include <algorithm>

namespace coppice::schedule {

using base::acq_rel;
using base::LockGuard;
using base::seq_cst;

IdleSet::IdleSet(unsigned regular, unsigned spares) : regular_{regular} {
  sleepers_.reserve(regular + spares);
  retired_.reserve(spares);
}

Sleeper* IdleSet::pick() noexcept {
  const std::uint32_t seen = word_.load(seq_cst);
  if ((seen & low) != 0 || seen < one_sleeping) return nullptr;
  const LockGuard guard{lock_};
  if ((word_.load(seq_cst) & low) != 0) return nullptr;
  return take_sleeper();
}

Sleeper* IdleSet::pick_anyway() noexcept {
  const LockGuard guard{lock_};
  return take_sleeper();
}

// Under the lock. The latest sleeper has the warmest cache; a spare and the keeper go only when
// there is nobody else, the one because it is too much on the machine when the stall is over, the
// other because nobody would watch the clock.
Sleeper* IdleSet::take_sleeper() noexcept {
  if (sleepers_.empty()) return nullptr;
  auto best = sleepers_.end() - 1;
  int best_rank = 4;
  for (auto it = sleepers_.end(); it != sleepers_.begin() && best_rank > 0;) {
    --it;
    const int rank = ((*it)->spare ? 2 : 0) + (*it == keeper_ ? 1 : 0);
    if (rank < best_rank) {
      best = it;
      best_rank = rank;
    }
  }
  Sleeper* const chosen = *best;
  sleepers_.erase(best);
  chosen->listed = false;
  if (chosen == keeper_) keeper_ = nullptr;
  ++departures_;
  word_.fetch_add(one_searching - one_sleeping, seq_cst);
  return chosen;
}

bool IdleSet::begin_search() noexcept {
  std::uint32_t seen = word_.load(base::relaxed);
  do {
    if (2 * (seen & low) >= regular_) return false;
  } while (!word_.compare_exchange_weak(seen, seen + one_searching, seq_cst, base::relaxed));
  return true;
}

bool IdleSet::end_search() noexcept { return (word_.fetch_sub(one_searching, seq_cst) & low) == 1; }

void IdleSet::enlist(Sleeper& sleeper, bool searching) noexcept {
  const LockGuard guard{lock_};
  sleepers_.push_back(&sleeper);
  sleeper.listed = true;
  if (keeper_ == nullptr) {
    keeper_ = &sleeper;
    kept_until_ = timing::never;
  }
  word_.fetch_add(one_sleeping - (searching ? one_searching : 0), seq_cst);
}

bool IdleSet::leave(Sleeper& sleeper) noexcept {
  const LockGuard guard{lock_};
  if (!sleeper.listed) return false;
  sleepers_.erase(std::find(sleepers_.begin(), sleepers_.end(), &sleeper));
  sleeper.listed = false;
  if (keeper_ == &sleeper) keeper_ = nullptr;
  ++departures_;
  word_.fetch_add(one_searching - one_sleeping, seq_cst);
  return true;
}

IdleSet::Standing IdleSet::standing(const Sleeper& sleeper) noexcept {
  const LockGuard guard{lock_};
  return {.listed = sleeper.listed, .keeper = keeper_ == &sleeper, .retired = sleeper.retired};
}

void IdleSet::keep_until(const Sleeper& sleeper, timing::Instant until) noexcept {
  const LockGuard guard{lock_};
  if (keeper_ == &sleeper) kept_until_ = until;
}

Sleeper* IdleSet::keeper_to_wake(timing::Instant expiry) noexcept {
  const LockGuard guard{lock_};
  return expiry < kept_until_ ? keeper_ : nullptr;
}

bool IdleSet::retire(Sleeper& sleeper, bool searching, bool& last) noexcept {
  const LockGuard guard{lock_};
  if (on_duty_ <= stalled_) return false;
  --on_duty_;
  retired_.push_back(&sleeper);
  sleeper.retired = true;
  last = searching && (word_.fetch_sub(one_searching, seq_cst) & low) == 1;
  return true;
}

Sleeper* IdleSet::retire_surplus() noexcept {
  const LockGuard guard{lock_};
  if (on_duty_ <= stalled_) return nullptr;
  const auto it =
      std::find_if(sleepers_.begin(), sleepers_.end(), [](const Sleeper* s) { return s->spare; });
  // The last sleeper stays: it keeps the time, and somebody is awake who will fall asleep or work.
  if (it == sleepers_.end() || sleepers_.size() == 1) return nullptr;
  Sleeper* const spare = *it;
  sleepers_.erase(it);
  spare->listed = false;
  spare->retired = true;
  retired_.push_back(spare);
  --on_duty_;
  word_.fetch_sub(one_sleeping, seq_cst);
  if (spare != keeper_) return nullptr;
  keeper_ = sleepers_.front();
  kept_until_ = timing::never;
  return keeper_;
}

Sleeper* IdleSet::recall() noexcept {
  const LockGuard guard{lock_};
  if (retired_.empty()) return nullptr;
  Sleeper* const spare = retired_.back();
  retired_.pop_back();
  spare->retired = false;
  ++on_duty_;
  word_.fetch_add(one_searching, seq_cst);
  return spare;
}

void IdleSet::enter_duty() noexcept {
  const LockGuard guard{lock_};
  ++on_duty_;
  word_.fetch_add(one_searching, seq_cst);
}

void IdleSet::leave_duty() noexcept {
  const LockGuard guard{lock_};
  --on_duty_;
  word_.fetch_sub(one_searching, seq_cst);
}

void IdleSet::set_stalled(unsigned count, bool busy_too) noexcept {
  busy_spares_step_down_.store(busy_too, base::relaxed);
  const LockGuard guard{lock_};
  stalled_ = count;
}

unsigned IdleSet::on_duty() noexcept {
  const LockGuard guard{lock_};
  return on_duty_;
}

bool IdleSet::all_asleep() noexcept {
  const LockGuard guard{lock_};
  return sleepers_.size() == regular_ + on_duty_;
}

// Under the lock, as a sleeper's way into the list is: who went to sleep because its queues were
// rescued did so after the flag, and who sees it taken back sees what was pushed.
void IdleSet::set_rescuing(bool on) noexcept {
  const LockGuard guard{lock_};
  rescuing_ = on;
}

std::optional<std::uint64_t> IdleSet::sleep_of_all() noexcept {
  const LockGuard guard{lock_};
  if (rescuing_ || sleepers_.size() != regular_ + on_duty_) return std::nullopt;
  return departures_;
}

}  // namespace coppice::schedule
