// Slots: the numbers of a simulation's processes, by its seed alone. A slot that was freed is taken again every other time, so
// that a stale pid meets its successor as often as a new slot.
#pragma once

#include <cstdint>
#include <unordered_map>
#include <vector>

#include <coppice/base/random.hpp>
#include <coppice/process/host.hpp>
#include <coppice/process/pid.hpp>
#include <coppice/process/seam.hpp>
#include <coppice/process/table.hpp>

namespace coppice::testing {

class Slots {
 public:
  explicit Slots(std::uint64_t seed) noexcept : random_{seed} {}

  std::uint32_t take() noexcept {
    const bool full = fresh_ > process::most_slots;
    if (!free_.empty() && (full || random_.chance(0.5))) {
      std::swap(free_[random_.below(free_.size())], free_.back());
      const std::uint32_t slot = free_.back();
      free_.pop_back();
      return slot;
    }
    if (full) return 0;
    process::slot_at(fresh_).life.begin_anew();
    return fresh_++;
  }
  void give_back(std::uint32_t slot) { free_.push_back(slot); }
  process::SlotRange range() const noexcept { return {process::first_reserved_slot, fresh_ - 1}; }

 private:
  base::Random random_;
  std::uint32_t fresh_ = process::first_reserved_slot;
  std::vector<std::uint32_t> free_;
};

// The numbers of the references that a process makes (0: whoever is no process): a block of its own, at a place by the seed.
// None that a real run will ever make.
constexpr process::ReferenceNumbers references_of(std::uint64_t seed, std::uint32_t actor) noexcept {
  constexpr unsigned block_bits = 32, actor_bits = 29;
  const std::uint64_t place = (actor ^ base::mix(seed)) & ((std::uint64_t{1} << actor_bits) - 1);
  const std::uint64_t first = std::uint64_t{1} << 62 | place << block_bits;
  return {first, first + (std::uint64_t{1} << block_bits)};
}

// The number of the n-th timer that a process sets: as with references.
constexpr TimerRef timer_number(std::uint64_t seed, std::uint32_t actor, std::uint32_t nth) noexcept {
  const std::uint64_t mixed = base::mix(seed);
  return TimerRef{process::first_numbered_timer | ((actor ^ static_cast<std::uint32_t>(mixed)) & (process::first_numbered_timer - 1)),
                  nth + static_cast<std::uint32_t>(mixed >> 32)};
}

// The timers that are set, by the numbers that they show.
class TimerNumbers {
 public:
  void insert(TimerRef number, TimerRef timer) {
    timers_.insert_or_assign(number, timer);
    numbers_.insert_or_assign(timer.slot(), number);
  }
  TimerRef timer(TimerRef number) const noexcept {
    const auto found = timers_.find(number);
    return found == timers_.end() ? TimerRef{} : found->second;
  }
  void erase(std::uint32_t slot) noexcept {
    const auto found = numbers_.find(slot);
    if (found == numbers_.end()) return;
    timers_.erase(found->second);
    numbers_.erase(found);
  }

 private:
  std::unordered_map<TimerRef, TimerRef> timers_;
  std::unordered_map<std::uint32_t, TimerRef> numbers_;  // by slot
};

}  // namespace coppice::testing
