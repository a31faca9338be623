// A thread that looks at the workers a few times per stall_after. It keeps a process that does not
// come back, spinning or blocked in a system call, from delaying others by more than milliseconds:
//
//   W1 A worker is stalled when it has been in the same slice for stall_after; what waits at it,
//      ring and LIFO slot, is moved to the injection queue. Where somebody sleeps, what waits in
//      the LIFO slot alone is moved after one tick already: a push to an empty slot wakes nobody,
//      since its worker is usually back in no time.
//   W2 Timers that are overdue by more than a tick are fired here: no worker came to it.
//   W3 If work waits, a sleeper is woken; if there is none and more workers are stalled than spares
//      are on duty, a spare is recalled or started, one a tick. At the cap that is reported. Spares
//      that are too many step down: those that find nothing to do do it themselves, those that sleep
//      are retired here, one a tick; and if they have been too many for some ticks, those that are
//      busy leave what waits at them to the others.
//   W4 A stall that lasts for report_after is reported, once.
//   W5 When all workers have slept for some ticks the watch sleeps too, until one of them wakes.
//
// W5 against a waking worker: the watch raises dozing_ and then asks under the idle set's lock
// whether all sleep; a worker leaves the list under that lock and then reads dozing_. Whichever
// comes second under the lock sees the other.
#pragma once

#include <cstdint>
#include <vector>

#include <coppice/base/sync.hpp>
#include <coppice/time/instant.hpp>

namespace coppice::schedule {

class Crew;
class Worker;

class StallWatch {
 public:
  explicit StallWatch(Crew&) noexcept;
  StallWatch(const StallWatch&) = delete;
  StallWatch& operator=(const StallWatch&) = delete;

  void launch();         // throws std::system_error
  void stop() noexcept;  // joins it

  // A worker woke up. Cheap unless the watch sleeps.
  void poke() noexcept {
    if (dozing_.load(base::relaxed)) wake();
  }

  std::uint64_t stalls() const noexcept { return stalls_.read(); }

 private:
  // What the watch saw of a worker: the slice it is in and since when.
  struct Seen {
    bool in_slice = false;
    bool counted = false;  // as a stall
    bool reported = false;
    std::uint64_t slice = 0;
    timing::Instant since{};
  };

  void work() noexcept;
  void look(timing::Instant now) noexcept;
  void rescue(Worker&) noexcept;
  bool examine(Worker&, Seen&, timing::Instant now) noexcept;
  void fire_overdue(timing::Instant now) noexcept;
  void relieve(unsigned stalled, const Worker* longest, timing::Instant now) noexcept;
  void report(const Worker&, timing::Duration lasted, bool cap_reached) noexcept;
  void doze() noexcept;
  void wake() noexcept;

  Crew& crew_;
  timing::Duration tick_;
  std::vector<Seen> seen_;
  unsigned quiet_ticks_ = 0;
  unsigned surplus_ticks_ = 0;  // for which there have been more spares than stalls
  bool cap_reported_ = false;
  base::OwnedCounter stalls_;
  base::Atomic<bool> dozing_{false};
  base::Atomic<bool> stopping_{false};
  base::Parker parker_;
  base::Thread thread_;
};

}  // namespace coppice::schedule
