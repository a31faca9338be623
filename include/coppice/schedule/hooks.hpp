// What the scheduler asks of the layer above: run a slice, name what runs, take a report of a
// stall.
#pragma once

#include <chrono>
#include <string>

#include <coppice/base/export.hpp>
#include <coppice/schedule/runnable.hpp>

namespace coppice::schedule {

// A worker that did not come back from a slice.
struct StallReport {
  unsigned worker = 0;                 // index of the worker, spares count on from the regular ones
  std::string runnable;                // Hooks::describe of what it runs
  std::chrono::nanoseconds lasted{0};  // how long the slice has run
  unsigned spares = 0;                 // spare workers on duty at that time
  bool cap_reached = false;            // no further spare may be started: work waits
};

class COPPICE_API Hooks {
 public:
  virtual ~Hooks() = default;

  // One bounded slice. Inside it the runnable says how it goes on: schedule_back(itself) to run
  // again, or it publishes that it is parked, after which another thread may schedule and run it
  // before this call has returned. The scheduler does not touch the runnable after this call.
  virtual void run(Runnable&) noexcept = 0;

  // A name for the stall report. Called on the watch's thread while the runnable runs, has ended,
  // or is another one by now: it may read only what is safe to read then.
  virtual std::string describe(const Runnable&) = 0;

  // Once for every stall that lasts longer than report_after, and once when the cap of spares is
  // reached. On the watch's thread: must not block for long.
  virtual void stalled(const StallReport&) noexcept = 0;
};

}  // namespace coppice::schedule
