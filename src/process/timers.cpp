// Timers live in a table of their own, so that a TimerRef is a slot and a generation, as a Pid is (a simulation shows numbers of
// its seed's instead). Everything of a timer is
// guarded by the lock of its key's wheel: the key of a timer for a pid is the pid's slot, so one lock guards the wheel, the
// list of all timers for that process, and thus the race between a timer's start and its receiver's end. A timer for a name
// has its starter's key.
#include <coppice/process/timers.hpp>

#include <stdexcept>

#include <fmt/core.h>

#include <coppice/base/slot_table.hpp>
#include <coppice/base/thread_text.hpp>
#include <coppice/process/control_signals.hpp>
#include <coppice/process/current.hpp>
#include <coppice/process/errors.hpp>
#include <coppice/process/host.hpp>
#include <coppice/process/process.hpp>
#include <coppice/process/seam.hpp>
#include <coppice/schedule/blocking_pool.hpp>

namespace coppice::process {
namespace {

struct Timer : timing::TimerEntry {
  base::Atomic<std::uint32_t> generation;  // odd while in use
  base::Atomic<std::uint32_t> key;
  base::Atomic<Host*> host;
  Signal* message;
  timing::Instant deadline;
  Pid to;
  Atom name;
  std::uint32_t previous;  // in the list of the timers for one process; 0 ends it
  std::uint32_t next;
  bool listed;

  // To the next generation; by who starts it or, under its lock, ends it.
  void advance() noexcept { generation.store(generation.load(base::relaxed) + 1, base::release); }
};

struct Timers {
  base::SlotTable<Timer> table;
  // The first timer of each process's list.
  std::uint32_t* heads = static_cast<std::uint32_t*>(
      base::reserve_address_space((std::size_t{base::IndexPool::largest_capacity} + 1) * sizeof(std::uint32_t)));
};

Timers& all() {
  static Timers& timers = *new Timers;
  return timers;
}

void list(Timers& timers, Timer& timer, std::uint32_t index) noexcept {
  std::uint32_t& head = timers.heads[timer.to.slot()];
  timer.previous = 0;
  timer.next = head;
  if (head != 0) timers.table.at(head).previous = index;
  head = index;
  timer.listed = true;
}

void unlist(Timers& timers, Timer& timer) noexcept {
  if (!timer.listed) return;
  timer.listed = false;
  if (timer.next != 0) timers.table.at(timer.next).previous = timer.previous;
  if (timer.previous != 0)
    timers.table.at(timer.previous).next = timer.next;
  else
    timers.heads[timer.to.slot()] = timer.next;
}

[[gnu::noinline]] void forget_number(const Timers& timers, const Timer& timer) noexcept {
  if (Seam* const seam = timer.host.load(base::relaxed)->options().seam) seam->timer_ended(timers.table.index_of(timer));
}

// The word beside a wheel is the slot of a timer that ended there, for the next that starts; 0 for none. So most timers do
// not come to the table, where all threads meet.
std::uint32_t take_slot(Timers& timers, std::uint32_t& spare) {
  const std::uint32_t index = spare != 0 ? std::exchange(spare, 0) : timers.table.allocate();
  if (index == 0) throw ProcessError{ProcessErrorCode::system_limit, "send_after(): no timer is left"};
  return index;
}

void give_slot_back(Timers& timers, std::uint32_t& spare, std::uint32_t index) noexcept {
  if (spare == 0)
    spare = index;
  else
    timers.table.release(index);
}

// Ends a timer that is out of the wheel; its message is the caller's.
Signal* retire(Timers& timers, Timer& timer) noexcept {
  unlist(timers, timer);
  if (seam_in_use.load(base::relaxed)) [[unlikely]]
    forget_number(timers, timer);
  Signal* message = std::exchange(timer.message, nullptr);
  timer.advance();
  std::uint32_t& spare = timer.host.load(base::relaxed)->timers().word_locked(timer.key.load(base::relaxed));
  give_slot_back(timers, spare, timers.table.index_of(timer));
  return message;
}

// A message that found nobody when its timer fired. It is told and destroyed on another thread: here the wheel's lock is
// held, and a destructor or a sink may use timers.
struct Refused : schedule::Job {
  Refused(Host& h, Pid target, Signal* m) noexcept : host{h}, to{target}, message{m} { this->run = &Refused::tell; }
  static void tell(schedule::Job& job) {
    auto& self = static_cast<Refused&>(job);
    self.host.dead_letter(self.to, self.message);
    base::pool_delete(&self);
  }
  Host& host;
  Pid to;
  Signal* message;
};

// Under the wheel's lock, on the thread that polls.
void fire(timing::TimerEntry& entry) noexcept {
  Timers& timers = all();
  Timer& timer = static_cast<Timer&>(entry);
  Host& host = *timer.host.load(base::relaxed);
  Pid to = timer.to;
  if (timer.name) to = host.names().find(timer.name).value_or(Pid{});
  Signal* message = retire(timers, timer);
  if (post(to, *message)) return;
  auto* refused = base::pool_new<Refused>(host, to, message);
  if (!host.scheduler().blocking().submit(*refused)) Refused::tell(*refused);  // the runtime ends
}

// The timer behind a number that is no slot: none, or a simulation's, which are its own thread's.
[[gnu::noinline]] TimerRef numbered_timer(TimerRef number) {
  if (number.slot() < first_numbered_timer || !seam_in_use.load(base::relaxed)) return {};
  if (const Seam* const seam = find_seam()) return seam->timer_of(number);
  throw std::logic_error{"a look at a timer of a simulation by the plain thread " + base::thread_text() +
                         " is refused: a simulation has one thread, and what others do at their own time no seed repeats"};
}

// Calls `use` for the timer under its lock, if it is still there.
template <class Use>
std::optional<timing::Duration> with_timer(TimerRef ref, Use&& use) {
  note_touched_everything();
  if (ref.slot() - 1 >= base::IndexPool::largest_capacity) [[unlikely]] {
    ref = numbered_timer(ref);
    if (ref.slot() == 0) return std::nullopt;
  }
  Timers& timers = all();
  Timer& timer = timers.table.at(ref.slot());
  // While the generation stands, key and host are this timer's; a look at a later tenant's is found out under the lock.
  if (timer.generation.load(base::acquire) != ref.generation()) return std::nullopt;
  Host& host = *timer.host.load(base::relaxed);
  const std::uint32_t key = timer.key.load(base::relaxed);
  Signal* message = nullptr;
  timing::Instant deadline;
  {
    const auto lock = host.timers().lock(key);
    if (timer.generation.load(base::acquire) != ref.generation()) return std::nullopt;
    deadline = timer.deadline;
    message = use(timers, timer, host.timers(), key);
  }
  if (message != nullptr) destroy(message);
  const timing::Duration left = deadline - host.clock().now();
  return std::max(left, timing::Duration::zero());
}

}  // namespace

TimerRef start_timer(timing::Duration delay, Pid to, Atom name, SignalPtr<Signal> message) {
  Process& self = current_or_throw("send_after()");
  if (delay < timing::Duration::zero())
    throw ProcessError{ProcessErrorCode::bad_argument, fmt::format("send_after({} ns): the delay is negative", delay.count())};
  to ? note_touched(to) : note_touched(name, false);
  allocates("send_after");
  Host& host = *self.host.load(base::relaxed);
  Timers& timers = all();
  const timing::Instant deadline = host.clock().deadline_after(delay);
  const std::uint32_t key = to ? to.slot() : self.slot();
  TimerRef ref;
  Signal* unwanted = nullptr;
  {
    const auto lock = host.timers().lock(key);
    const std::uint32_t index = take_slot(timers, host.timers().word_locked(key));
    Timer& timer = timers.table.at(index);
    timer.fire = &process::fire;
    timer.message = message.release();
    timer.deadline = deadline;
    timer.to = to;
    timer.name = name;
    timer.key.store(key, base::relaxed);
    timer.host.store(&host, base::relaxed);
    timer.advance();
    ref = TimerRef{index, timer.generation.load(base::relaxed)};
    if (Seam* const seam = host.options().seam) [[unlikely]]
      ref = seam->number_timer(ref);
    // Its receiver's end takes this lock after it has begun, if the mark is there: it finds the timer in the list, or is
    // seen here.
    const bool here = to && to.node() == 0;
    const bool nobody = here ? !slot_at(to.slot()).life.mark_timed(to.generation()) : !name;
    const bool local = here && slot_at(to.slot()).host.load(base::relaxed) == &host;
    if (nobody) {
      unwanted = retire(timers, timer);
    } else {
      if (local) list(timers, timer, index);
      host.timers().arm_locked(key, timer, deadline);
    }
  }
  if (unwanted != nullptr) destroy(unwanted);
  return ref;
}

void cancel_timers(Process& process) noexcept {
  constexpr int at_once = 256;  // so that the wheel's lock is not held for long
  Host& host = *process.host.load(base::relaxed);
  Timers& timers = all();
  const std::uint32_t key = process.slot();
  // Not if the wheel has not got its entry: most processes end so, and the wheel's lock is worth leaving alone.
  if (Rare* parts = process.rare_parts; parts != nullptr && parts->wakes_at != timing::never)
    host.timers().cancel(key, *parts);
  for (bool more = process.life.is_timed(); more;) {
    Signal* messages[at_once];
    int count = 0;
    {
      const auto lock = host.timers().lock(key);
      while (count < at_once && timers.heads[key] != 0) {
        Timer& timer = timers.table.at(timers.heads[key]);
        host.timers().cancel_locked(key, timer);
        messages[count++] = retire(timers, timer);
      }
      more = timers.heads[key] != 0;
    }
    for (int i = 0; i < count; ++i) destroy(messages[i]);
  }
}

void cancel_timers(Host& host) noexcept {
  Timers& timers = all();
  for (std::uint32_t index = 1; index <= timers.table.high_water(); ++index) {
    Timer& timer = timers.table.at(index);
    const std::uint32_t generation = timer.generation.load(base::acquire);
    if (generation % 2 == 0 || timer.host.load(base::relaxed) != &host) continue;
    const std::uint32_t key = timer.key.load(base::relaxed);
    Signal* message = nullptr;
    {
      // Under the lock the generation says whether it is still the same timer: another runtime may have cancelled it and
      // taken its slot for one of its own.
      const auto lock = host.timers().lock(key);
      if (timer.generation.load(base::acquire) == generation && host.timers().cancel_locked(key, timer))
        message = retire(timers, timer);
    }
    if (message != nullptr) destroy(message);
  }
  for (timing::TimerService::Key key = 0; key < host.timers().wheel_count(); ++key) {
    const auto lock = host.timers().lock(key);
    if (const std::uint32_t spare = std::exchange(host.timers().word_locked(key), 0)) timers.table.release(spare);
  }
}

std::size_t timer_slots() noexcept { return all().table.live(); }

}  // namespace coppice::process

namespace coppice {

std::optional<timing::Duration> cancel_timer(TimerRef timer) {
  return process::with_timer(timer, [](auto& timers, auto& t, timing::TimerService& service, std::uint32_t key) {
    service.cancel_locked(key, t);
    return process::retire(timers, t);
  });
}

std::optional<timing::Duration> read_timer(TimerRef timer) {
  return process::with_timer(timer, [](auto&, auto&, timing::TimerService&, std::uint32_t) -> process::Signal* { return nullptr; });
}

}  // namespace coppice
