// A scheduler with what it needs, and runnables made of a function: what the tests of this layer
// run on.
#pragma once

#include <chrono>
#include <functional>
#include <string>
#include <utility>
#include <vector>

#include <coppice/base/sync.hpp>
#include <coppice/schedule/hooks.hpp>
#include <coppice/schedule/scheduler.hpp>
#include <coppice/time/clock.hpp>
#include <coppice/time/timer_service.hpp>

namespace rig {

using namespace std::chrono_literals;
using namespace coppice;

// A runnable whose slice is a call of a function.
struct Task : schedule::Runnable {
  Task() = default;
  explicit Task(std::function<void(Task&)> f) : slice{std::move(f)} {}
  std::function<void(Task&)> slice;
  std::string name = "task";
};

class TaskHooks : public schedule::Hooks {
 public:
  void run(schedule::Runnable& runnable) noexcept override {
    auto& task = static_cast<Task&>(runnable);
    task.slice(task);
  }
  std::string describe(const schedule::Runnable& runnable) override {
    return static_cast<const Task&>(runnable).name;
  }
  void stalled(const schedule::StallReport& report) noexcept override {
    const base::LockGuard guard{lock_};
    reports_.push_back(report);
  }
  std::vector<schedule::StallReport> reports() {
    const base::LockGuard guard{lock_};
    return reports_;
  }

 private:
  base::Mutex lock_;
  std::vector<schedule::StallReport> reports_;
};

// Started, and stopped with its end.
struct Rig {
  explicit Rig(schedule::SchedulerOptions options)
      : timers{options.workers, clock.now()}, scheduler{options, hooks, timers, clock} {
    scheduler.start();
  }
  explicit Rig(unsigned workers) : Rig{schedule::SchedulerOptions{.workers = workers}} {}
  ~Rig() { scheduler.stop(); }

  timing::Clock clock;
  timing::TimerService timers;
  TaskHooks hooks;
  schedule::Scheduler scheduler;
};

// A counter that a plain thread can wait for.
class Tally {
 public:
  void add(std::size_t n = 1) {
    const base::LockGuard guard{lock_};
    count_ += n;
    changed_.notify_all();
  }
  // False if it is not reached in time.
  bool reaches(std::size_t n, std::chrono::nanoseconds limit = 60s) {
    base::UniqueLock guard{lock_};
    return changed_.wait_for(guard, limit, [&] { return count_ >= n; });
  }
  std::size_t count() {
    const base::LockGuard guard{lock_};
    return count_;
  }

 private:
  base::Mutex lock_;
  base::CondVar changed_;
  std::size_t count_ = 0;
};

// Busy until `until` says so or the limit is over; what a process that does not come back does.
inline void spin_while(const base::Atomic<bool>& on) {
  while (on.load(base::acquire)) base::spin_pause();
}

}  // namespace rig
