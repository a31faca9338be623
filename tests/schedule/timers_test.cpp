#include "tests/schedule/rig.hpp"
#include "tests/support/catch.hpp"

using namespace rig;

namespace {

// A timer that schedules a runnable, which notes how late it is.
struct Alarm : timing::TimerEntry {
  schedule::Scheduler* scheduler = nullptr;
  Task* task = nullptr;
};

void ring(timing::TimerEntry& entry) noexcept {
  auto& alarm = static_cast<Alarm&>(entry);
  alarm.scheduler->schedule(*alarm.task);
}

}  // namespace

TEST_CASE("a sleeping worker wakes for a timer that was armed from outside") {
  const unsigned workers = GENERATE(1u, 3u);
  Rig r{workers};
  Tally done;
  timing::Instant deadline;
  bool early = false;
  Task task{[&](Task&) {
    const timing::Instant now = timing::real_now();
    early = early || now < deadline;
    done.add();
  }};
  Alarm alarm;
  alarm.fire = ring;
  alarm.scheduler = &r.scheduler;
  alarm.task = &task;
  for (std::size_t i = 1; i <= 20; ++i) {
    deadline = timing::real_now() + 3ms;
    r.timers.arm(static_cast<timing::TimerService::Key>(i), alarm, deadline);
    REQUIRE(done.reaches(i));
  }
  CHECK_FALSE(early);
}

TEST_CASE("an earlier timer shortens the sleep") {
  Rig r{2};
  Tally done;
  Task task{[&](Task&) { done.add(); }};
  Alarm far, near;
  for (Alarm* alarm : {&far, &near}) {
    alarm->fire = ring;
    alarm->scheduler = &r.scheduler;
    alarm->task = &task;
  }
  r.timers.arm(0, far, timing::real_now() + 1h);
  base::Parker{}.park_for(20ms);
  r.timers.arm(1, near, timing::real_now() + 5ms);
  REQUIRE(done.reaches(1));
  CHECK(r.timers.cancel(0, far));
}

TEST_CASE("busy workers fire timers between slices") {
  Rig r{1};
  base::Atomic<bool> on{true};
  Tally done, ended;
  Task busy{
      [&](Task& self) { on.load(base::relaxed) ? r.scheduler.schedule_back(self) : ended.add(); }};
  Task task{[&](Task&) { done.add(); }};
  Alarm alarm;
  alarm.fire = ring;
  alarm.scheduler = &r.scheduler;
  alarm.task = &task;
  r.scheduler.schedule(busy);
  r.timers.arm(0, alarm, timing::real_now() + 2ms);
  CHECK(done.reaches(1));
  on.store(false);
  REQUIRE(ended.reaches(1));
}

TEST_CASE("timers fire while all workers are stalled") {
  Rig r{1};
  base::Atomic<bool> on{true};
  Tally started, done, ended;
  Task hog{[&](Task&) {
    started.add();
    spin_while(on);
    ended.add();
  }};
  Task task{[&](Task&) { done.add(); }};
  Alarm alarm;
  alarm.fire = ring;
  alarm.scheduler = &r.scheduler;
  alarm.task = &task;
  r.scheduler.schedule(hog);
  REQUIRE(started.reaches(1));
  r.timers.arm(0, alarm, timing::real_now() + 10ms);
  CHECK(done.reaches(1));
  on.store(false);
  REQUIRE(ended.reaches(1));
}
