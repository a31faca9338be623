// A model checker for the library's lock-free parts. A test gives it a small program of two or
// three threads; it runs the program again and again, on one real thread, until it has gone through
// every order in which the threads' operations on atomics and locks can happen, and through every
// value that a load may give. The library's code is the real one, compiled again with
// COPPICE_MODEL, which makes base/sync.hpp take its types from model/sync.hpp.
//
// What is explored. Before each operation on what threads share, the checker decides who goes on.
// Without a bound on preemptions it explores every order but those that differ from an explored one
// only in the order of operations that do not touch each other (sleep sets); with one, every order
// with that many. A place that only one thread ever uses, or that is never written, is no decision.
//
// The memory model is that of C++20, run forwards: each atomic keeps all its values in the order of
// modification, and a load may give any that coherence and happens-before leave. An acquire that
// reads from a release sequence takes over the writer's vector clock. A read-modify-write reads the
// latest value. A seq_cst load gives nothing older than what the latest seq_cst operation on the
// same atomic wrote or read. A thread reads the same old value three times at most, as every value
// is seen in the end. What this leaves out: the order of modification is that of the run; a load
// gives a value that is stored later only with Bounds::foresight; a weak compare-and-swap does not
// fail for nothing.
//
// Data that is not atomic is a Plain<T>: two uses without happens-before are a failure. So is the
// use of an atomic that does not happen between its beginning and its end.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <initializer_list>
#include <source_location>
#include <string>
#include <string_view>
#include <vector>

namespace model {

inline constexpr unsigned unlimited = ~0U;

struct Bounds {
  unsigned preemptions = unlimited;  // switches away from a thread that could go on
  unsigned stale_reads = unlimited;  // loads that do not give the latest value
  unsigned early_timeouts = 0;       // timed sleeps that end while somebody else can run
  // A relaxed load may give a value that another thread stores only later, once in a run: what a
  // machine does that puts a store before an earlier load. Only for what plain stores write.
  bool foresight = false;
  bool pauses_yield = true;  // spin_pause() lets the others make a step first
  unsigned steps = 4000;     // a run that takes more does not end
};

// One memory order in the library's code, as it was met. A compare-and-swap has two.
struct Site {
  const char* file = "";
  const char* function = "";
  unsigned line = 0;
  unsigned column = 0;
  bool on_failure = false;
  const char* operation = "";
  std::memory_order order = std::memory_order_seq_cst;

  bool same_place(const std::source_location& where, bool failure) const noexcept {
    return line == where.line() && column == where.column() && on_failure == failure &&
           std::string_view{file} == where.file_name();
  }
};

// While a program is explored, that site has a weaker order.
struct Weakening {
  Site site;
  std::memory_order order;
};

struct Outcome {
  std::uint64_t interleavings = 0;  // runs to the end, each different from the others
  std::uint64_t cut = 0;            // runs broken off because they would have been another's equal
  std::string failure;              // empty: every run held
  std::string trace;                // the steps of the run that failed
  std::vector<Site> sites;          // all that were met
};

using Program = std::function<void()>;

// Runs `program` on thread 0 in all ways, up to the first failure.
Outcome explore(const Program& program, const Bounds& bounds = {},
                const Weakening* planted = nullptr);

// The rest is for programs.

// Runs the parts as threads of their own, from 1 on, and returns when all have ended.
void together(std::initializer_list<Program> parts);
void check(bool holds, const char* text,
           std::source_location where = std::source_location::current());
// Gives each thread its own copy of a thread-local, which is all zero bytes at first. At the start
// of the program; at most 32 bytes.
void separate(void* thread_local_object, std::size_t size);

// Does what keeps memory beyond the run.
void outside(const std::function<void()>& work);

// The record of who used a plain object. Two threads' uses, one of them a write, must be ordered.
class Uses {
 public:
  void read(const char* name) const;
  void write(const char* name);

 private:
  static constexpr std::size_t threads = 8;
  unsigned writer_ = 0;
  std::uint32_t written_ = 0;
  mutable std::uint32_t read_[threads] = {};
};

template <class T>
class Plain {
 public:
  explicit Plain(T value = {}, const char* name = "plain data") : value_{value}, name_{name} {}
  Plain& operator=(T value) {
    uses_.write(name_);
    value_ = value;
    return *this;
  }
  T get() const {
    uses_.read(name_);
    return value_;
  }
  // For what changes it in place.
  T& change() {
    uses_.write(name_);
    return value_;
  }

 private:
  Uses uses_;
  T value_;
  const char* name_;
};

}  // namespace model
