#include <coppice/schedule/crew.hpp>

#include <system_error>

#include <coppice/schedule/local.hpp>
#include <coppice/schedule/scheduler.hpp>

namespace coppice::schedule {

constinit thread_local Local local [[gnu::tls_model("initial-exec")]];

Crew::Crew(Scheduler& owner, const SchedulerOptions& given, Hooks& callbacks,
           timing::TimerService& timer_service, timing::Clock& its_clock)
    : scheduler{owner},
      options{given},
      hooks{callbacks},
      timers{timer_service},
      clock{its_clock},
      idle{given.workers, given.max_spares},
      watch{*this} {
  workers_.resize(options.workers + options.max_spares);
  for (unsigned i = 0; i < options.workers; ++i)
    workers_[i] = std::make_unique<Worker>(*this, i, false);
  started_.store(options.workers, base::release);
  timers.on_earlier(
      [](void* crew, timing::Instant expiry) {
        if (Sleeper* const keeper = static_cast<Crew*>(crew)->idle.keeper_to_wake(expiry))
          keeper->parker.unpark();
      },
      this);
}

Crew::~Crew() { timers.on_earlier(nullptr, nullptr); }

void Crew::start() {
  try {
    for (unsigned i = 0; i < options.workers; ++i) workers_[i]->launch();
    watch.launch();
  } catch (const std::system_error&) {
    stop();
    throw;
  }
}

void Crew::stop() noexcept {
  // First the watch, so that no spare is started any more.
  watch.stop();
  stopping_.store(true, base::release);
  for (unsigned i = 0; i < count(); ++i) workers_[i]->parker.unpark();
  for (unsigned i = 0; i < count(); ++i) workers_[i]->join();
  // Pairs with the release of inject(). That a visitor is counted is known here: it counted itself
  // before it pushed, and whoever stops the crew does so after what was pushed has run.
  while (visitors_.load(base::acquire) != 0) base::yield_thread();
}

void Crew::inject(Runnable& runnable) noexcept {
  // Once pushed, the runnable may run, and what it does may be the last thing that the crew was
  // needed for, while this thread still looks for somebody to wake.
  visitors_.fetch_add(1, base::relaxed);
  injection.push(runnable);
  notify();
  visitors_.fetch_sub(1, base::release);
}

void Crew::wake(Sleeper* sleeper) noexcept {
  if (sleeper == nullptr) return;
  sleeper->parker.unpark();
  watch.poke();
}

bool Crew::work_waiting() const noexcept {
  if (!injection.empty()) return true;
  const unsigned n = count();
  for (unsigned i = 0; i < n; ++i)
    if (!workers_[i]->ring().empty()) return true;
  return false;
}

bool Crew::poll_timers() noexcept {
  const timing::Instant next = timers.next_expiry();
  if (next == timing::never) return false;
  const timing::Instant now = clock.now();
  if (next > now) return false;
  timers.poll(now);
  return true;
}

// In this order. Whatever made something runnable while all slept was another thread's work, a
// timer that is not the next one any more, or pushed before: so it is seen by one of the looks, or
// was taken by a worker that has left the list since.
bool Crew::skip_idle_time() noexcept {
  if (!clock.is_virtual()) return false;
  const std::optional<std::uint64_t> sleep = idle.sleep_of_all();
  if (!sleep || scheduler.busy_elsewhere()) return false;
  const timing::Instant next = timers.next_expiry();
  if (next == timing::never || work_waiting() || idle.sleep_of_all() != sleep) return false;
  return clock.skip_to(next);
}

Crew::Spare Crew::start_spare() noexcept {
  if (Sleeper* const retired = idle.recall()) {
    retired->parker.unpark();
    return Spare::woken;
  }
  const unsigned index = count();
  if (index == workers_.size()) return Spare::at_cap;
  idle.enter_duty();
  try {
    workers_[index] = std::make_unique<Worker>(*this, index, true);
    workers_[index]->launch();
  } catch (const std::exception&) {
    // No memory or no thread to be had is a cap as well.
    workers_[index].reset();
    idle.leave_duty();
    return Spare::at_cap;
  }
  started_.store(index + 1, base::release);
  return Spare::started;
}

SchedulerStats Crew::stats() const {
  SchedulerStats stats;
  const unsigned n = count();
  stats.workers.reserve(n);
  for (unsigned i = 0; i < n; ++i) stats.workers.push_back(workers_[i]->stats());
  stats.spares_on_duty = idle.on_duty();
  stats.injected = injection.pushed();
  stats.stalls = watch.stalls();
  return stats;
}

}  // namespace coppice::schedule
