// VirtualClock: a clock for tests of what waits. Its time stands still as long as anything can run,
// and jumps to the next timer when nothing can: an hour's sleep takes no time at all, and what is
// ordered by time is ordered so on the slowest machine.
//
//   timing::VirtualClock clock;
//   RuntimeOptions options;
//   options.clock = &clock;
//   Runtime runtime{options};
//
// The threads are real ones and so is the concurrency of what happens at one instant. Time also
// stands still while a function given to blocking() runs, or a process on a thread of its own.
// Plain threads know nothing of it: the timeouts of a Runtime's members are real time, and while
// such a thread does something on its own account the processes' time may run ahead.
// Thread safety: everything by anyone; it must outlive the runtime.
#pragma once

#include <coppice/base/sync.hpp>
#include <coppice/time/clock.hpp>
#include <coppice/time/instant.hpp>

namespace coppice::timing {

class VirtualClock final : public ClockSource {
 public:
  Instant now() override { return Instant{Duration{now_.load(base::acquire)}}; }
  bool skip_to(Instant next) override {
    Duration::rep seen = now_.load(base::relaxed);
    while (seen < next.time_since_epoch().count() &&
           !now_.compare_exchange_weak(seen, next.time_since_epoch().count(), base::acq_rel,
                                       base::relaxed)) {
    }
    return true;
  }

 private:
  base::Atomic<Duration::rep> now_{0};
};

}  // namespace coppice::timing
