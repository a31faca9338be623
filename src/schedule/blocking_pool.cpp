#include <coppice/schedule/blocking_pool.hpp>

#include <system_error>
#include <utility>

#include <coppice/schedule/director.hpp>

namespace coppice::schedule {

bool BlockingPool::submit(Job& job) {
  if (director_ != nullptr) [[unlikely]] {
    director_->submit(job);
    return true;
  }
  const base::LockGuard guard{lock_};
  if (stopping_) return false;
  job.next = nullptr;
  job.previous = last_;
  job.waiting = true;
  (last_ == nullptr ? first_ : last_->next) = &job;
  last_ = &job;
  ++waiting_;
  // A resting thread that is woken counts as resting until it has the lock, so the jobs are counted
  // against it.
  if (waiting_ <= resting_) {
    wake_.notify_one();
    return true;
  }
  if (threads_.size() >= limit_) return true;
  const auto self = threads_.emplace(threads_.end());
  try {
    *self = base::Thread{[this, self] { work(self); }};
  } catch (const std::system_error&) {
    threads_.erase(self);
    // Those that there are will come to it; with none nobody would.
    if (threads_.empty()) {
      unlink(job);
      return false;
    }
  }
  return true;
}

bool BlockingPool::try_cancel(Job& job) noexcept {
  if (director_ != nullptr) [[unlikely]]
    return director_->try_cancel(job);
  const base::LockGuard guard{lock_};
  if (!job.waiting) return false;
  unlink(job);
  return true;
}

// Under the lock.
void BlockingPool::unlink(Job& job) noexcept {
  (job.previous == nullptr ? first_ : job.previous->next) = job.next;
  (job.next == nullptr ? last_ : job.next->previous) = job.previous;
  job.next = job.previous = nullptr;
  job.waiting = false;
  --waiting_;
}

// The oldest job, waited for up to the idle time; null if the thread is to end.
Job* BlockingPool::take(base::UniqueLock& guard) noexcept {
  if (first_ == nullptr && !stopping_) {
    ++resting_;
    if (rested_ && rests()) rested_();
    wake_.wait_for(guard, idle_, [this] { return first_ != nullptr || stopping_; });
    --resting_;
  }
  Job* const job = first_;
  if (job != nullptr) unlink(*job);
  return job;
}

void BlockingPool::work(Threads::iterator self) noexcept {
  base::name_thread("coppice-block");
  base::UniqueLock guard{lock_};
  while (Job* const job = take(guard)) {
    guard.unlock();
    job->run(*job);
    guard.lock();
  }
  // A thread cannot join itself: it leaves that to the next one, and the last of all to stop().
  base::Thread previous = std::exchange(leaver_, std::move(*self));
  threads_.erase(self);
  if (threads_.empty()) ended_.notify_all();
  guard.unlock();
  if (previous.joinable()) previous.join();
}

void BlockingPool::stop() noexcept {
  base::UniqueLock guard{lock_};
  stopping_ = true;
  wake_.notify_all();
  ended_.wait(guard, [this] { return threads_.empty(); });
  base::Thread last = std::move(leaver_);
  guard.unlock();
  if (last.joinable()) last.join();
}

bool BlockingPool::busy() const noexcept {
  const base::LockGuard guard{lock_};
  return !rests();
}

unsigned BlockingPool::threads() const noexcept {
  const base::LockGuard guard{lock_};
  return static_cast<unsigned>(threads_.size());
}

}  // namespace coppice::schedule
