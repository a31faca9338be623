#include <coppice/schedule/dedicated_thread.hpp>

#include <coppice/schedule/director.hpp>
#include <coppice/schedule/hooks.hpp>
#include <coppice/schedule/scheduler.hpp>

namespace coppice::schedule {

DedicatedThread::DedicatedThread(Scheduler& scheduler, Runnable& runnable) noexcept
    : scheduler_{scheduler}, runnable_{runnable} {}

void DedicatedThread::launch() {
  if (scheduler_.director() == nullptr) thread_ = base::Thread{[this] { work(); }};
}

void DedicatedThread::schedule() noexcept {
  if (Director* const director = scheduler_.director()) [[unlikely]]
    return director->schedule(runnable_);
  const base::LockGuard guard{lock_};
  pending_ = true;
  wake_.notify_one();
}

void DedicatedThread::end() noexcept {
  const base::LockGuard guard{lock_};
  ending_ = true;
  // Under a director there is no thread to say so; before, the runnable is still scheduled through this object.
  if (scheduler_.director() != nullptr) ended_ = true;
  wake_.notify_one();
}

void DedicatedThread::work() noexcept {
  base::name_thread("coppice-own");
  const Scheduler::Here here{scheduler_};
  base::UniqueLock guard{lock_};
  for (;;) {
    wake_.wait(guard, [this] { return pending_ || ending_; });
    if (ending_) break;
    pending_ = false;
    running_ = true;
    guard.unlock();
    scheduler_.hooks().run(runnable_);
    guard.lock();
    running_ = false;
    scheduler_.rested();
  }
  ended_ = true;
}

bool DedicatedThread::ended() noexcept {
  const base::LockGuard guard{lock_};
  return ended_;
}

bool DedicatedThread::busy() noexcept {
  const base::LockGuard guard{lock_};
  return (pending_ || running_) && !ending_;
}

void DedicatedThread::join() noexcept {
  if (thread_.joinable()) thread_.join();
}

}  // namespace coppice::schedule
