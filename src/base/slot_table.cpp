#include <coppice/base/slot_table.hpp>

#include <algorithm>
#include <array>
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

// Which free list the calling thread uses: a number of its own, given at the first use.
[[gnu::tls_model("initial-exec")]] constinit thread_local unsigned thread_number = 0;
constinit Atomic<unsigned> threads_numbered{0};

unsigned own_list(unsigned list_count) noexcept {
  if (thread_number == 0) [[unlikely]]
    thread_number = threads_numbered.fetch_add(1, relaxed) + 1;
  return (thread_number - 1) % list_count;
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
      links_{
          static_cast<Link*>(reserve_address_space((std::size_t{capacity} + 1) * sizeof(Link)))} {}

// 1 The own list. 2 The other lists, before memory never used, so that slots do not pile up where
// processes end while they are made elsewhere. 3 A fresh one. 4 Full, if it is so.
IndexPool::Index IndexPool::allocate() noexcept {
  const unsigned own = own_list(list_count);
  for (;;) {
    if (const Index index = pop(free_[own])) return index;
    // Only as many lists as there have been threads can hold anything.
    const unsigned used = std::min(threads_numbered.load(relaxed), list_count);
    for (unsigned i = 0; i < used; ++i) {
      if (const Index index = pop(free_[i])) return index;
    }
    if (const Index index = fresh()) return index;
    if (is_full()) return 0;
  }
}

// The acquire of head pairs with the release of the push that put the index there, which makes the
// slot's last content visible to its next tenant; pops in between carry it on, as a
// read-modify-write continues the release sequence. The link that a pop reads may be changed by
// others meanwhile; then head has changed too and the swap fails.
IndexPool::Index IndexPool::pop(FreeList& list) noexcept {
  std::uint64_t head = list.head.load(acquire);
  while (const Index first = index_in(head)) {
    const Index next = links_[first].next.load(relaxed);
    if (list.head.compare_exchange_weak(head, successor(head, next), acquire, acquire)) {
      return first;
    }
  }
  return 0;
}

// Two looks that find every list empty and unchanged: they were all empty between the two. The
// acquires keep the second look behind the first.
bool IndexPool::is_full() const noexcept {
  std::array<std::uint64_t, list_count> heads;
  for (unsigned i = 0; i < list_count; ++i) {
    heads[i] = free_[i].head.load(acquire);
    if (index_in(heads[i]) != 0) return false;
  }
  for (unsigned i = 0; i < list_count; ++i) {
    if (free_[i].head.load(acquire) != heads[i]) return false;
  }
  return true;
}

IndexPool::Index IndexPool::fresh() noexcept {
  Index last = high_water_.load(relaxed);
  while (last < capacity_) {
    if (high_water_.compare_exchange_weak(last, last + 1, relaxed)) return last + 1;
  }
  return 0;
}

void IndexPool::release(Index index) noexcept {
  COPPICE_CHECK(index != 0 && index <= high_water_.load(relaxed), "slot {} was never given", index);
  Link& link = links_[index];
  Atomic<std::uint64_t>& list = free_[own_list(list_count)].head;
  std::uint64_t head = list.load(acquire);  // the depth of what is first belongs to it
  do {
    const Index first = index_in(head);
    link.next.store(first, relaxed);
    link.depth.store(first == 0 ? 1 : links_[first].depth.load(relaxed) + 1, relaxed);
  } while (!list.compare_exchange_weak(head, successor(head, index), base::release, acquire));
}

IndexPool::Index IndexPool::live() const noexcept {
  Index free = 0;
  for (const FreeList& list : free_) {
    const Index first = index_in(list.head.load(acquire));
    if (first != 0) free += links_[first].depth.load(relaxed);
  }
  const Index used = high_water();
  return used > free ? used - free : 0;
}

}  // namespace coppice::base
