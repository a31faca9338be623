// A small table in one pointer: entries lie densely in insertion order (an erased one is replaced by the last), a hash
// index is built only when there are many. An empty table costs 8 bytes, one entry one small block. Iteration order
// depends on the operations alone, never on addresses, so a simulated run repeats exactly.
//
// Entry must be movable and have `Key key() const`; Key must be equality comparable and have `std::size_t hash_value(Key)`
// found by argument lookup (an integer works too). Keys are unique. Not thread-safe. References to entries die with the
// next insert or erase.
#pragma once

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <new>
#include <utility>

#include <coppice/base/block_pool.hpp>

namespace coppice::base {

template <std::integral T>
constexpr std::size_t hash_value(T key) noexcept {
  return static_cast<std::size_t>(key);
}

template <class Entry>
class DenseTable {
 public:
  using Key = decltype(std::declval<const Entry&>().key());

  DenseTable() = default;
  DenseTable(const DenseTable&) = delete;
  DenseTable& operator=(const DenseTable&) = delete;
  DenseTable(DenseTable&& other) noexcept : block_{std::exchange(other.block_, nullptr)} {}
  DenseTable& operator=(DenseTable&& other) noexcept {
    std::swap(block_, other.block_);
    return *this;
  }
  ~DenseTable() { clear(); }

  bool empty() const noexcept { return block_ == nullptr || block_->size == 0; }
  std::size_t size() const noexcept { return block_ == nullptr ? 0 : block_->size; }
  Entry* begin() const noexcept { return block_ == nullptr ? nullptr : block_->entries(); }
  Entry* end() const noexcept { return begin() + size(); }

  Entry* find(const Key& key) const noexcept {
    const std::uint32_t at = position(key);
    return at == absent ? nullptr : begin() + at;
  }

  // Adds an entry; its key must not be there yet.
  Entry& insert(Entry entry) {
    if (block_ == nullptr || block_->size == block_->capacity) grow();
    Entry* added = std::construct_at(block_->entries() + block_->size, std::move(entry));
    if (block_->index != nullptr) link(block_->size, hash(added->key()));
    ++block_->size;
    return *added;
  }

  bool erase(const Key& key) noexcept {
    const std::uint32_t at = position(key);
    if (at == absent) return false;
    erase_at(at);
    return true;
  }

  // Takes the entry inserted last of those that are left; the table must not be empty.
  Entry take_last() noexcept {
    Entry last = std::move(begin()[block_->size - 1]);
    erase_at(block_->size - 1);
    return last;
  }

  void clear() noexcept {
    if (block_ == nullptr) return;
    std::destroy_n(block_->entries(), block_->size);
    release(block_);
    block_ = nullptr;
  }

 private:
  static constexpr std::uint32_t absent = 0xffff'ffff;
  static constexpr std::uint32_t linear_limit = 16;

  struct alignas(8) Block {
    std::uint32_t size;
    std::uint32_t capacity;
    // Open addressing, position + 1, 0 is free; null while the table is small. Behind the entries, in the same block: so
    // a large table is one allocation of the system, which goes back whole when the table has outgrown it.
    std::uint32_t* index;

    static constexpr std::size_t header() noexcept {
      const std::size_t a = alignof(Entry) > 8 ? alignof(Entry) : 8;
      return (sizeof(Block) + a - 1) / a * a;
    }
    Entry* entries() noexcept {
      return std::launder(reinterpret_cast<Entry*>(reinterpret_cast<std::byte*>(this) + header()));
    }
    std::size_t index_mask() const noexcept { return std::size_t{capacity} * 2 - 1; }
  };

  static std::size_t buckets_of(std::uint32_t capacity) noexcept {
    return capacity > linear_limit ? std::size_t{capacity} * 2 : 0;
  }
  static std::size_t entries_end(std::uint32_t capacity) noexcept {
    return (Block::header() + capacity * sizeof(Entry) + 7) / 8 * 8;
  }
  static std::size_t block_bytes(std::uint32_t capacity) noexcept {
    return entries_end(capacity) + buckets_of(capacity) * sizeof(std::uint32_t);
  }

  static std::size_t hash(const Key& key) noexcept {
    // Fibonacci hashing: pids and references count upwards, their low bits alone would cluster.
    return static_cast<std::size_t>((hash_value(key) * 0x9e37'79b9'7f4a'7c15ULL) >> 20);
  }

  std::uint32_t position(const Key& key) const noexcept {
    if (block_ == nullptr) return absent;
    if (block_->index == nullptr) {
      const Entry* entries = block_->entries();
      for (std::uint32_t i = 0; i < block_->size; ++i)
        if (entries[i].key() == key) return i;
      return absent;
    }
    const std::size_t mask = block_->index_mask();
    for (std::size_t i = hash(key) & mask; block_->index[i] != 0; i = (i + 1) & mask) {
      const std::uint32_t at = block_->index[i] - 1;
      if (block_->entries()[at].key() == key) return at;
    }
    return absent;
  }

  std::size_t bucket_of(std::uint32_t at, std::size_t from) const noexcept {
    const std::size_t mask = block_->index_mask();
    std::size_t i = from & mask;
    while (block_->index[i] != at + 1) i = (i + 1) & mask;
    return i;
  }

  void link(std::uint32_t at, std::size_t from) noexcept {
    const std::size_t mask = block_->index_mask();
    std::size_t i = from & mask;
    while (block_->index[i] != 0) i = (i + 1) & mask;
    block_->index[i] = at + 1;
  }

  // Open addressing without tombstones: later members of the run move up into the hole.
  void unlink(std::size_t hole) noexcept {
    const std::size_t mask = block_->index_mask();
    std::size_t i = hole;
    for (;;) {
      i = (i + 1) & mask;
      if (block_->index[i] == 0) break;
      const std::size_t home = hash(block_->entries()[block_->index[i] - 1].key()) & mask;
      const bool stays = hole <= i ? (hole < home && home <= i) : (hole < home || home <= i);
      if (stays) continue;
      block_->index[hole] = block_->index[i];
      hole = i;
    }
    block_->index[hole] = 0;
  }

  void erase_at(std::uint32_t at) noexcept {
    Entry* entries = block_->entries();
    const std::uint32_t last = block_->size - 1;
    if (block_->index != nullptr) {
      unlink(bucket_of(at, hash(entries[at].key())));
      if (at != last) block_->index[bucket_of(last, hash(entries[last].key()))] = at + 1;
    }
    if (at != last) entries[at] = std::move(entries[last]);
    std::destroy_at(entries + last);
    --block_->size;
    if (block_->size == 0) clear();
  }

  void grow() {
    const std::uint32_t capacity = block_ == nullptr ? 1 : block_->capacity * 2;
    auto* memory = static_cast<std::byte*>(pool_allocate(block_bytes(capacity)));
    Block* bigger = new (memory) Block{0, capacity, nullptr};
    Block* old = std::exchange(block_, bigger);
    if (capacity > linear_limit) {
      void* behind = memory + entries_end(capacity);
      bigger->index = static_cast<std::uint32_t*>(behind);
      std::uninitialized_fill_n(bigger->index, buckets_of(capacity), 0U);
    }
    if (old == nullptr) return;
    Entry* from = old->entries();
    for (std::uint32_t i = 0; i < old->size; ++i) insert(std::move(from[i]));
    std::destroy_n(from, old->size);
    release(old);
  }

  static void release(Block* block) noexcept {
    pool_free(block, block_bytes(block->capacity));
  }

  Block* block_ = nullptr;
};

}  // namespace coppice::base
