// The workers themselves: whoever makes something runnable wakes a worker that sleeps, and each
// runnable runs exactly once, also if a spare takes it from a worker that does not come back. A
// wake-up that is lost leaves everybody asleep.
#include <coppice/schedule/crew.hpp>
#include <coppice/schedule/local.hpp>
#include <coppice/schedule/scheduler.hpp>

#include "subjects.hpp"

namespace coppice::schedule {

// The crew has a real clock here and so never asks. The scheduler itself is not part of the
// program.
bool Scheduler::busy_elsewhere() noexcept { return false; }

}  // namespace coppice::schedule

namespace model {
namespace {

using namespace coppice;
using namespace coppice::schedule;

struct Work : Runnable {
  Plain<int> value{0, "what is to be run"};
  int runs = 0;
};

// A crew without its watch, and works that each run once; the last of them wakes the program.
class Rig final : public Hooks {
 public:
  using Slice = void (*)(Rig&, Work&);

  Rig(unsigned workers, unsigned spares, int works, Slice slice)
      : works_{works},
        slice_{slice},
        crew{scheduler(), options(workers, spares), *this, timers, clock} {
    separate(&local, sizeof local);
    for (unsigned i = 0; i < workers; ++i) crew.worker(i).launch();
  }

  void run(Runnable& runnable) noexcept override {
    auto& one = static_cast<Work&>(runnable);
    check(one.value.get() == 1, "it is run before it was woken");
    one.value = 2;
    check(++one.runs == 1, "it is run twice");
    slice_(*this, one);
    if (++runs_ == works_) all_have_run.unpark();
  }
  std::string describe(const Runnable&) override { return {}; }
  void stalled(const StallReport&) noexcept override {}

  void inject(Work& one) {
    one.value = 1;
    crew.inject(one);
  }
  void wake(Work& one) {
    one.value = 1;
    local.worker->schedule(one);
  }
  void start(Work& one) {
    one.value = 1;
    local.worker->schedule_back(one);
  }
  void finish() {
    all_have_run.park();
    crew.stop();
    check(runs_ == works_, "something has not run");
  }

 private:
  static SchedulerOptions options(unsigned workers, unsigned spares) {
    return {.workers = workers, .max_spares = spares};
  }
  // Nobody looks inside.
  static Scheduler& scheduler() {
    alignas(Scheduler) static char nothing[sizeof(Scheduler)];
    return reinterpret_cast<Scheduler&>(nothing);
  }

  int works_;
  int runs_ = 0;
  Slice slice_;

 public:
  base::Parker all_have_run;
  base::Parker second_has_run;
  timing::TimerService timers{1};
  timing::Clock clock;
  Crew crew;
  Work work[4];
};

void nothing_more(Rig&, Work&) {}

// What comes from outside wakes the one worker there is, alone or in a batch.
void injected() {
  Rig rig{1, 0, 2, nothing_more};
  together({[&] { rig.inject(rig.work[0]); },
            [&] {
              rig.work[1].value = 1;
              RunList batch;
              batch.push_back(rig.work[1]);
              rig.crew.injection.push(batch);
              rig.crew.notify();
            }});
  rig.finish();
}

// Nobody counts on a spare that steps down.
void beside_a_spare() {
  Rig rig{1, 1, 1, nothing_more};
  check(rig.crew.start_spare() == Crew::Spare::started, "no spare");
  rig.inject(rig.work[0]);
  rig.finish();
}

// Who injects may still be at it when what he injected has run and the crew is stopped.
void stopped() {
  base::Thread visitor;
  {
    Rig rig{1, 0, 1, nothing_more};
    visitor = base::Thread{[&] { rig.inject(rig.work[0]); }};
    rig.finish();
  }
  visitor.join();
}

// The first one's slice does not end before the second one has run.
void wait_for_the_second(Rig& rig, Work& work) {
  if (&work == &rig.work[0])
    rig.second_has_run.park();
  else
    rig.second_has_run.unpark();
}

// So a second worker must be woken for it. It comes from outside:
void injected_beside_one_that_runs() {
  Rig rig{2, 0, 2, wait_for_the_second};
  while (!rig.crew.idle.all_asleep()) base::yield_thread();
  rig.inject(rig.work[0]);
  rig.inject(rig.work[1]);
  rig.finish();
}

// from the first one's own slice, to the back of the ring:
void started() {
  Rig rig{2, 0, 2, [](Rig& its, Work& work) {
            if (&work == &its.work[0]) its.start(its.work[1]);
            wait_for_the_second(its, work);
          }};
  rig.inject(rig.work[0]);
  rig.finish();
}

// or it waits in the LIFO slot, from which the watch takes it, to a spare. This thread is the
// watch.
void stalled() {
  Rig rig{1, 1, 2, [](Rig& its, Work& work) {
            if (&work == &its.work[0]) its.wake(its.work[1]);
            wait_for_the_second(its, work);
          }};
  rig.inject(rig.work[0]);
  RunList rescued;
  while (rescued.empty()) {
    base::yield_thread();
    if (rig.crew.worker(0).has_work()) rig.crew.worker(0).rescue(rescued);
  }
  rig.crew.injection.push(rescued);
  check(rig.crew.start_spare() == Crew::Spare::started, "no spare");
  rig.finish();
}

// The watch takes an unchanged count of slices for the same slice.
void looked_at() {
  Rig rig{1, 0, 2, [](Rig& its, Work& work) {
            if (&work == &its.work[0]) its.wake(its.work[1]);
          }};
  together({[&] { rig.inject(rig.work[0]); },
            [&] {
              const Worker& worker = rig.crew.worker(0);
              const Runnable* const running = worker.running();
              const std::uint64_t slices = worker.slices();
              if (running == &rig.work[1]) check(slices == 2, "shown before it is counted");
            }});
  rig.finish();
}

}  // namespace

Subject crew() {
  const Bounds one{.preemptions = 1, .stale_reads = 1, .pauses_yield = false};
  // Why an order could be weaker; none costs anything where it stands.
  static constexpr const char* told = "who sleeps is told by the unpark that follows";
  static constexpr const char* since =
      "the first look was in the one order of all; whoever searches since looks after the push";
  static constexpr const char* locked =
      "who sees an old count of sleepers looks again under the lock";
  static constexpr const char* more = "who does not see a searcher wakes one more";
  static constexpr const char* too_long =
      "an old length is too large at most, and who sees it looks under the lock";
  const Bounds none{.preemptions = 0, .stale_reads = 1, .pauses_yield = false};
  return {.name = "crew",
          .files = {"idle.cpp", "idle.hpp", "injection_queue.hpp", "crew.cpp", "crew.hpp",
                    "worker.cpp", "worker.hpp"},
          .scenarios = {{"injected", injected, one},
                        {"stopped", stopped, one},
                        {"looked at", looked_at, one},
                        {"beside a spare", beside_a_spare, one},
                        {"stalled", stalled, none},
                        {"injected beside one that runs", injected_beside_one_that_runs, one},
                        {"started", started, one}},
          .harmless = {
              {"Crew", "store release -> relaxed", "the threads are started afterwards"},
              {"stop", "store release -> relaxed", told},
              {"stopping", "load acquire -> relaxed", told},
              {"pick", "load seq_cst -> acquire", since, 2},
              {"pick", "load seq_cst -> relaxed", since, 2},
              {"take_sleeper", "change seq_cst -> acq_rel", locked},
              {"take_sleeper", "change seq_cst -> relaxed", locked},
              {"leave", "change seq_cst -> acq_rel", locked},
              {"leave", "change seq_cst -> relaxed", locked},
              {"begin_search", "compare_exchange seq_cst -> acq_rel", more},
              {"begin_search", "compare_exchange seq_cst -> relaxed", more},
              {"enter_duty", "change seq_cst -> acq_rel", more},
              {"enter_duty", "change seq_cst -> relaxed", more},
              {"take_some", "store seq_cst -> release", too_long},
              {"take_some", "store seq_cst -> relaxed", too_long},
              {"search", "store release -> relaxed", "a null tells nothing that was done before"},
          }};
}

}  // namespace model
