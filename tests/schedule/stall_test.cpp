#include <vector>

#include "tests/schedule/rig.hpp"
#include "tests/support/catch.hpp"

using namespace rig;

namespace {

// Hogs that spin on their worker until let go.
class Hogs {
 public:
  Hogs(schedule::Scheduler& scheduler, std::size_t count) : tasks_(count) {
    for (Task& task : tasks_) {
      task.name = "hog";
      task.slice = [this](Task&) {
        started_.add();
        spin_while(on_);
        ended_.add();
      };
      scheduler.schedule(task);
    }
  }
  ~Hogs() { let_go(); }
  bool all_started() { return started_.reaches(tasks_.size()); }
  void let_go() {
    on_.store(false, base::release);
    ended_.reaches(started_.count());
  }

 private:
  base::Atomic<bool> on_{true};
  Tally started_;
  Tally ended_;
  std::vector<Task> tasks_;
};

}  // namespace

TEST_CASE("a hog on each worker does not delay others for ever") {
  const unsigned workers = GENERATE(1u, 2u);
  Rig r{workers};
  Tally done;
  Task other{[&](Task&) { done.add(); }};
  Hogs hogs{r.scheduler, workers};
  REQUIRE(hogs.all_started());
  for (std::size_t i = 1; i <= 100; ++i) {
    r.scheduler.schedule(other);
    REQUIRE(done.reaches(i));
  }
  const schedule::SchedulerStats stats = r.scheduler.stats();
  CHECK(stats.stalls >= 1);
  CHECK(stats.spares_on_duty >= 1);
}

TEST_CASE("what a hog had in its slot and its ring runs elsewhere") {
  Rig r{1};
  Tally done;
  base::Atomic<bool> on{true};
  std::vector<Task> waiting(100);
  for (Task& t : waiting) t.slice = [&](Task&) { done.add(); };
  Tally hog_ended;
  Task hog{[&](Task&) {
    for (Task& t : waiting) r.scheduler.schedule(t);
    spin_while(on);
    hog_ended.add();
  }};
  r.scheduler.schedule(hog);
  CHECK(done.reaches(waiting.size()));
  CHECK(hog_ended.count() == 0);
  on.store(false);
  CHECK(hog_ended.reaches(1));
}

TEST_CASE("what a long slice woke last goes to an idle worker") {
  Rig r{2};
  Tally done, ended;
  base::Atomic<bool> on{true};
  Task woken{[&](Task&) { done.add(); }};
  Task hog{[&](Task&) {
    r.scheduler.schedule(woken);
    spin_while(on);
    ended.add();
  }};
  r.scheduler.schedule(hog);
  CHECK(done.reaches(1));
  on.store(false);
  REQUIRE(ended.reaches(1));
}

TEST_CASE("busy runnables do not starve what waits behind a hog") {
  Rig r{2};
  base::Atomic<bool> on{true};
  Tally done, ended;
  // These yield for ever and keep the other worker, and any spare, busy.
  std::vector<Task> busy(8);
  for (Task& t : busy)
    t.slice = [&](Task& self) {
      on.load(base::relaxed) ? r.scheduler.schedule_back(self) : ended.add();
    };
  std::vector<Task> waiting(200);
  for (Task& t : waiting) t.slice = [&](Task&) { done.add(); };
  Task hog{[&](Task&) {
    for (Task& t : waiting) r.scheduler.schedule_back(t);
    spin_while(on);
    ended.add();
  }};
  for (Task& t : busy) r.scheduler.schedule(t);
  r.scheduler.schedule(hog);
  CHECK(done.reaches(waiting.size()));
  on.store(false);
  CHECK(ended.reaches(busy.size() + 1));
}

TEST_CASE("spares step down when the stall is over, and are used again") {
  Rig r{1};
  Tally done;
  Task other{[&](Task&) { done.add(); }};
  for (std::size_t turn = 1; turn <= 3; ++turn) {
    Hogs hogs{r.scheduler, 1};
    REQUIRE(hogs.all_started());
    r.scheduler.schedule(other);
    REQUIRE(done.reaches(turn));
    hogs.let_go();
    const timing::Instant limit = timing::real_now() + 20s;
    while (r.scheduler.stats().spares_on_duty > 0 && timing::real_now() < limit) {
      // A spare steps down when it looks for work and finds none.
      base::Parker{}.park_for(5ms);
    }
    CHECK(r.scheduler.stats().spares_on_duty == 0);
  }
  // At most a second one, had the machine held up the first.
  CHECK(r.scheduler.stats().workers.size() <= 3);
}

TEST_CASE("spares step down when the stall is over, though there is always something to do") {
  // A worker that a busy machine keeps off the processor for the usual 5 ms counts as stalled, and
  // needs its spare. Here only the hog shall.
  Rig r{schedule::SchedulerOptions{.workers = 1, .stall_after = 100ms}};
  base::Atomic<bool> on{true};
  Tally ended;
  std::vector<Task> busy(8);
  for (Task& t : busy)
    t.slice = [&](Task& self) {
      on.load(base::relaxed) ? r.scheduler.schedule_back(self) : ended.add();
    };
  for (Task& t : busy) r.scheduler.schedule(t);
  const auto spares_become = [&](bool some) {
    const timing::Instant limit = timing::real_now() + 20s;
    while ((r.scheduler.stats().spares_on_duty > 0) != some && timing::real_now() < limit)
      base::Parker{}.park_for(1ms);
    return (r.scheduler.stats().spares_on_duty > 0) == some;
  };
  {
    Hogs hogs{r.scheduler, 1};
    REQUIRE(hogs.all_started());
    CHECK(spares_become(true));
  }
  CHECK(spares_become(false));
  on.store(false);
  CHECK(ended.reaches(busy.size()));
}

TEST_CASE("a long stall is reported once, with what runs") {
  Rig r{schedule::SchedulerOptions{.workers = 2, .report_after = 20ms}};
  {
    Hogs hogs{r.scheduler, 1};
    REQUIRE(hogs.all_started());
    const timing::Instant limit = timing::real_now() + 20s;
    while (r.hooks.reports().empty() && timing::real_now() < limit) base::Parker{}.park_for(5ms);
    base::Parker{}.park_for(100ms);
  }
  const std::vector<schedule::StallReport> reports = r.hooks.reports();
  REQUIRE(reports.size() == 1);
  CHECK(reports[0].runnable == "hog");
  CHECK(reports[0].lasted >= 20ms);
  CHECK(reports[0].worker < 2);
  CHECK_FALSE(reports[0].cap_reached);
}

TEST_CASE("the cap of spares is kept, and reported once") {
  Rig r{schedule::SchedulerOptions{.workers = 1, .max_spares = 1, .report_after = 1h}};
  Tally done;
  Task other{[&](Task&) { done.add(); }};
  {
    Hogs hogs{r.scheduler, 1};
    REQUIRE(hogs.all_started());
    Hogs more{r.scheduler, 1};
    REQUIRE(more.all_started());
    r.scheduler.schedule(other);
    const timing::Instant limit = timing::real_now() + 20s;
    while (r.hooks.reports().empty() && timing::real_now() < limit) base::Parker{}.park_for(5ms);
    base::Parker{}.park_for(100ms);
    CHECK(done.count() == 0);
    CHECK(r.scheduler.stats().workers.size() == 2);
  }
  CHECK(done.reaches(1));
  const std::vector<schedule::StallReport> reports = r.hooks.reports();
  REQUIRE(reports.size() == 1);
  CHECK(reports[0].cap_reached);
  CHECK(reports[0].spares == 1);
  CHECK(reports[0].runnable == "hog");
}

TEST_CASE("stalled workers that come back, and a stop right after, leave nothing undone") {
  Tally done;
  std::vector<Task> tasks(300);
  for (Task& t : tasks)
    t.slice = [&](Task&) {
      base::Parker{}.park_for(2ms);
      done.add();
    };
  {
    Rig r{schedule::SchedulerOptions{.workers = 2, .max_spares = 4, .stall_after = 1ms}};
    for (Task& t : tasks) r.scheduler.schedule(t);
  }
  CHECK(done.count() == tasks.size());
}
