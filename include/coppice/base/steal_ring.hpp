// A fixed ring of pointers with one owner and any number of thieves: the owner adds at the back and
// takes from the front, a thief moves the older half to its own ring. First in, first out. It holds
// no elements, only their addresses.
//
// Thread safety: push, push_some, pop and take_half by the owner only; steal_into by anyone, where the
// destination belongs to the caller; size and empty by anyone, as a snapshot.
//
// How it works. `head_` and `tail_` count up for ever (64 bits never come round), slot i lives in
// cell i % Capacity. Only the owner moves tail_. Whoever takes elements first reads their cells and
// then moves head_ over them with one compare-and-swap; if that fails, what was read is thrown
// away. While head_ has not passed slot i the owner does not reuse its cell, so a successful swap
// says that the cells read were still the ones meant.
//
// Orderings:
//   tail_: the owner's store in push and push_some (release part) pairs with a thief's load (acquire): a cell
//     that is counted is filled, and what the owner wrote before it gave the element is visible.
//   head_: the taker's swap (release) pairs with the owner's load in push (acquire): the taker has
//     read the cells before the owner writes them again. And with a thief's load (acquire): the
//     tail_ that it loads next is not behind. The swap itself needs no acquire: what is taken was
//     seen through tail_.
//   tail_ is stored seq_cst in push and loaded seq_cst in empty() for the callers' sleep protocol
//     (schedule/idle.hpp): push, then look for sleepers, against announce the sleep, then look at
//     the rings. Release is enough in steal_into: a thief is awake, and does F1 or S1 afterwards.
//     And in push_some, for what comes from the injection queue: who looks at the queue's length
//     first and does not see it there any more has the ring's tail_ with it.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include <coppice/base/sync.hpp>

namespace coppice::base {

template <class T, std::size_t Capacity = 256>
class StealRing {
  static_assert(Capacity >= 2 && (Capacity & (Capacity - 1)) == 0,
                "the capacity is a power of two");

 public:
  static constexpr std::size_t capacity = Capacity;
  using Half = std::array<T*, Capacity / 2>;

  StealRing() = default;
  StealRing(const StealRing&) = delete;
  StealRing& operator=(const StealRing&) = delete;

  // Owner: adds at the back; false if the ring is full.
  [[nodiscard]] bool push(T& element) noexcept {
    const std::uint64_t tail = tail_.load(relaxed);
    if (tail - head_.load(acquire) == Capacity) return false;
    cell(tail).store(&element, relaxed);
    tail_.store(tail + 1, seq_cst);
    return true;
  }

  // Owner: adds at the back what `next()` gives, a reference, up to `most` times and as far as there
  // is room; shown to the others in one step. Returns how many.
  template <class Next>
  std::size_t push_some(std::size_t most, Next&& next) noexcept {
    const std::uint64_t tail = tail_.load(relaxed);
    const auto room = static_cast<std::size_t>(Capacity - (tail - head_.load(acquire)));
    if (most > room) most = room;
    for (std::size_t i = 0; i < most; ++i) cell(tail + i).store(&next(), relaxed);
    if (most > 0) tail_.store(tail + most, release);
    return most;
  }

  // Owner: takes the oldest; null if there is none.
  [[nodiscard]] T* pop() noexcept {
    const std::uint64_t tail = tail_.load(relaxed);
    std::uint64_t head = head_.load(relaxed);
    while (head != tail) {
      // The owner filled the cell itself, or published it in steal_into: no acquire is needed to
      // read it.
      T* const element = cell(head).load(relaxed);
      if (head_.compare_exchange_weak(head, head + 1, release, relaxed)) return element;
    }
    return nullptr;
  }

  // Owner: takes the older half of a full ring in one step, to make room. Returns how many; 0 if
  // thieves were faster, so that there is room already.
  [[nodiscard]] std::size_t take_half(Half& out) noexcept {
    std::uint64_t head = head_.load(relaxed);
    if (tail_.load(relaxed) - head != Capacity) return 0;
    for (std::size_t i = 0; i < out.size(); ++i) out[i] = cell(head + i).load(relaxed);
    return head_.compare_exchange_strong(head, head + out.size(), release, relaxed) ? out.size()
                                                                                    : 0;
  }

  // Thief, owner of `mine`: takes the older half, rounded up, at most what `mine` has room for plus
  // one. The newest of them is returned for running at once, the others are in `mine`. Null if
  // there is nothing to take.
  [[nodiscard]] T* steal_into(StealRing& mine, std::uint64_t& moved) noexcept {
    const std::uint64_t my_tail = mine.tail_.load(relaxed);
    const std::uint64_t room = Capacity - (my_tail - mine.head_.load(acquire)) + 1;
    std::uint64_t head = head_.load(acquire);
    for (;;) {
      const std::uint64_t tail = tail_.load(acquire);
      const std::uint64_t waiting = tail - head;
      if (waiting == 0 || waiting > Capacity) {
        // More than the capacity means that head is out of date: others took in between. Less than
        // none cannot be: tail_ was read after head_ and never falls behind it.
        if (waiting == 0) return nullptr;
        head = head_.load(acquire);
        continue;
      }
      std::uint64_t count = waiting - waiting / 2;
      if (count > room) count = room;
      for (std::uint64_t i = 0; i + 1 < count; ++i)
        mine.cell(my_tail + i).store(cell(head + i).load(relaxed), relaxed);
      T* const last = cell(head + count - 1).load(relaxed);
      if (!head_.compare_exchange_strong(head, head + count, release, acquire)) continue;
      if (count > 1) mine.tail_.store(my_tail + count - 1, release);
      moved = count;
      return last;
    }
  }

  // Thief without a ring of its own: takes the oldest one; null if there is none.
  [[nodiscard]] T* steal_one() noexcept {
    std::uint64_t head = head_.load(acquire);
    for (;;) {
      const std::uint64_t tail = tail_.load(acquire);
      if (tail == head) return nullptr;
      T* const element = cell(head).load(relaxed);
      if (head_.compare_exchange_strong(head, head + 1, release, acquire)) return element;
    }
  }

  bool empty() const noexcept { return size() == 0; }

  // A snapshot: exact for the owner while nobody steals.
  std::size_t size() const noexcept {
    const std::uint64_t head = head_.load(seq_cst);
    const std::uint64_t waiting = tail_.load(seq_cst) - head;
    return waiting > Capacity ? Capacity : static_cast<std::size_t>(waiting);
  }

 private:
  Atomic<T*>& cell(std::uint64_t slot) noexcept { return cells_[slot % Capacity]; }

  // On lines of their own: thieves write head_, the owner writes tail_ with every push.
  alignas(64) Atomic<std::uint64_t> head_{0};
  alignas(64) Atomic<std::uint64_t> tail_{0};
  alignas(64) std::array<Atomic<T*>, Capacity> cells_{};
};

}  // namespace coppice::base
