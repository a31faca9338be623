// A thread that runs one Runnable and nothing else, for code that lives on its own thread. It is
// woken like a worker's runnable: one schedule() for each wake, after which Hooks::run is called
// once on the thread. On it Scheduler::current() is the scheduler, and what is scheduled there goes
// to the injection queue.
//
// Made by Scheduler::dedicate(), owned by the scheduler. Thread safety: schedule() and end() by any
// thread, the dedicated one included. After end() the object may vanish as soon as the running
// slice has returned: nobody may use it any more but the slice itself.
#pragma once

#include <coppice/base/export.hpp>
#include <coppice/base/sync.hpp>
#include <coppice/schedule/runnable.hpp>

namespace coppice::schedule {

class Scheduler;

class COPPICE_API DedicatedThread {
 public:
  DedicatedThread(Scheduler&, Runnable&) noexcept;
  DedicatedThread(const DedicatedThread&) = delete;
  DedicatedThread& operator=(const DedicatedThread&) = delete;

  // Runs the runnable once more; when called inside the slice (a yield), after it. At most one may
  // be outstanding.
  void schedule() noexcept;
  // The thread ends after the slice that is running, or at once; a schedule() that was not served
  // is dropped.
  void end() noexcept;

  Runnable& runnable() const noexcept { return runnable_; }

 private:
  friend class Scheduler;
  void launch();  // throws std::system_error if there is no thread to be had
  void work() noexcept;
  bool ended() noexcept;
  bool busy() noexcept;
  void join() noexcept;

  Scheduler& scheduler_;
  Runnable& runnable_;
  // A lock and not a parker: whoever wakes the thread holds it until he is done with this object,
  // so that the object may be destroyed once the thread has seen the wake-up and ended.
  base::Mutex lock_;
  base::CondVar wake_;
  bool pending_ = false;
  bool running_ = false;
  bool ending_ = false;
  bool ended_ = false;
  base::Thread thread_;
};

}  // namespace coppice::schedule
