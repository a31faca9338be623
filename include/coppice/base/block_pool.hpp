// Memory for what a system of processes makes and drops all the time: messages, coroutine frames,
// payloads. Blocks come in size classes up to 1 KiB; each thread keeps up to two batches of free
// blocks of a class, full batches go through a central store, so that a block may be freed by
// another thread than the one that allocated it at no extra cost. The chunks that blocks are cut
// from are kept until the program ends. What is larger goes to operator new.
//
// Thread safety: all functions from any thread at any time, also while a thread's or the program's
// static objects are destroyed. A thread's free blocks go back to the central store when it ends.
//
// A build under a sanitizer takes every block from operator new, so that the sanitizer sees its
// bounds and its end; the blocks are counted all the same.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <new>
#include <type_traits>
#include <utility>

#include <coppice/base/export.hpp>

namespace coppice::base {

// Every block is aligned to this.
inline constexpr std::size_t pool_alignment = 16;
// Requests above this go to operator new.
inline constexpr std::size_t pool_largest = 1024;

// A block of at least `size` bytes, uninitialised. Throws std::bad_alloc. Never inlined, so that a
// coroutine that moves to another thread never keeps the address of the old thread's cache.
[[nodiscard, gnu::returns_nonnull, gnu::malloc]] COPPICE_API void* pool_allocate(std::size_t size);
// The same for a message that a program sends. Of these a simulation may let one fail; of the library's own signals none.
[[nodiscard, gnu::returns_nonnull, gnu::malloc]] COPPICE_API void* pool_allocate_message(std::size_t size);
// Takes back a block; `size` must be what was asked for. `block` must not be null.
COPPICE_API void pool_free(void* block, std::size_t size) noexcept;

struct PoolStats {
  std::uint64_t live_blocks = 0;  // allocated and not yet freed, in the whole program
  std::uint64_t live_bytes = 0;   // what they occupy: sizes rounded up to their class
  std::uint64_t chunk_bytes = 0;  // address space taken from the system and kept
};

// Exact when no other thread allocates or frees meanwhile, else near. Takes locks: for tests and
// reports.
COPPICE_API PoolStats pool_stats();

// Is asked on its thread before each pool_allocate_message; what it throws is thrown there, and no block is taken.
class COPPICE_API MessageWatch {
 public:
  virtual ~MessageWatch();
  virtual void takes_message() = 0;
};

// From now on this watch is the calling thread's; null: none. Returns the one before. While a thread has one, each of its blocks
// takes the slow path; others pay nothing for it.
COPPICE_API MessageWatch* exchange_message_watch(MessageWatch* watch);

// Gives a class, and all that derive from it, their memory from the pool. Deleting through a base
// needs a virtual destructor there, as always: it also tells the block's true size.
class PoolAllocated {
 public:
  static void* operator new(std::size_t size) { return pool_allocate(size); }
  static void operator delete(void* block, std::size_t size) noexcept {
    if (block != nullptr) pool_free(block, size);
  }
  // The forms that a member operator new would otherwise hide.
  static void* operator new(std::size_t, void* place) noexcept { return place; }
  static void operator delete(void*, void*) noexcept {}
  // Blocks are aligned to pool_alignment and no more.
  static void* operator new(std::size_t, std::align_val_t) = delete;
};

// A T in a block of its own. What T's constructor throws passes on and the block is freed.
template <class T, class... Args>
[[nodiscard]] T* pool_make(void* place, Args&&... args) {
  static_assert(alignof(T) <= pool_alignment, "the pool's blocks are aligned to 16 bytes");
  struct Guard {
    void* block;
    ~Guard() {
      if (block != nullptr) pool_free(block, sizeof(T));
    }
  } guard{place};
  T* object = ::new (guard.block) T(std::forward<Args>(args)...);
  guard.block = nullptr;
  return object;
}
template <class T, class... Args>
[[nodiscard]] T* pool_new(Args&&... args) {
  return pool_make<T>(pool_allocate(sizeof(T)), std::forward<Args>(args)...);
}
// The same for a message that a program sends.
template <class T, class... Args>
[[nodiscard]] T* pool_new_message(Args&&... args) {
  return pool_make<T>(pool_allocate_message(sizeof(T)), std::forward<Args>(args)...);
}

// Ends what pool_new<T> made; T must be its exact type. Null is ignored.
template <class T>
void pool_delete(T* object) noexcept {
  static_assert(std::is_nothrow_destructible_v<T>);
  if (object == nullptr) return;
  std::destroy_at(object);
  pool_free(const_cast<std::remove_cv_t<T>*>(object), sizeof(T));
}

// For std::unique_ptr<T, PoolDelete>; as with pool_delete, T is the exact type.
struct PoolDelete {
  template <class T>
  void operator()(T* object) const noexcept {
    pool_delete(object);
  }
};

}  // namespace coppice::base
