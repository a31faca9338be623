#include <coppice/schedule/worker.hpp>

#include <fmt/core.h>

#include <coppice/schedule/crew.hpp>
#include <coppice/schedule/local.hpp>

namespace coppice::schedule {

using base::relaxed;
using base::release;

namespace {

// How often a searcher looks around before it gives up: about a microsecond in all. More would take
// the processor from others and hardly ever find more; less would send it to sleep while a
// neighbour is between two slices.
constexpr unsigned search_rounds = 4;
constexpr unsigned pauses_between_rounds = 8;

}  // namespace

Worker::Worker(Crew& crew, unsigned index, bool is_spare) noexcept
    : Sleeper{is_spare}, crew_{crew}, index_{index}, random_{index + 1} {}

void Worker::launch() {
  thread_ = base::Thread{[this] { work(); }};
}

void Worker::join() noexcept {
  if (thread_.joinable()) thread_.join();
}

void Worker::work() noexcept {
  base::name_thread(fmt::format("coppice-{}{}", spare ? "s" : "w", index_).c_str());
  local = {.worker = this, .scheduler = &crew_.scheduler};
  searching_ = spare;
  do {
    // Nothing is here after a rest, and a worker that was woken counts as a searcher until search()
    // has found something: it must not run anything before.
    Runnable* runnable = search();
    while (runnable != nullptr) {
      run(*runnable);
      runnable = next();
      if (runnable == nullptr) runnable = search();
    }
  } while (rest());
  local = {};
}

void Worker::run(Runnable& runnable) noexcept {
  // The watch takes an unchanged count for the same slice, so a slice is counted before it is
  // shown.
  slices_.add();
  running_.store(&runnable, release);
  crew_.hooks.run(runnable);
}

void Worker::schedule_back(Runnable& runnable) noexcept {
  const bool yields = running_.load(relaxed) == &runnable;
  // One that yields while nothing else is here is back at once: nobody needs to come for it.
  const bool alone = yields && !has_work();
  push(runnable);
  if (!alone) crew_.notify();
}

// The LIFO slot is taken: what was in it goes to the ring, where others may take it.
void Worker::displace(Runnable& runnable) noexcept {
  if (Runnable* const previous = lifo_.displace(runnable)) {
    push(*previous);
    crew_.notify();
  }
}

void Worker::push(Runnable& runnable) noexcept {
  while (!ring_.push(runnable)) {
    Ring::Half half;
    const std::size_t count = ring_.take_half(half);
    if (count == 0) continue;
    RunList spilled;
    for (Runnable* one : half) spilled.push_back(*one);
    spilled.push_back(runnable);
    crew_.injection.push(spilled);
    return;
  }
}

// The path of a message from one process to the next, kept short: what is rare is out of line.
inline Runnable* Worker::next() noexcept {
  if (--until_chores_ == 0) [[unlikely]] {
    if (Runnable* const injected = chores()) return injected;
  }
  if (lifo_.full() && ++lifo_streak_ <= lifo_limit) [[likely]] {
    // The watch may have emptied the slot.
    if (Runnable* const runnable = lifo_.take()) [[likely]] {
      lifo_runs_.add();
      return runnable;
    }
  }
  return next_in_turn();
}

// Every chores_every slices. What came from outside gets into the ring, where it has its turn like
// everything else.
Runnable* Worker::chores() noexcept {
  until_chores_ = chores_every;
  crew_.poll_timers();
  if (spare && crew_.idle.busy_spares_step_down()) {
    hand_over();
    return nullptr;
  }
  // As many as are run until then, and no more: what overflows the ring again was fetched in vain,
  // and each way through the queue touches a process that nobody has touched for long.
  return crew_.injection.take(ring_, crew_.regular(), chores_every);
}

// A spare that is not needed leaves its work to the others: there are as many threads as before.
void Worker::hand_over() noexcept {
  RunList list;
  while (Runnable* const runnable = ring_.pop()) list.push_back(*runnable);
  if (Runnable* const runnable = lifo_.take()) list.push_back(*runnable);
  if (list.empty()) return;
  crew_.injection.push(list);
  crew_.notify();
}

Runnable* Worker::next_in_turn() noexcept {
  lifo_streak_ = 0;
  Runnable* const oldest = ring_.pop();
  if (!lifo_.full()) return oldest;
  // The slot was refilled lifo_limit times: those that wake each other for ever queue up behind the
  // others once in a while, if there are any.
  Runnable* const runnable = lifo_.take();
  if (runnable == nullptr) return oldest;
  if (oldest == nullptr) {
    lifo_runs_.add();
    return runnable;
  }
  push(*runnable);
  crew_.notify();
  return oldest;
}

Runnable* Worker::search() noexcept {
  running_.store(nullptr, release);
  if (spare && crew_.idle.busy_spares_step_down()) return nullptr;
  if (!searching_) searching_ = crew_.idle.begin_search();
  // Enough others search: what they leave is seen by the last look before sleeping.
  if (!searching_) return crew_.injection.take(ring_, crew_.regular(), Ring::capacity / 2);
  for (unsigned round = 0; round < search_rounds; ++round) {
    if (Runnable* const runnable = crew_.injection.take(ring_, crew_.regular(), Ring::capacity / 2))
      return found(runnable);
    if (Runnable* const runnable = steal()) return found(runnable);
    if (round == 0 && crew_.poll_timers()) {
      // What the timers woke is in this worker's own slot and ring.
      if (Runnable* const runnable = next()) return found(runnable);
    }
    for (unsigned i = 0; i < pauses_between_rounds; ++i) base::spin_pause();
  }
  return nullptr;
}

// F1 and F2 of idle.hpp.
Runnable* Worker::found(Runnable* runnable) noexcept {
  searching_ = false;
  if (crew_.idle.end_search() && crew_.work_waiting()) crew_.notify();
  return runnable;
}

Runnable* Worker::steal() noexcept {
  const unsigned count = crew_.count();
  const auto start = static_cast<unsigned>(random_.below(count));
  for (unsigned i = 0; i < count; ++i) {
    const unsigned index = start + i < count ? start + i : start + i - count;
    if (index == index_) continue;
    std::uint64_t moved = 0;
    if (Runnable* const runnable = crew_.worker(index).ring_.steal_into(ring_, moved)) {
      steals_.add();
      return runnable;
    }
  }
  return nullptr;
}

// Nothing was found. True: look again, as a searcher. False: the crew stops.
bool Worker::rest() noexcept {
  if (spare) {
    bool last = false;
    if (crew_.idle.retire(*this, searching_, last)) {
      if (last && crew_.work_waiting()) crew_.notify();
      crew_.look_for_idle_time();
      return answer_call();
    }
  }
  crew_.idle.enlist(*this, searching_);
  return sleep();
}

// Out of the list without having left it: picked, which makes it a searcher; or, a spare, retired:
// then only the watch, which recalls it as a searcher, and the stop wake it. A permit that is left
// over ends its next sleep early, no more.
bool Worker::answer_call() noexcept {
  searching_ = true;
  while (crew_.idle.standing(*this).retired) {
    if (crew_.stopping()) return false;
    parks_.add();
    parker.park();
  }
  return true;
}

// The keeper's part: says until when it will sleep, returns how long that is.
timing::Duration Worker::keep_time() noexcept {
  const timing::Instant next = crew_.timers.next_expiry();
  crew_.idle.keep_until(*this, next);
  return next == timing::never ? timing::forever : timing::until(crew_.clock.now(), next);
}

// S2 to S4 of idle.hpp.
bool Worker::sleep() noexcept {
  for (;;) {
    const bool stopping = crew_.stopping();
    const bool waiting = crew_.work_waiting();
    const bool skipped = !stopping && !waiting && crew_.skip_idle_time();
    timing::Duration limit = timing::forever;
    if (crew_.idle.standing(*this).keeper) limit = keep_time();
    if (stopping || waiting || skipped || limit == timing::Duration::zero()) {
      if (!crew_.idle.leave(*this)) return answer_call();
      crew_.watch.poke();
      searching_ = waiting || !stopping;
      if (!searching_) (void)crew_.idle.end_search();
      return searching_;
    }
    parks_.add();
    if (limit == timing::forever)
      parker.park();
    else
      parker.park_for(limit);
    // Picked, or woken because of a timer, or for the stop: who is still in the list looks again.
    if (!crew_.idle.standing(*this).listed) return answer_call();
  }
}

void Worker::rescue(RunList& list) noexcept {
  while (Runnable* const runnable = ring_.steal_one()) list.push_back(*runnable);
  if (Runnable* const runnable = lifo_.rescue()) list.push_back(*runnable);
}

WorkerStats Worker::stats() const noexcept {
  return {.slices = slices_.read(),
          .lifo_runs = lifo_runs_.read(),
          .steals = steals_.read(),
          .parks = parks_.read(),
          .spare = spare};
}

}  // namespace coppice::schedule
