// A table of up to 2^24 slots at fixed addresses, handed out by index. The address space for all of
// them is reserved once and never given back, so a reference to a slot is valid for ever and a
// stale index reaches a slot that says so (by a generation that the slot keeps), never freed
// memory. Untouched slots cost no memory.
//
// Slot 0 is never handed out: index 0 means none. A slot's memory is all zero bytes when it is
// first handed out, which must be a valid state of Slot; after that the table never touches it, so
// what the last tenant left there stays. No constructor or destructor is run.
//
// Thread safety: everything from any thread. What a thread wrote into a slot before release() is
// visible to whom allocate() gives it next. A thread gets the slot back first that it released
// last; slots that other threads released come before slots never used. "Full" is only said when
// all slots were in use at one moment.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include <coppice/base/error.hpp>
#include <coppice/base/export.hpp>
#include <coppice/base/sync.hpp>

namespace coppice::base {

// Zeroed address space without memory behind it yet, never given back. Aborts with a text when the
// system refuses (a limit on address space).
COPPICE_API void* reserve_address_space(std::size_t bytes);

// The indices of a SlotTable: which are free, and which were never used.
class COPPICE_API IndexPool {
 public:
  using Index = std::uint32_t;
  static constexpr Index largest_capacity = Index{1} << 24;

  // Hands out 1 to `capacity`.
  explicit IndexPool(Index capacity);
  IndexPool(const IndexPool&) = delete;
  IndexPool& operator=(const IndexPool&) = delete;

  // A free index, or 0 when all are in use.
  [[nodiscard]] Index allocate() noexcept;
  // Takes back an index that allocate() gave.
  void release(Index index) noexcept;

  Index capacity() const noexcept { return capacity_; }
  // The largest index ever handed out.
  Index high_water() const noexcept { return high_water_.load(relaxed); }
  // How many are in use; exact when no other thread allocates or releases meanwhile.
  Index live() const noexcept;

 private:
  // A free index's place in its list: the next free one, and how many are free from here on.
  struct Link {
    Atomic<Index> next;
    Atomic<Index> depth;
  };
  // A stack of free indices. Its first index is in the low bits; above them a count of changes, so
  // that a compare-and-swap fails when the stack has changed and changed back meanwhile. It takes
  // hours of nothing else to wrap.
  struct alignas(64) FreeList {
    Atomic<std::uint64_t> head{0};
  };
  static constexpr unsigned list_count = 16;

  Index pop(FreeList& list) noexcept;
  Index fresh() noexcept;
  bool is_full() const noexcept;

  const Index capacity_;
  Link* const links_;
  // Threads spread over several lists, so that they do not contend for one head.
  std::array<FreeList, list_count> free_;
  alignas(64) Atomic<Index> high_water_{0};
};

template <class Slot>
class SlotTable {
 public:
  using Index = IndexPool::Index;
  static constexpr Index largest_capacity = IndexPool::largest_capacity;
  static_assert(alignof(Slot) <= 4096);

  // Reserves address space for `capacity` slots, at most largest_capacity, and for `beyond` more
  // that are never handed out: who makes the table says what they are for. Meant for objects of
  // static duration: the destructor does not give it back.
  explicit SlotTable(Index capacity = largest_capacity, Index beyond = 0)
      : indices_{capacity},
        slots_{static_cast<Slot*>(
            reserve_address_space((std::size_t{capacity} + beyond + 1) * sizeof(Slot)))} {}

  // The index of a slot that is now the caller's, or 0 when the table is full.
  [[nodiscard]] Index allocate() noexcept { return indices_.allocate(); }
  void release(Index index) noexcept { indices_.release(index); }

  // Index 0 and indices never handed out may be looked at too: they are all zero bytes.
  Slot& at(Index index) const noexcept { return slots_[index]; }
  Index index_of(const Slot& slot) const noexcept { return static_cast<Index>(&slot - slots_); }

  Index capacity() const noexcept { return indices_.capacity(); }
  Index high_water() const noexcept { return indices_.high_water(); }
  Index live() const noexcept { return indices_.live(); }

 private:
  IndexPool indices_;
  Slot* const slots_;
};

}  // namespace coppice::base
