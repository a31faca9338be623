#include <vector>

#include <coppice/schedule/dedicated_thread.hpp>

#include "tests/schedule/rig.hpp"
#include "tests/support/catch.hpp"

#include <sys/resource.h>

using namespace rig;

namespace {

double processor_ms() {
  rusage used{};
  getrusage(RUSAGE_SELF, &used);
  const auto ms = [](const timeval& t) {
    return static_cast<double>(t.tv_sec) * 1e3 + static_cast<double>(t.tv_usec) / 1e3;
  };
  return ms(used.ru_utime) + ms(used.ru_stime);
}

}  // namespace

TEST_CASE("a scheduler that was never started stops") {
  timing::Clock clock;
  timing::TimerService timers{1, clock.now()};
  TaskHooks hooks;
  schedule::Scheduler scheduler{{.workers = 2}, hooks, timers, clock};
  CHECK(scheduler.workers() == 2);
  scheduler.stop();
}

TEST_CASE("without a number there is a worker for each processor") {
  timing::Clock clock;
  timing::TimerService timers{1, clock.now()};
  TaskHooks hooks;
  schedule::Scheduler scheduler{{}, hooks, timers, clock};
  CHECK(scheduler.workers() == base::hardware_threads());
}

TEST_CASE(
    "sleeping workers, dedicated and blocking threads stop at once, and stopping twice is "
    "harmless") {
  Rig r{4};
  Tally done;
  Task own{[&](Task&) { done.add(); }};
  schedule::DedicatedThread& thread = r.scheduler.dedicate(own);
  thread.schedule();
  struct Work : schedule::Job {
    Tally* tally = nullptr;
  } work;
  work.tally = &done;
  work.run = [](schedule::Job& job) { static_cast<Work&>(job).tally->add(); };
  REQUIRE(r.scheduler.blocking().submit(work));
  REQUIRE(done.reaches(2));
  r.scheduler.stop();
  r.scheduler.stop();
  CHECK_FALSE(r.scheduler.blocking().submit(work));
  CHECK(r.scheduler.stats().blocking_threads == 0);
}

TEST_CASE("what is queued still runs before the workers are gone") {
  Tally done;
  std::vector<Task> tasks(5000);
  for (Task& t : tasks) t.slice = [&](Task&) { done.add(); };
  {
    Rig r{2};
    for (Task& t : tasks) r.scheduler.schedule(t);
  }
  CHECK(done.count() == tasks.size());
}

TEST_CASE("a scheduler may end while the call that gave it its last work has not returned") {
  for (int i = 0; i < 300; ++i) {
    Tally done;
    Task t{[&](Task&) { done.add(); }};
    base::Thread outside;
    {
      Rig r{1};
      outside = base::Thread{[&] { r.scheduler.schedule(t); }};
      REQUIRE(done.reaches(1));
    }
    outside.join();
  }
}

TEST_CASE("starting and stopping many times leaves nothing behind") {
  for (int i = 0; i < 50; ++i) {
    Rig r{static_cast<unsigned>(i % 3 + 1)};
    if (i % 2 == 0) {
      Tally done;
      Task t{[&](Task&) { done.add(); }};
      r.scheduler.schedule(t);
      REQUIRE(done.reaches(1));
    }
  }
}

TEST_CASE("idle workers burn no processor time") {
  Rig r{4};
  Tally done;
  Task t{[&](Task&) { done.add(); }};
  r.scheduler.schedule(t);
  REQUIRE(done.reaches(1));
  base::Parker pause;
  pause.park_for(100ms);  // until the watch sleeps as well
  const double before = processor_ms();
  pause.park_for(1s);
  // Spinning would be 1000 ms a thread, a watch that goes on ticking about 10.
  CHECK(processor_ms() - before < 5);
}
