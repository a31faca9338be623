// The threads of one scheduler and what they share: workers and spares, injection queue, idle set,
// stall watch. The Scheduler is its face; Worker and StallWatch are its parts.
//
// Thread safety: start, stop by one thread; start_spare by the watch; everything else by any
// thread.
#pragma once

#include <memory>
#include <vector>

#include <coppice/schedule/hooks.hpp>
#include <coppice/schedule/idle.hpp>
#include <coppice/schedule/injection_queue.hpp>
#include <coppice/schedule/options.hpp>
#include <coppice/schedule/stall_watch.hpp>
#include <coppice/schedule/worker.hpp>
#include <coppice/time/clock.hpp>
#include <coppice/time/timer_service.hpp>

namespace coppice::schedule {

class Scheduler;

class Crew {
 public:
  Crew(Scheduler&, const SchedulerOptions&, Hooks&, timing::TimerService&, timing::Clock&);
  ~Crew();
  Crew(const Crew&) = delete;
  Crew& operator=(const Crew&) = delete;

  void start();
  // Lets what is queued run and joins all threads.
  void stop() noexcept;

  // From a thread that is none of the crew's. The crew stays for the whole call if it was there
  // when the call began.
  void inject(Runnable&) noexcept;
  // Wakes a sleeping worker unless somebody searches already: after every push (N2 of idle.hpp).
  void notify() noexcept { wake(idle.pick()); }
  // The same, but a searcher does not count: it may have looked before the work could be had.
  void notify_anyway() noexcept { wake(idle.pick_anyway()); }
  // The look at all queues of S2 and F2.
  bool work_waiting() const noexcept;

  // Fires what is due; false if nothing is.
  bool poll_timers() noexcept;
  // For a clock that can: if nothing can run any more, goes on to the next timer; true if it did.
  // By every worker that is about to sleep, so that the last one's look counts.
  bool skip_idle_time() noexcept;
  // Something has come to rest that is no worker about to sleep: somebody shall look once more.
  void look_for_idle_time() noexcept {
    if (clock.is_virtual()) notify_anyway();
  }

  enum class Spare { woken, started, at_cap };
  Spare start_spare() noexcept;

  unsigned regular() const noexcept { return options.workers; }
  // Workers and spares that were ever started; the first `regular()` are the regular ones.
  unsigned count() const noexcept { return started_.load(base::acquire); }
  Worker& worker(unsigned index) const noexcept { return *workers_[index]; }
  bool stopping() const noexcept { return stopping_.load(base::acquire); }

  SchedulerStats stats() const;

  Scheduler& scheduler;
  const SchedulerOptions options;
  Hooks& hooks;
  timing::TimerService& timers;
  timing::Clock& clock;
  InjectionQueue injection;
  mutable IdleSet idle;
  StallWatch watch;

 private:
  friend class Worker;
  // After a sleeper was taken from the list.
  void wake(Sleeper*) noexcept;

  std::vector<std::unique_ptr<Worker>> workers_;  // room for all spares from the start: never moves
  base::Atomic<unsigned> started_{0};
  base::Atomic<unsigned> visitors_{0};  // threads inside inject()
  base::Atomic<bool> stopping_{false};
};

}  // namespace coppice::schedule
