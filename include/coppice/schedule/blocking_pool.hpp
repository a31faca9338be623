// Threads for work that blocks. They grow on demand up to a limit, beyond it jobs wait in order; a
// thread that had nothing to do for `idle` ends. Nothing here knows of processes: a job's function
// runs on a thread of the pool, on which Scheduler::current() is null, and reports its end by
// whatever it likes (a signal, as a rule).
//
// Thread safety: everything may be called from any thread, stop() once and from no thread of the
// pool.
// Ownership: a Job belongs to the submitter, must stay where it is until its function is entered or
// try_cancel() returned true, and is not touched by the pool once its function is entered.
#pragma once

#include <chrono>
#include <cstddef>
#include <functional>
#include <list>
#include <utility>

#include <coppice/base/export.hpp>
#include <coppice/base/sync.hpp>

namespace coppice::schedule {

class Director;

struct Job {
  Job* next = nullptr;          // the pool's, while the job waits
  Job* previous = nullptr;      // the pool's, while the job waits
  bool waiting = false;         // the pool's, under its lock
  void (*run)(Job&) = nullptr;  // called once; must not throw
};

class COPPICE_API BlockingPool {
 public:
  // `rested` is called, under the pool's lock, whenever no job is left.
  BlockingPool(unsigned limit, std::chrono::nanoseconds idle, Director* director = nullptr,
               std::function<void()> rested = {}) noexcept
      : limit_{limit}, idle_{idle}, director_{director}, rested_{std::move(rested)} {}
  ~BlockingPool() { stop(); }
  BlockingPool(const BlockingPool&) = delete;
  BlockingPool& operator=(const BlockingPool&) = delete;

  // False, and the job is not taken, if the pool is stopped, or has no thread and the system gives
  // none.
  [[nodiscard]] bool submit(Job&);

  // True: the job had not started and never will, it is the caller's again. False: it has started,
  // or has ended already; the caller must know the Job to be alive still.
  [[nodiscard]] bool try_cancel(Job&) noexcept;

  // Takes no more jobs, runs those that wait, joins all threads. Jobs that never end make it wait
  // for ever.
  void stop() noexcept;

  // Threads there are now: a snapshot.
  unsigned threads() const noexcept;
  // Whether a job waits or runs.
  bool busy() const noexcept;

 private:
  using Threads = std::list<base::Thread>;
  void work(Threads::iterator self) noexcept;
  Job* take(base::UniqueLock&) noexcept;
  void unlink(Job&) noexcept;
  bool rests() const noexcept { return first_ == nullptr && resting_ == threads_.size(); }

  const unsigned limit_;
  const std::chrono::nanoseconds idle_;
  Director* const director_;
  const std::function<void()> rested_;

  mutable base::Mutex lock_;
  base::CondVar wake_;   // a job waits, or the pool stops
  base::CondVar ended_;  // a thread has ended
  Job* first_ = nullptr;
  Job* last_ = nullptr;
  std::size_t waiting_ = 0;
  Threads threads_;
  unsigned resting_ = 0;  // threads inside wake_'s wait
  bool stopping_ = false;
  base::Thread leaver_;  // the thread that ended last: joined by the next one to end, or by stop()
};

}  // namespace coppice::schedule
