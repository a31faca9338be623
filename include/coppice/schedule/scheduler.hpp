// Runs runnables on a few worker threads: each has a ring and a LIFO slot for what was just woken,
// idle ones steal and then sleep, and a stall watch lets spare workers stand in for those that do
// not come back from a slice. Knows nothing of processes: they are behind Hooks. Erlang's
// counterpart is the scheduler of the emulator; here a slice cannot be preempted, which is what the
// watch is for.
//
// Rules for callers: schedule() and schedule_back() exactly once for each time that the runnable
// becomes runnable, by whoever has the right to (the atomic state of the layer above decides who);
// each leads to exactly one Hooks::run().
//
// Thread safety: everything may be called from any thread; start() once; stop() from a thread that
// is not the scheduler's. stop() waits for calls of schedule() that are under way on other threads,
// even if what they scheduled has long run. TimerService, Clock and Hooks must outlive the
// scheduler.
//
// Where things are: idle.hpp has the sleep protocol and its proof, worker.hpp the loop,
// stall_watch.hpp the watch.
#pragma once

#include <memory>
#include <vector>

#include <coppice/base/export.hpp>
#include <coppice/schedule/blocking_pool.hpp>
#include <coppice/schedule/hooks.hpp>
#include <coppice/schedule/options.hpp>
#include <coppice/schedule/runnable.hpp>

namespace coppice::timing {
class Clock;
class TimerService;
}  // namespace coppice::timing

namespace coppice::schedule {

class DedicatedThread;
class Director;
class Crew;

class COPPICE_API Scheduler {
 public:
  // Makes no thread yet. With a director none is ever made.
  Scheduler(const SchedulerOptions&, Hooks&, timing::TimerService&, timing::Clock&,
            Director* = nullptr);
  ~Scheduler();
  Scheduler(const Scheduler&) = delete;
  Scheduler& operator=(const Scheduler&) = delete;

  // Starts the workers and the watch. Throws std::system_error if there are no threads to be had;
  // nothing is left running then.
  void start();

  // For what was woken: on a worker of this scheduler it runs next there, elsewhere it goes to the
  // injection queue.
  void schedule(Runnable&);
  // For what was spawned or yields: to the back of the worker's ring, elsewhere to the injection
  // queue.
  void schedule_back(Runnable&);

  // A thread of its own for one runnable, which is scheduled through the DedicatedThread from then
  // on. Throws std::system_error if there is no thread to be had. With a director it has no thread,
  // and its schedule() goes there.
  DedicatedThread& dedicate(Runnable&);

  // The scheduler that the calling thread works for: workers, spares, dedicated threads, a thread
  // with a Here; null on any other.
  static Scheduler* current() noexcept;
  // Whether the calling thread is a worker or spare of any scheduler, which must not be blocked.
  static bool on_worker() noexcept;

  // While it lives, the calling thread counts as working for the scheduler (dedicated threads, a
  // simulator).
  class COPPICE_API Here {
   public:
    explicit Here(Scheduler&) noexcept;
    ~Here();
    Here(const Here&) = delete;
    Here& operator=(const Here&) = delete;

   private:
    Scheduler* previous_;
  };

  // Whether something runs, or is about to, on blocking or dedicated threads.
  bool busy_elsewhere() noexcept;
  // One of those threads has come to rest.
  void rested() noexcept;

  BlockingPool& blocking() noexcept { return blocking_; }
  Hooks& hooks() noexcept { return hooks_; }
  Director* director() const noexcept { return director_; }
  unsigned workers() const noexcept;

  // A snapshot; the counters are exact when the workers are idle.
  SchedulerStats stats() const;

  // To be called when nothing will be scheduled any more: lets what is queued run, then joins the
  // blocking threads, the dedicated ones, the watch, the workers and the spares, and leaves nothing
  // behind. A slice that never returns makes it wait for ever. Does nothing the second time.
  void stop() noexcept;

 private:
  enum class Reap { ended, all };
  void reap(Reap) noexcept;

  Hooks& hooks_;
  Director* const director_;
  BlockingPool blocking_;
  std::unique_ptr<Crew> crew_;  // workers, spares, their queues and the watch

  base::Mutex dedicated_lock_;
  std::vector<std::unique_ptr<DedicatedThread>> dedicated_;
};

}  // namespace coppice::schedule
