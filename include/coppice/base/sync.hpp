// The one place that names the machine's atomics, locks and threads. Every other file uses these names, so that a
// model checker or a simulator can stand in for them, and so that a search for "who synchronises here" has one answer.
//
// Orderings are spelled base::acquire and so on; a standalone fence is not offered (ThreadSanitizer cannot follow one):
// pair an acquire with a release on a variable instead.
//
// With COPPICE_MODEL the model checker of the library's own tests (tests/model) stands in; a program never sets it.
#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <mutex>
#include <shared_mutex>
#include <thread>

#include <coppice/base/export.hpp>

#ifdef COPPICE_MODEL
#include <model/sync.hpp>
#endif

namespace coppice::base {

inline constexpr std::memory_order relaxed = std::memory_order_relaxed;
inline constexpr std::memory_order acquire = std::memory_order_acquire;
inline constexpr std::memory_order release = std::memory_order_release;
inline constexpr std::memory_order acq_rel = std::memory_order_acq_rel;
inline constexpr std::memory_order seq_cst = std::memory_order_seq_cst;

inline constexpr std::try_to_lock_t try_to_lock = std::try_to_lock;

#ifndef COPPICE_MODEL
template <class T>
using Atomic = std::atomic<T>;

using Mutex = std::mutex;
using SharedMutex = std::shared_mutex;
using CondVar = std::condition_variable;
using LockGuard = std::lock_guard<std::mutex>;
using UniqueLock = std::unique_lock<std::mutex>;
using WriteLock = std::unique_lock<std::shared_mutex>;
using ReadLock = std::shared_lock<std::shared_mutex>;

using Thread = std::thread;

// Tells the processor that this is a spin loop; a hint.
inline void spin_pause() noexcept {
#if defined(__x86_64__) || defined(__i386__)
  __builtin_ia32_pause();
#endif
}

// A full barrier between two threads that one of them passes often, for nothing, and the other hardly ever, for
// microseconds: of what each does before and after its own, one side's `before` is seen by the other's `after`.
class AsymmetricBarrier {
 public:
  // False where the system has no such thing; then neither side may be used.
  COPPICE_API static bool available() noexcept;
  void light() const noexcept { std::atomic_signal_fence(seq_cst); }
  COPPICE_API void heavy() const noexcept;
};
#endif

// A single-writer counter: only its owner adds, anyone may read a recent value. Costs a plain load and store.
class OwnedCounter {
 public:
  void add(std::uint64_t n = 1) noexcept { value_.store(value_.load(relaxed) + n, relaxed); }
  std::uint64_t read() const noexcept { return value_.load(relaxed); }

 private:
  Atomic<std::uint64_t> value_{0};
};

// How many threads the machine runs at once; at least 1.
COPPICE_API unsigned hardware_threads() noexcept;
// Lets another thread run; a hint.
COPPICE_API void yield_thread() noexcept;
// Names the calling thread for debuggers and `top`; at most 15 characters are kept.
COPPICE_API void name_thread(const char* name) noexcept;

// Puts one thread to sleep until another one says so. It holds at most one permit: an unpark() before the park() makes
// the next park() return at once, so no wake-up is lost whatever the order.
//
// Thread safety: park and park_for by one owner thread at a time; unpark by anyone. What was written before unpark() is
// visible after the park() that it ends. The parker must outlive the unpark() call, not only the park() that it ends.
class COPPICE_API Parker {
 public:
  Parker() = default;
  Parker(const Parker&) = delete;
  Parker& operator=(const Parker&) = delete;

  // Returns when a permit was there or has come; takes it.
  void park() noexcept;
  // The same for at most `limit`; false if no permit came.
  bool park_for(std::chrono::nanoseconds limit) noexcept;
  // Gives the permit; a second one before it was taken adds nothing.
  void unpark() noexcept;

 private:
  Atomic<std::uint32_t> state_{0};
};

}  // namespace coppice::base
