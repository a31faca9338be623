#include <coppice/schedule/stall_watch.hpp>

#include <algorithm>
#include <exception>

#include <coppice/schedule/crew.hpp>

namespace coppice::schedule {

namespace {

using namespace std::chrono_literals;

// A stall is noticed at most a tick late.
constexpr int ticks_per_stall = 4;
constexpr timing::Duration shortest_tick = 100us;
// So long must all workers sleep before the watch does.
constexpr unsigned quiet_ticks_to_doze = 3;
// Who stalls often needs its spare again soon.
constexpr unsigned surplus_ticks_to_step_down = 16;

}  // namespace

StallWatch::StallWatch(Crew& crew) noexcept
    : crew_{crew},
      tick_{std::max(shortest_tick, std::min(crew.options.stall_after, crew.options.report_after) /
                                        ticks_per_stall)} {}

void StallWatch::launch() {
  seen_.resize(crew_.options.workers + crew_.options.max_spares);
  thread_ = base::Thread{[this] { work(); }};
}

void StallWatch::stop() noexcept {
  if (!thread_.joinable()) return;
  stopping_.store(true, base::release);
  parker_.unpark();
  thread_.join();
}

void StallWatch::work() noexcept {
  base::name_thread("coppice-watch");
  while (!stopping_.load(base::acquire)) {
    if (quiet_ticks_ >= quiet_ticks_to_doze) doze();
    parker_.park_for(tick_);
    look(timing::real_now());
  }
}

// W5.
void StallWatch::doze() noexcept {
  quiet_ticks_ = 0;
  dozing_.store(true, base::relaxed);
  if (crew_.idle.all_asleep() && !stopping_.load(base::acquire)) parker_.park();
  dozing_.store(false, base::relaxed);
}

void StallWatch::wake() noexcept {
  if (dozing_.exchange(false, base::relaxed)) parker_.unpark();
}

void StallWatch::look(timing::Instant now) noexcept {
  unsigned stalled = 0;
  const Worker* longest = nullptr;
  timing::Instant earliest = timing::never;
  const unsigned count = crew_.count();
  for (unsigned i = 0; i < count; ++i) {
    Seen& seen = seen_[i];
    if (!examine(crew_.worker(i), seen, now)) continue;
    ++stalled;
    if (seen.since < earliest) {
      earliest = seen.since;
      longest = &crew_.worker(i);
    }
  }
  surplus_ticks_ = crew_.idle.on_duty() > stalled ? surplus_ticks_ + 1 : 0;
  crew_.idle.set_stalled(stalled, surplus_ticks_ >= surplus_ticks_to_step_down);
  if (Sleeper* const keeper = crew_.idle.retire_surplus()) keeper->parker.unpark();
  if (stalled == 0) cap_reported_ = false;
  fire_overdue(now);
  relieve(stalled, longest, now);
  quiet_ticks_ = crew_.idle.all_asleep() ? quiet_ticks_ + 1 : 0;
}

void StallWatch::rescue(Worker& worker) noexcept {
  RunList rescued;
  crew_.idle.set_rescuing(true);
  worker.rescue(rescued);
  if (!rescued.empty()) crew_.injection.push(rescued);
  crew_.idle.set_rescuing(false);
  crew_.look_for_idle_time();  // who would have skipped it meanwhile has not
}

// W1 and W4 for one worker; true if it is stalled.
bool StallWatch::examine(Worker& worker, Seen& seen, timing::Instant now) noexcept {
  // In this order: a worker counts a slice before it shows what runs, so an old count read last
  // means the old slice.
  if (worker.running() == nullptr) {
    seen.in_slice = false;
    return false;
  }
  const std::uint64_t slice = worker.slices();
  if (!seen.in_slice || seen.slice != slice) {
    seen = {.in_slice = true, .slice = slice, .since = now};
    return false;
  }
  const timing::Duration lasted = now - seen.since;
  const bool stalled = lasted >= crew_.options.stall_after;
  if (stalled ? worker.has_work() : worker.has_lifo() && crew_.idle.sleeping() > 0) rescue(worker);
  if (stalled && !seen.counted) {
    seen.counted = true;
    stalls_.add();
  }
  if (lasted >= crew_.options.report_after && !seen.reported) {
    seen.reported = true;
    report(worker, lasted, false);
  }
  return stalled;
}

// W2.
void StallWatch::fire_overdue(timing::Instant) noexcept {
  const timing::Instant next = crew_.timers.next_expiry();
  if (next == timing::never) return;
  const timing::Instant now = crew_.clock.now();
  if (next <= now - tick_) crew_.timers.poll(now);
}

// W3.
void StallWatch::relieve(unsigned stalled, const Worker* longest, timing::Instant now) noexcept {
  if (!crew_.work_waiting()) return;
  if (crew_.idle.sleeping() > 0) {
    crew_.notify_anyway();
    return;
  }
  if (stalled <= crew_.idle.on_duty() || crew_.idle.searching() > 0) return;
  if (crew_.start_spare() != Crew::Spare::at_cap || cap_reported_) return;
  cap_reported_ = true;
  report(*longest, now - seen_[longest->index()].since, true);
}

void StallWatch::report(const Worker& worker, timing::Duration lasted, bool cap_reached) noexcept {
  const Runnable* const runnable = worker.running();
  if (runnable == nullptr) return;
  try {
    StallReport report;
    report.worker = worker.index();
    report.runnable = crew_.hooks.describe(*runnable);
    report.lasted = lasted;
    report.spares = crew_.idle.on_duty();
    report.cap_reached = cap_reached;
    crew_.hooks.stalled(report);
  } catch (const std::exception&) {
    // A description that cannot be had must not take the program down; the stall counts all the
    // same.
  }
}

}  // namespace coppice::schedule
