#include <vector>

#include <coppice/schedule/blocking_pool.hpp>
#include <coppice/schedule/scheduler.hpp>

#include "tests/schedule/rig.hpp"
#include "tests/support/catch.hpp"

using namespace rig;
using schedule::BlockingPool;
using schedule::Job;

namespace {

struct Work : Job {
  explicit Work(std::function<void()> f = {}) : body{std::move(f)} {
    run = [](Job& job) { static_cast<Work&>(job).body(); };
  }
  std::function<void()> body;
};

}  // namespace

TEST_CASE("eight jobs that wait for each other run side by side") {
  BlockingPool pool{512, 10s};
  Tally done;
  std::vector<Work> jobs(8);
  Tally begun;
  for (Work& job : jobs)
    job.body = [&] {
      begun.add();
      if (begun.reaches(8)) done.add();
    };
  for (Work& job : jobs) REQUIRE(pool.submit(job));
  REQUIRE(done.reaches(8));
  CHECK(pool.threads() == 8);
  pool.stop();
  CHECK(pool.threads() == 0);
}

TEST_CASE("at the limit jobs wait, in order") {
  BlockingPool pool{1, 10s};
  base::Atomic<bool> on{true};
  Tally started, done;
  std::vector<int> order;
  Work first{[&] {
    started.add();
    spin_while(on);
  }};
  REQUIRE(pool.submit(first));
  REQUIRE(started.reaches(1));
  std::vector<Work> jobs(5);
  for (int i = 0; i < 5; ++i) {
    jobs[static_cast<std::size_t>(i)].body = [&, i] {
      order.push_back(i);
      done.add();
    };
    REQUIRE(pool.submit(jobs[static_cast<std::size_t>(i)]));
  }
  CHECK(pool.threads() == 1);
  CHECK(done.count() == 0);
  on.store(false);
  REQUIRE(done.reaches(5));
  CHECK(order == std::vector{0, 1, 2, 3, 4});
}

TEST_CASE("a resting thread is used again, and ends after the idle time") {
  BlockingPool pool{16, 50ms};
  Tally done;
  Work job{[&] { done.add(); }};
  for (std::size_t i = 1; i <= 3; ++i) {
    REQUIRE(pool.submit(job));
    REQUIRE(done.reaches(i));
    base::Parker{}.park_for(5ms);
  }
  CHECK(pool.threads() <= 2);
  const timing::Instant limit = timing::real_now() + 20s;
  while (pool.threads() > 0 && timing::real_now() < limit) base::Parker{}.park_for(10ms);
  CHECK(pool.threads() == 0);
  REQUIRE(pool.submit(job));
  CHECK(done.reaches(4));
}

TEST_CASE("a job that waits can be cancelled, one that has started cannot") {
  BlockingPool pool{1, 10s};
  base::Atomic<bool> on{true};
  Tally started, done;
  Work running{[&] {
    started.add();
    spin_while(on);
    done.add();
  }};
  REQUIRE(pool.submit(running));
  REQUIRE(started.reaches(1));
  bool ran = false;
  Work a{[&] { ran = true; }}, b{[&] { ran = true; }}, c{[&] { ran = true; }};
  for (Work* job : {&a, &b, &c}) REQUIRE(pool.submit(*job));
  CHECK_FALSE(pool.try_cancel(running));
  CHECK(pool.try_cancel(b));
  CHECK_FALSE(pool.try_cancel(b));
  CHECK(pool.try_cancel(a));
  CHECK(pool.try_cancel(c));
  on.store(false);
  REQUIRE(done.reaches(1));
  pool.stop();
  CHECK_FALSE(ran);
  CHECK_FALSE(pool.submit(a));
}

TEST_CASE("each job is either run or cancelled when both race") {
  BlockingPool pool{3, 10s};
  constexpr std::size_t count = 5000;
  std::vector<Work> jobs(count);
  std::vector<base::Atomic<int>> ran(count);
  Tally runs;
  for (std::size_t i = 0; i < count; ++i)
    jobs[i].body = [&, i] {
      ran[i].fetch_add(1, base::relaxed);
      runs.add();
    };
  std::size_t cancelled = 0;
  std::vector<bool> was_cancelled(count);
  for (std::size_t i = 0; i < count; ++i) {
    REQUIRE(pool.submit(jobs[i]));
    if (i % 2 == 1 && pool.try_cancel(jobs[i - i % 3])) {
      was_cancelled[i - i % 3] = true;
      ++cancelled;
    }
  }
  REQUIRE(runs.reaches(count - cancelled));
  pool.stop();
  std::size_t wrong = 0;
  for (std::size_t i = 0; i < count; ++i) wrong += ran[i].load() != (was_cancelled[i] ? 0 : 1);
  CHECK(wrong == 0);
}

TEST_CASE("stopping runs what waits and joins the threads") {
  BlockingPool pool{2, 10s};
  Tally done;
  std::vector<Work> jobs(50);
  for (Work& job : jobs) {
    job.body = [&] { done.add(); };
    REQUIRE(pool.submit(job));
  }
  pool.stop();
  CHECK(done.count() == 50);
  CHECK(pool.threads() == 0);
  pool.stop();
}

TEST_CASE("a blocking job is not on a scheduler's thread, and may schedule") {
  Rig r{1};
  Tally done;
  schedule::Scheduler* seen = &r.scheduler;
  Task task{[&](Task&) { done.add(); }};
  Work job{[&] {
    seen = schedule::Scheduler::current();
    r.scheduler.schedule(task);
  }};
  REQUIRE(r.scheduler.blocking().submit(job));
  REQUIRE(done.reaches(1));
  CHECK(seen == nullptr);
}
