// The checker's inside: the operations that model/sync.hpp turns into decisions. See checker.hpp
// for what is explored. One program runs at a time; thread 0 is the program itself.
#pragma once

#include <array>
#include <cstdint>
#include <cstdlib>
#include <functional>
#include <source_location>
#include <vector>

#include "checker.hpp"
#include "fiber.hpp"

namespace model {

// What the checker keeps over many runs must not lie in the memory that ends with each run.
template <class T>
struct Outside {
  using value_type = T;
  Outside() = default;
  template <class U>
  Outside(const Outside<U>&) noexcept {}
  T* allocate(std::size_t n) {
    void* const memory = std::malloc(n * sizeof(T));
    if (memory == nullptr) std::abort();
    return static_cast<T*>(memory);
  }
  void deallocate(T* memory, std::size_t) noexcept { std::free(memory); }
  template <class U>
  bool operator==(const Outside<U>&) const noexcept {
    return true;
  }
};
template <class T>
using List = std::vector<T, Outside<T>>;

// While it is on, operator new takes memory that is given back at the end of the run, all at once:
// most runs are broken off in the middle.
void use_arena(bool on) noexcept;
void reset_arena() noexcept;

inline constexpr unsigned max_threads = 8;
inline constexpr std::uint32_t never = ~0U;
using Clock = std::array<std::uint32_t, max_threads>;
using Bits = std::uint64_t;
using Order = std::memory_order;
using Where = std::source_location;

enum class Change : std::uint8_t { exchange, add, subtract, bit_or, bit_and };

unsigned make_location(Bits initial);
void end_location(unsigned location);
Bits load(unsigned& location, Order, const Where&);
void store(unsigned& location, Bits, Order, const Where&);
Bits change(unsigned& location, Change, Bits operand, Bits mask, Order, const Where&);
bool compare_exchange(unsigned& location, Bits& expected, Bits desired, Order success,
                      Order failure, const Where&);
void lock(unsigned location);
void unlock(unsigned location);
// Sleeps while the word's latest value is `expected`; false if it was not, or the time was over.
bool sleep(unsigned location, Bits expected, bool timed);
// The same whatever the value, and without a decision between this and what was done before.
void sleep_at_once(unsigned location);
void wake(unsigned location, bool all);
// Lets the others make a step first.
void yield();
void pause();  // the same, if the bounds say so
// A thread of the program; its number.
unsigned spawn(Program body);
void join(unsigned thread);
void fail(const char* text);

// One value of an atomic, and what reading it with acquire brings.
struct Store {
  Bits value;
  unsigned thread;
  std::uint32_t time;
  Clock brings;
};

struct Location {
  List<Store> stores;  // in the order of modification
  struct Seen {
    unsigned thread;
    std::uint32_t time;
    std::uint32_t index;
  };
  List<Seen> seen;  // who read which first
  // What is written is seen in the end: nobody reads the same old value for ever.
  struct Old {
    std::uint32_t index;
    std::uint32_t times;
  };
  std::array<Old, max_threads> old;
  Clock used{};  // when each thread used it last
  std::uint32_t sc_floor = 0;
  bool locked = false;
  Clock released{};  // a lock's
  unsigned users = 0;
  unsigned writers = 0;
};

// What a thread is about to do.
struct Pending {
  enum class Kind : std::uint8_t { local, access, lock, join, asleep, ended };
  Kind kind = Kind::local;
  bool sc = false;
  bool writes = false;    // surely or perhaps
  bool timed = false;     // a sleep that ends by itself
  unsigned location = 0;  // or the thread to be joined
};

struct ModelThread {
  Fiber fiber;
  Program body;
  Pending pending;
  Clock clock{};
  // For the reduction: values older than this one were explored elsewhere; `never`: all were.
  std::uint32_t fresh = 0;
  bool starting = false;
  bool yielded = false;
  bool woken = false;
  bool latest_only = false;
  std::array<char, 32> local{};
};

}  // namespace model
