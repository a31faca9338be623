// What base/sync.hpp is made of in the model checker's programs: the same types, each operation of
// which is a decision of the checker's. See checker.hpp.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <cstring>
#include <mutex>
#include <source_location>
#include <type_traits>
#include <utility>

#include <model/engine.hpp>

namespace model {

// As large as the real one. It holds the place's number in the checker and not the value.
template <class T>
class Atomic {
  static_assert(std::is_trivially_copyable_v<T> && sizeof(T) <= sizeof(Bits));

 public:
  using value_type = T;

  Atomic() : Atomic{T{}} {}
  Atomic(T initial) : location_{make_location(bits(initial))} {}
  Atomic(const Atomic&) = delete;
  Atomic& operator=(const Atomic&) = delete;
  ~Atomic() { end_location(location_); }

  T load(Order order = std::memory_order_seq_cst, Where where = Where::current()) const {
    return value(model::load(location_, order, where));
  }
  void store(T to, Order order = std::memory_order_seq_cst, Where where = Where::current()) {
    model::store(location_, bits(to), order, where);
  }
  T exchange(T to, Order order = std::memory_order_seq_cst, Where where = Where::current()) {
    return value(change(location_, Change::exchange, bits(to), mask, order, where));
  }
  bool compare_exchange_strong(T& expected, T to, Order success, Order failure,
                               Where where = Where::current()) {
    Bits seen = bits(expected);
    const bool done = model::compare_exchange(location_, seen, bits(to), success, failure, where);
    if (!done) expected = value(seen);
    return done;
  }
  bool compare_exchange_weak(T& expected, T to, Order success, Order failure,
                             Where where = Where::current()) {
    return compare_exchange_strong(expected, to, success, failure, where);
  }
  T fetch_add(T by, Order order = std::memory_order_seq_cst, Where where = Where::current()) {
    return value(change(location_, Change::add, bits(by), mask, order, where));
  }
  T fetch_sub(T by, Order order = std::memory_order_seq_cst, Where where = Where::current()) {
    return value(change(location_, Change::subtract, bits(by), mask, order, where));
  }
  T fetch_or(T by, Order order = std::memory_order_seq_cst, Where where = Where::current()) {
    return value(change(location_, Change::bit_or, bits(by), mask, order, where));
  }
  T fetch_and(T by, Order order = std::memory_order_seq_cst, Where where = Where::current()) {
    return value(change(location_, Change::bit_and, bits(by), mask, order, where));
  }

  unsigned location() const noexcept { return location_; }

 private:
  static constexpr Bits mask =
      sizeof(T) == sizeof(Bits) ? ~Bits{0} : (Bits{1} << (8 * sizeof(T))) - 1;

  static Bits bits(T from) {
    Bits to = 0;
    std::memcpy(&to, &from, sizeof(T));
    return to;
  }
  static T value(Bits from) {
    T to;
    std::memcpy(&to, &from, sizeof(T));
    return to;
  }

  alignas(alignof(T) > alignof(unsigned) ? alignof(T)
                                         : alignof(unsigned)) mutable unsigned location_;
};

class Mutex {
 public:
  Mutex() : location_{make_location(0)} {}
  Mutex(const Mutex&) = delete;
  Mutex& operator=(const Mutex&) = delete;
  ~Mutex() { end_location(location_); }
  void lock() { model::lock(location_); }
  void unlock() { model::unlock(location_); }

 private:
  unsigned location_;
};

// Wakes for nothing only as far as its callers' conditions allow for it: they are asked again.
class CondVar {
 public:
  CondVar() : location_{make_location(0)} {}
  template <class Lock, class Condition>
  void wait(Lock& held, Condition holds) {
    while (!holds()) {
      held.mutex()->unlock();
      sleep_at_once(location_);
      held.mutex()->lock();
    }
  }
  void notify_one() { model::wake(location_, false); }
  void notify_all() { model::wake(location_, true); }

 private:
  unsigned location_;
};

// Both sides change one place: whichever comes second sees what the first did before.
class AsymmetricBarrier {
 public:
  static bool available() noexcept { return true; }
  void light(Where where = Where::current()) { pass(where); }
  void heavy(Where where = Where::current()) { pass(where); }

 private:
  void pass(Where where) { passed_.exchange(0, std::memory_order_acq_rel, where); }
  Atomic<int> passed_;
};

class Thread {
 public:
  Thread() = default;
  template <class Body>
  explicit Thread(Body body) : number_{spawn(std::move(body))} {}
  Thread(Thread&& other) noexcept : number_{std::exchange(other.number_, 0)} {}
  Thread& operator=(Thread&& other) noexcept {
    number_ = std::exchange(other.number_, 0);
    return *this;
  }
  bool joinable() const noexcept { return number_ != 0; }
  void join() { model::join(std::exchange(number_, 0)); }

 private:
  unsigned number_ = 0;
};

}  // namespace model

namespace coppice::base {

template <class T>
using Atomic = model::Atomic<T>;
using Mutex = model::Mutex;
using SharedMutex = model::Mutex;
using CondVar = model::CondVar;
using LockGuard = std::lock_guard<Mutex>;
using UniqueLock = std::unique_lock<Mutex>;
using WriteLock = std::unique_lock<SharedMutex>;
using ReadLock = std::unique_lock<SharedMutex>;
using Thread = model::Thread;
using AsymmetricBarrier = model::AsymmetricBarrier;

inline void spin_pause() noexcept { model::pause(); }

}  // namespace coppice::base
