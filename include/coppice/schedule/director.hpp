// The seam for a simulator: a scheduler that has a Director starts no thread and hands it
// everything that becomes runnable; the director decides what runs next and calls Hooks::run
// itself, with a Scheduler::Here for its thread.
#pragma once

#include <coppice/base/export.hpp>
#include <coppice/schedule/runnable.hpp>

namespace coppice::schedule {

struct Job;

class COPPICE_API Director {
 public:
  virtual ~Director() = default;
  virtual void schedule(Runnable&) = 0;       // was woken
  virtual void schedule_back(Runnable&) = 0;  // was spawned, or yields
  virtual void submit(Job&) = 0;              // blocking work: to be run as one step
  virtual bool try_cancel(Job&) = 0;          // true if it had not started and never will
};

}  // namespace coppice::schedule
