#include <coppice/base/slot_table.hpp>

#include <cerrno>

#include <sys/mman.h>

namespace coppice::base {
namespace {

constexpr unsigned index_bits = 25;  // the largest index is 2^24 itself
constexpr std::uint64_t index_mask = (std::uint64_t{1} << index_bits) - 1;

IndexPool::Index index_in(std::uint64_t head) {
  return static_cast<IndexPool::Index>(head & index_mask);
}

std::uint64_t successor(std::uint64_t head, IndexPool::Index first) {
  return ((head >> index_bits) + 1) << index_bits | first;
}

IndexPool::Index checked(IndexPool::Index capacity) {
  COPPICE_CHECK(capacity >= 1 && capacity <= IndexPool::largest_capacity,
                "a capacity of {} is not in 1..{}", capacity, IndexPool::largest_capacity);
  return capacity;
}

}  // namespace

void* reserve_address_space(std::size_t bytes) {
  void* space = ::mmap(nullptr, bytes, PROT_READ | PROT_WRITE,
                       MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  COPPICE_CHECK(space != MAP_FAILED,
                "cannot reserve {} bytes of address space: {} (is it limited, as by ulimit -v?)",
                bytes, error_text(errno));
  return space;
}

IndexPool::IndexPool(Index capacity)
    : capacity_{checked(capacity)},
      links_{static_cast<Link*>(
          reserve_address_space((std::size_t{capacity} + 1) * sizeof(Link)))} {}

// The free list is a stack. A pop's acquire of head_ pairs with the release of the push that put
// the index there, which makes the slot's last content visible to its next tenant; pops in between
// carry it on, as a read-modify-write continues the release sequence. The link that a pop reads may
// be changed by others meanwhile; then head_ has changed too and the swap fails.
IndexPool::Index IndexPool::allocate() noexcept {
  std::uint64_t head = head_.load(acquire);
  for (;;) {
    const Index first = index_in(head);
    if (first == 0) {
      const Index index = fresh();
      if (index != 0) return index;
      // None is unused: full, unless one came back since we looked.
      head = head_.load(acquire);
      if (index_in(head) == 0) return 0;
      continue;
    }
    const Index next = links_[first].next.load(relaxed);
    if (head_.compare_exchange_weak(head, successor(head, next), acquire, acquire)) return first;
  }
}

IndexPool::Index IndexPool::fresh() noexcept {
  Index last = high_water_.load(relaxed);
  while (last < capacity_) {
    if (high_water_.compare_exchange_weak(last, last + 1, relaxed)) return last + 1;
  }
  return 0;
}

void IndexPool::release(Index index) noexcept {
  COPPICE_CHECK(index != 0 && index <= high_water_.load(relaxed), "slot {} was never given",
                index);
  Link& link = links_[index];
  std::uint64_t head = head_.load(acquire);  // the depth of what is first belongs to it
  do {
    const Index first = index_in(head);
    link.next.store(first, relaxed);
    link.depth.store(first == 0 ? 1 : links_[first].depth.load(relaxed) + 1, relaxed);
  } while (!head_.compare_exchange_weak(head, successor(head, index), base::release, acquire));
}

IndexPool::Index IndexPool::live() const noexcept {
  const Index first = index_in(head_.load(acquire));
  const Index free = first == 0 ? 0 : links_[first].depth.load(relaxed);
  const Index used = high_water();
  return used > free ? used - free : 0;
}

}  // namespace coppice::base
