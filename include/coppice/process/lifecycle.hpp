// The life of a process in one atomic word: the slot's generation and the bits that others may look at or change.
//
//   63..32 generation (odd while the slot lives)   2 timed   1 named   0 exiting
//
// Every transition is a named function whose result tells the caller what to do. Since the generation is in the word, a
// transition asked for by a stale pid fails, however often the slot was used again.
//
// Thread safety: all functions by anyone; born, ended and retired only by the owner of the slot. A transition that others
// act upon releases, a look acquires: who sees `exiting` sees all that the process did before.
#pragma once

#include <cstdint>

#include <coppice/base/sync.hpp>

namespace coppice::process {

class Lifecycle {
 public:
  // The odd generation that the next born() will give; for the slot's owner, while nobody lives in it.
  [[nodiscard]] std::uint32_t coming() const noexcept { return generation_of(word_.load(base::relaxed)) + 1; }
  // Takes the slot for a new process; the odd generation that it lives under.
  [[nodiscard]] std::uint32_t born() noexcept {
    const std::uint64_t next = (word_.load(base::relaxed) | low_bits) + 1;  // clears the bits, generation + 1
    // Sequentially consistent: a process born while its runtime stops must be seen by the stopper's scan, or must see
    // that the runtime stops (Host::stopping_).
    word_.store(next, base::seq_cst);
    return generation_of(next);
  }

  // True if the process with this generation is there and has not begun to end.
  [[nodiscard]] bool is_alive(std::uint32_t generation) const noexcept {
    const std::uint64_t word = word_.load(base::seq_cst);
    return generation_of(word) == generation && (word & exiting_bit) == 0;
  }
  // True if the slot still belongs to this generation, ending or not.
  [[nodiscard]] bool is_present(std::uint32_t generation) const noexcept {
    return generation_of(word_.load(base::acquire)) == generation;
  }
  // The generation that lives in the slot now; 0 if none does.
  [[nodiscard]] std::uint32_t living() const noexcept {
    const std::uint32_t generation = generation_of(word_.load(base::seq_cst));
    return generation % 2 == 1 ? generation : 0;
  }

  // The generation of the process that lives in the slot; for itself.
  [[nodiscard]] std::uint32_t own_generation() const noexcept { return generation_of(word_.load(base::relaxed)); }

  enum class Naming : std::uint8_t { named, dead, has_name };
  // Marks the process as having a name. The name registry calls it under its lock.
  [[nodiscard]] Naming name(std::uint32_t generation) noexcept {
    switch (mark(generation, named_bit)) {
      case Marking::marked: return Naming::named;
      case Marking::was_marked: return Naming::has_name;
      case Marking::dead: break;
    }
    return Naming::dead;
  }
  void unname(std::uint32_t generation) noexcept {
    std::uint64_t word = word_.load(base::acquire);
    while (generation_of(word) == generation && (word & named_bit) != 0)
      if (word_.compare_exchange_weak(word, word & ~named_bit, base::acq_rel, base::acquire)) return;
  }
  [[nodiscard]] bool is_named() const noexcept { return (word_.load(base::acquire) & named_bit) != 0; }

  // Marks the process as one that a timer is for; false if it is not there or has begun to end. So an end looks for timers
  // only where there are any: either it sees the mark, or who starts a timer sees the end.
  [[nodiscard]] bool mark_timed(std::uint32_t generation) noexcept {
    return mark(generation, timed_bit) != Marking::dead;
  }
  // For the process itself, once it has begun to end.
  [[nodiscard]] bool is_timed() const noexcept { return (word_.load(base::relaxed) & timed_bit) != 0; }

  // Step 1 of the end of a process: from now on is_alive() is false and no name or timer can be given.
  void begin_exit() noexcept { word_.fetch_or(exiting_bit, base::seq_cst); }
  [[nodiscard]] bool is_exiting() const noexcept { return (word_.load(base::relaxed) & exiting_bit) != 0; }

  // For a simulator, whose pids shall be the same in each run: nobody lives in the slot, and nobody ever has.
  void begin_anew() noexcept { word_.store(0, base::seq_cst); }

  enum class Ended : std::uint8_t { reusable, used_up };
  // Step 9: the generation becomes even. A slot that has no generation left must not be handed out again.
  [[nodiscard]] Ended ended() noexcept {
    const std::uint64_t next = (word_.load(base::relaxed) | low_bits) + 1;
    word_.store(next, base::seq_cst);
    return generation_of(next) >= last_generation ? Ended::used_up : Ended::reusable;
  }

 private:
  static constexpr std::uint64_t exiting_bit = 1;
  static constexpr std::uint64_t named_bit = 2;
  static constexpr std::uint64_t timed_bit = 4;
  static constexpr std::uint64_t low_bits = 0xffff'ffff;
  static constexpr std::uint32_t last_generation = 0xffff'fffe;

  enum class Marking : std::uint8_t { marked, was_marked, dead };
  // Sets a bit of the process with this generation, unless it has begun to end.
  Marking mark(std::uint32_t generation, std::uint64_t bit) noexcept {
    std::uint64_t word = word_.load(base::acquire);
    for (;;) {
      if (generation_of(word) != generation || (word & exiting_bit) != 0) return Marking::dead;
      if ((word & bit) != 0) return Marking::was_marked;
      if (word_.compare_exchange_weak(word, word | bit, base::acq_rel, base::acquire)) return Marking::marked;
    }
  }

  static constexpr std::uint32_t generation_of(std::uint64_t word) noexcept {
    return static_cast<std::uint32_t>(word >> 32);
  }

  base::Atomic<std::uint64_t> word_{0};
};

}  // namespace coppice::process
