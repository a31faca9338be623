// A hierarchical timing wheel: which of many timers are due, at a cost that does not depend on how
// many there are. A pure structure: it reads no clock, takes no lock, calls nobody.
//
// Time is counted in ticks of 2^18 ns (0.26 ms). Eight levels of slots span every Instant: a timer
// lies on the level of the highest digit (in base 64) in which its expiry differs from the wheel's
// present, in the slot of that digit, and moves down when the present reaches its slot. So a timer
// moves at most seven times, mostly once or not at all, and bitmaps of the occupied slots let the
// present jump over hours at the cost of the slots that hold something.
//
// A slot may hold hundreds of thousands, and while they move, nothing is fired. So each level has
// two windows of 64 slots, of the slot above it that the present is in and of the next one; and
// each collect() moves some of the next slots' timers ahead of their time.
//
// Timers of one expiry tick are due in the order of insertion, those of different ticks in the
// order of time; those inserted when their time had passed already are due first in the next
// collect().
//
// Thread safety: none. Ownership: entries belong to the caller and must be removed, or have come
// out of take_due(), before they end; the wheel's end disarms what is left.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include <coppice/base/export.hpp>
#include <coppice/time/instant.hpp>

namespace coppice::timing {

using Tick = std::uint64_t;

inline constexpr unsigned tick_bits = 18;
inline constexpr Duration tick_length{std::int64_t{1} << tick_bits};
inline constexpr Tick no_tick = ~Tick{0};

// The tick that has begun at `now`; instants before the clock's zero count as zero.
constexpr Tick tick_at(Instant now) noexcept {
  const std::int64_t ns = now.time_since_epoch().count();
  return ns <= 0 ? 0 : static_cast<Tick>(ns) >> tick_bits;
}

// The first tick that does not begin before `deadline`: rounding up, so that nothing is early.
// `never` is no_tick.
constexpr Tick tick_not_before(Instant deadline) noexcept {
  if (deadline == never) return no_tick;
  const std::int64_t ns = deadline.time_since_epoch().count();
  if (ns <= 0) return 0;
  return ((static_cast<Tick>(ns) - 1) >> tick_bits) + 1;
}

// When `tick` begins; `never` for no_tick and what is out of range.
constexpr Instant start_of(Tick tick) noexcept {
  if (tick > (static_cast<Tick>(Duration::max().count()) >> tick_bits)) return never;
  return Instant{Duration{static_cast<std::int64_t>(tick << tick_bits)}};
}

// A place in a circular list.
struct TimerLinks {
  TimerLinks* previous = nullptr;
  TimerLinks* next = nullptr;
};

// What is to happen at a time; a member or a base of the object that it concerns. 32 bytes.
class TimerEntry : private TimerLinks {
 public:
  using Fire = void (*)(TimerEntry&) noexcept;

  // `on_fire` is for the TimerService to call; the wheel itself never does.
  explicit TimerEntry(Fire on_fire = nullptr) noexcept : fire{on_fire} {}
  TimerEntry(const TimerEntry&) = delete;
  TimerEntry& operator=(const TimerEntry&) = delete;

  // In a wheel, or due and not yet taken. To be asked under the wheel's lock.
  bool armed() const noexcept { return next != nullptr; }
  // The tick it was armed for last.
  Tick expiry() const noexcept { return expiry_; }

  Fire fire;

 private:
  friend class Wheel;
  Tick expiry_ = 0;
};

class COPPICE_API Wheel {
 public:
  explicit Wheel(Tick now = 0) noexcept;
  ~Wheel();
  Wheel(const Wheel&) = delete;
  Wheel& operator=(const Wheel&) = delete;

  // Arms `entry`, which must not be armed, for `expiry`; no_tick is not allowed.
  void insert(TimerEntry& entry, Tick expiry) noexcept;
  // Disarms it; false if it was not armed.
  bool remove(TimerEntry& entry) noexcept;

  // Moves the present to `now` (never back) and what is due by then to the list that take_due()
  // takes from.
  void collect(Tick now) noexcept;
  // The next due entry, disarmed, or null. Entries may be inserted and removed in between, due ones
  // too; what is inserted waits for the next collect(), however early its expiry.
  TimerEntry* take_due() noexcept;
  bool has_due() const noexcept { return !is_empty(due_list); }

  // collect(), then `sink(entry)` for each due entry.
  template <class Sink>
  void advance(Tick now, Sink&& sink) {
    collect(now);
    while (TimerEntry* entry = take_due()) sink(*entry);
  }

  // A tick by which collect() has work to do: not later than the earliest expiry, and equal to it
  // within 64 ticks of the present; before it, a collect() there brings the answer nearer. no_tick
  // when nothing is armed.
  Tick next_expiry() const noexcept;
  Tick now() const noexcept { return now_; }
  std::size_t size() const noexcept { return size_; }

 private:
  static constexpr unsigned digit_bits = 6;
  static constexpr unsigned slots_per_window = 1u << digit_bits;
  static constexpr unsigned slots_per_level = 2 * slots_per_window;
  static constexpr unsigned levels = 8;
  static_assert(levels * digit_bits + tick_bits >= 63, "every Instant has a level");
  static constexpr unsigned due_list = levels * slots_per_level;
  static constexpr unsigned late_list = due_list + 1;  // inserted when due; not collected yet
  static constexpr unsigned most_ahead = 256;  // timers that a collect() moves ahead of their time

  // The number of the slot of a level that a tick is in, counted from the clock's zero.
  static constexpr Tick slot_of(Tick tick, unsigned level) noexcept {
    return tick >> level * digit_bits;
  }
  static constexpr unsigned list_at(unsigned level, Tick slot) noexcept {
    return level * slots_per_level + static_cast<unsigned>(slot % slots_per_level);
  }

  bool is_empty(unsigned list) const noexcept { return lists_[list].next == &lists_[list]; }
  unsigned list_of(Tick expiry) const noexcept;
  unsigned list_below(unsigned level, Tick expiry) const noexcept;
  void append(TimerEntry& entry, unsigned list) noexcept;
  void unlink(TimerEntry& entry) noexcept;
  void splice_to_due(unsigned list) noexcept;
  void cascade(unsigned list) noexcept;
  void open(unsigned level) noexcept;
  void move_ahead() noexcept;
  // The first occupied slot: its level, the lowest if several begin with it, and when that is.
  // None: level == levels.
  struct Slot {
    unsigned level;
    Tick start;
  };
  Slot first_slot() const noexcept;

  Tick now_;
  std::size_t size_ = 0;
  std::array<std::uint64_t, 2 * levels>
      occupied_{};  // a word for each window, a bit for each slot that is not empty
  std::array<TimerLinks, late_list + 1> lists_;  // the heads; circular, so never null inside
};

}  // namespace coppice::timing
