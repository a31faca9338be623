// sleep: suspends the calling process for a time (timer:sleep/1). The worker goes on with others; messages wait; an exit
// signal acts. `co_await sleep(0s)` lets the others run.
#pragma once

#include <coroutine>

#include <coppice/base/export.hpp>
#include <coppice/process/process.hpp>
#include <coppice/time/instant.hpp>

namespace coppice {

namespace process {

class COPPICE_API SleepAwaiter final : public Waiter {
 public:
  SleepAwaiter(Process& self, timing::Duration time) noexcept : self_{self}, time_{time} {}
  bool await_ready() const noexcept { return false; }
  void await_suspend(std::coroutine_handle<>);
  void await_resume() const noexcept {}
  bool ready(Process& self) override;
  WaitReport report(const Process& self) const override;

 private:
  Process& self_;
  timing::Duration time_;
};

class [[nodiscard]] SleepOp {
 public:
  explicit SleepOp(timing::Duration time) noexcept : time_{time} {}
  SleepAwaiter bind(Process& self) const noexcept { return SleepAwaiter{self, time_}; }

 private:
  timing::Duration time_;
};

}  // namespace process

inline process::SleepOp sleep(timing::Duration time) noexcept { return process::SleepOp{time}; }
// Not POSIX's sleep: that blocks the thread. Say sleep(5s) and await it.
void sleep(int) = delete;

}  // namespace coppice
