#include <memory>
#include <vector>

#include <coppice/schedule/dedicated_thread.hpp>
#include <coppice/schedule/director.hpp>

#include "tests/schedule/rig.hpp"
#include "tests/support/catch.hpp"

using namespace rig;
using schedule::DedicatedThread;

TEST_CASE("a dedicated thread runs its runnable once for each wake, always on the same thread") {
  Rig r{1};
  Tally done;
  std::vector<pthread_t> threads;
  Task task{[&](Task&) {
    threads.push_back(pthread_self());
    done.add();
  }};
  DedicatedThread& thread = r.scheduler.dedicate(task);
  CHECK(&thread.runnable() == &task);
  for (std::size_t i = 1; i <= 100; ++i) {
    thread.schedule();
    REQUIRE(done.reaches(i));
  }
  CHECK(done.count() == 100);
  for (pthread_t t : threads) REQUIRE(pthread_equal(t, threads.front()));
  CHECK_FALSE(pthread_equal(threads.front(), pthread_self()));
  thread.end();
}

TEST_CASE("on a dedicated thread the scheduler is the current one, but it is no worker") {
  Rig r{1};
  Tally done;
  schedule::Scheduler* seen = nullptr;
  bool worker = true;
  Task other{[&](Task&) { done.add(); }};
  Task task{[&](Task&) {
    seen = schedule::Scheduler::current();
    worker = schedule::Scheduler::on_worker();
    r.scheduler.schedule(other);
  }};
  r.scheduler.dedicate(task).schedule();
  REQUIRE(done.reaches(1));
  CHECK(seen == &r.scheduler);
  CHECK_FALSE(worker);
}

TEST_CASE("a slice on a dedicated thread may ask for the next one, and end the thread") {
  Rig r{1};
  Tally done;
  int left = 1000;
  Task task;
  DedicatedThread* thread = nullptr;
  task.slice = [&](Task&) {
    if (--left > 0) return thread->schedule();
    thread->end();
    done.add();
  };
  thread = &r.scheduler.dedicate(task);
  thread->schedule();
  CHECK(done.reaches(1));
}

TEST_CASE("dedicated threads come and go by the hundred") {
  Rig r{1};
  Tally done;
  std::vector<std::unique_ptr<Task>> tasks;
  std::vector<DedicatedThread*> threads(200);
  for (std::size_t i = 0; i < threads.size(); ++i) {
    tasks.push_back(std::make_unique<Task>());
    tasks[i]->slice = [&, i](Task&) {
      threads[i]->end();
      done.add();
    };
    threads[i] = &r.scheduler.dedicate(*tasks[i]);
    threads[i]->schedule();
  }
  CHECK(done.reaches(threads.size()));
}

TEST_CASE("a blocked dedicated thread holds up nobody") {
  Rig r{1};
  Tally done, started, ended;
  base::Atomic<bool> on{true};
  Task hog{[&](Task&) {
    started.add();
    spin_while(on);
    ended.add();
  }};
  r.scheduler.dedicate(hog).schedule();
  REQUIRE(started.reaches(1));
  Task other{[&](Task&) { done.add(); }};
  r.scheduler.schedule(other);
  CHECK(done.reaches(1));
  CHECK(r.scheduler.stats().stalls == 0);
  on.store(false);
  CHECK(ended.reaches(1));
}

namespace {

// Keeps what it is given, for the test to look at.
struct Recorder : schedule::Director {
  void schedule(schedule::Runnable& r) override { woken.push_back(&r); }
  void schedule_back(schedule::Runnable& r) override { back.push_back(&r); }
  void submit(schedule::Job& job) override { jobs.push_back(&job); }
  bool try_cancel(schedule::Job& job) override { return std::erase(jobs, &job) > 0; }
  std::vector<schedule::Runnable*> woken, back;
  std::vector<schedule::Job*> jobs;
};

}  // namespace

TEST_CASE("with a director everything goes to it and there is no thread") {
  timing::Clock clock;
  timing::TimerService timers{1, clock.now()};
  TaskHooks hooks;
  Recorder director;
  schedule::Scheduler scheduler{{}, hooks, timers, clock, &director};
  scheduler.start();
  CHECK(scheduler.director() == &director);
  CHECK(scheduler.workers() == 1);
  Task a, b, own;
  scheduler.schedule(a);
  scheduler.schedule_back(b);
  DedicatedThread& thread = scheduler.dedicate(own);
  thread.schedule();
  CHECK(director.woken == std::vector<schedule::Runnable*>{&a, &own});
  CHECK(director.back == std::vector<schedule::Runnable*>{&b});
  // The first stays while its runnable lives, though it has no thread.
  Task other;
  DedicatedThread& second = scheduler.dedicate(other);
  CHECK(&thread.runnable() == &own);
  thread.schedule();
  CHECK(director.woken == std::vector<schedule::Runnable*>{&a, &own, &own});
  second.end();
  thread.end();
  schedule::Job job;
  REQUIRE(scheduler.blocking().submit(job));
  CHECK(director.jobs == std::vector<schedule::Job*>{&job});
  CHECK(scheduler.blocking().try_cancel(job));
  CHECK_FALSE(scheduler.blocking().try_cancel(job));
  CHECK(scheduler.stats().workers.empty());
  CHECK(scheduler.stats().blocking_threads == 0);
  scheduler.stop();
}
