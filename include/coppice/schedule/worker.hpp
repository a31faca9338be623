// One worker: a thread with a ring, a LIFO slot and the loop that runs what is there, steals, and
// sleeps. A spare is a worker that the stall watch starts; it does the same and steps down when it
// is not needed.
//
// Order of work: the LIFO slot (what the last slice woke: its data is warm), but no more than
// lifo_limit times in a row, then the ring; every chores_every slices the timers and the injection
// queue; when there is nothing, injection queue, other workers' rings, timers, then sleep.
//
// Thread safety: schedule, schedule_back and work by the worker's own thread; ring and lifo as they
// say.
#pragma once

#include <cstdint>

#include <coppice/base/random.hpp>
#include <coppice/base/sync.hpp>
#include <coppice/schedule/idle.hpp>
#include <coppice/schedule/injection_queue.hpp>
#include <coppice/schedule/lifo_slot.hpp>
#include <coppice/schedule/options.hpp>
#include <coppice/schedule/runnable.hpp>

namespace coppice::schedule {

class Crew;

class Worker : public Sleeper {
 public:
  static constexpr unsigned lifo_limit = 64;
  static constexpr unsigned chores_every = 32;

  Worker(Crew&, unsigned index, bool spare) noexcept;
  Worker(const Worker&) = delete;
  Worker& operator=(const Worker&) = delete;

  void launch();  // throws std::system_error
  void join() noexcept;

  // Own thread, inside a slice.
  void schedule(Runnable& runnable) noexcept {
    if (!lifo_.put(runnable)) [[unlikely]]
      displace(runnable);
  }
  void schedule_back(Runnable&) noexcept;

  // The watch's view. What it runs, null between bouts of work; and how many slices it has begun.
  Runnable* running() const noexcept { return running_.load(base::acquire); }
  std::uint64_t slices() const noexcept { return slices_.read(); }
  bool has_work() const noexcept { return lifo_.full() || !ring_.empty(); }
  bool has_lifo() const noexcept { return lifo_.full(); }
  // Takes all that waits here, oldest first; what the worker is just taking itself is left to it.
  void rescue(RunList&) noexcept;

  Ring& ring() noexcept { return ring_; }
  const Ring& ring() const noexcept { return ring_; }
  Crew& crew() const noexcept { return crew_; }
  unsigned index() const noexcept { return index_; }
  WorkerStats stats() const noexcept;

 private:
  void work() noexcept;
  void run(Runnable&) noexcept;
  void displace(Runnable&) noexcept;
  void push(Runnable&) noexcept;
  Runnable* next() noexcept;
  Runnable* chores() noexcept;
  void hand_over() noexcept;
  Runnable* next_in_turn() noexcept;
  Runnable* search() noexcept;
  Runnable* steal() noexcept;
  Runnable* found(Runnable*) noexcept;
  bool rest() noexcept;
  bool answer_call() noexcept;
  bool sleep() noexcept;
  timing::Duration keep_time() noexcept;

  Crew& crew_;
  const unsigned index_;
  bool searching_ = false;  // counted as a searcher in the idle set
  unsigned lifo_streak_ = 0;
  unsigned until_chores_ = chores_every;
  base::OwnedCounter slices_;
  base::OwnedCounter lifo_runs_;
  base::OwnedCounter steals_;
  base::OwnedCounter parks_;
  base::Random random_;
  base::Thread thread_;

  alignas(64) LifoSlot lifo_;
  base::Atomic<Runnable*> running_{nullptr};
  Ring ring_;
};

}  // namespace coppice::schedule
