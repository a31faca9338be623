// schedule_woken: Scheduler::schedule() for the one place that every message passes. On a worker of the
// scheduler, where most are woken, it is a few instructions in the caller's own code. Like local.hpp
// only for functions that are compiled into the library.
#pragma once

#include <coppice/schedule/local.hpp>
#include <coppice/schedule/scheduler.hpp>
#include <coppice/schedule/worker.hpp>

namespace coppice::schedule {

inline void schedule_woken(Scheduler& scheduler, Runnable& runnable) {
  // Under a director no thread is a worker.
  if (local.worker != nullptr && local.scheduler == &scheduler) [[likely]]
    local.worker->schedule(runnable);
  else
    scheduler.schedule(runnable);
}

}  // namespace coppice::schedule
