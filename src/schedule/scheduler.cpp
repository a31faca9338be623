#include <coppice/schedule/scheduler.hpp>

#include <algorithm>
#include <utility>

#include <coppice/base/error.hpp>
#include <coppice/schedule/crew.hpp>
#include <coppice/schedule/dedicated_thread.hpp>
#include <coppice/schedule/director.hpp>
#include <coppice/schedule/local.hpp>

namespace coppice::schedule {

namespace {

SchedulerOptions completed(SchedulerOptions options) {
  if (options.workers == 0) options.workers = base::hardware_threads();
  return options;
}

}  // namespace

Scheduler::Scheduler(const SchedulerOptions& options, Hooks& hooks, timing::TimerService& timers,
                     timing::Clock& clock, Director* director)
    : hooks_{hooks},
      director_{director},
      blocking_{options.blocking_limit, options.blocking_idle, director,
                [this] { rested(); }} {
  if (director == nullptr)
    crew_ = std::make_unique<Crew>(*this, completed(options), hooks, timers, clock);
}

Scheduler::~Scheduler() { stop(); }

void Scheduler::start() {
  if (crew_ != nullptr) crew_->start();
}

void Scheduler::schedule(Runnable& runnable) {
  if (director_ != nullptr) [[unlikely]]
    return director_->schedule(runnable);
  Worker* const worker = local.worker;
  if (worker != nullptr && &worker->crew() == crew_.get()) [[likely]]
    worker->schedule(runnable);
  else
    crew_->inject(runnable);
}

void Scheduler::schedule_back(Runnable& runnable) {
  if (director_ != nullptr) [[unlikely]]
    return director_->schedule_back(runnable);
  Worker* const worker = local.worker;
  if (worker != nullptr && &worker->crew() == crew_.get()) [[likely]]
    worker->schedule_back(runnable);
  else
    crew_->inject(runnable);
}

Scheduler* Scheduler::current() noexcept { return local.scheduler; }

bool Scheduler::on_worker() noexcept { return local.worker != nullptr; }

unsigned Scheduler::workers() const noexcept { return crew_ == nullptr ? 1 : crew_->regular(); }

Scheduler::Here::Here(Scheduler& scheduler) noexcept
    : previous_{std::exchange(local.scheduler, &scheduler)} {}

Scheduler::Here::~Here() { local.scheduler = previous_; }

DedicatedThread& Scheduler::dedicate(Runnable& runnable) {
  reap(Reap::ended);
  auto made = std::make_unique<DedicatedThread>(*this, runnable);
  DedicatedThread& thread = *made;
  const base::LockGuard guard{dedicated_lock_};
  dedicated_.push_back(std::move(made));
  try {
    thread.launch();
  } catch (...) {
    dedicated_.pop_back();
    throw;
  }
  return thread;
}

// Joins the dedicated threads that have ended, or ends and joins all. The joining is done without
// the lock: the last slice of a thread may itself be in dedicate().
void Scheduler::reap(Reap which) noexcept {
  std::vector<std::unique_ptr<DedicatedThread>> leaving;
  {
    const base::LockGuard guard{dedicated_lock_};
    if (which == Reap::all) {
      leaving.swap(dedicated_);
    } else {
      for (auto& thread : dedicated_)
        if (thread->ended()) leaving.push_back(std::move(thread));
      std::erase(dedicated_, nullptr);
    }
  }
  if (which == Reap::all)
    for (auto& thread : leaving) thread->end();
  for (auto& thread : leaving) thread->join();
}

bool Scheduler::busy_elsewhere() noexcept {
  if (blocking_.busy()) return true;
  const base::LockGuard guard{dedicated_lock_};
  return std::ranges::any_of(dedicated_, [](auto& thread) { return thread->busy(); });
}

void Scheduler::rested() noexcept {
  if (crew_ != nullptr) crew_->look_for_idle_time();
}

SchedulerStats Scheduler::stats() const {
  SchedulerStats stats = crew_ == nullptr ? SchedulerStats{} : crew_->stats();
  stats.blocking_threads = blocking_.threads();
  return stats;
}

void Scheduler::stop() noexcept {
  COPPICE_CHECK(crew_ == nullptr || current() != this,
                "a scheduler cannot be stopped from one of its threads");
  blocking_.stop();
  reap(Reap::all);
  if (crew_ != nullptr) crew_->stop();
}

}  // namespace coppice::schedule
