// Host: what a runtime gives its processes: scheduler, timers, clock, names, counters and the way to report. One per
// runtime, made by the system layer.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include <coppice/base/export.hpp>
#include <coppice/base/sync.hpp>
#include <coppice/process/events.hpp>
#include <coppice/process/name_registry.hpp>
#include <coppice/process/pid.hpp>
#include <coppice/schedule/hooks.hpp>
#include <coppice/schedule/scheduler.hpp>
#include <coppice/time/clock.hpp>
#include <coppice/time/timer_service.hpp>

namespace coppice::process {

class Process;
class Seam;
struct Signal;

struct HostOptions {
  schedule::SchedulerOptions scheduler;
  std::uint8_t slice_budget = 200;  // messages and resumptions a process may do in one slice
  bool detect_call_cycles = true;
  schedule::Director* director = nullptr;
  timing::ClockSource* clock = nullptr;
  Seam* seam = nullptr;
};

// Slots of the process table, first and last; none if the last is before the first.
struct SlotRange {
  std::uint32_t first;
  std::uint32_t last;
};

class COPPICE_API Host final : private schedule::Hooks {
 public:
  // `sink` and what the options point to must outlive the host. `owner` is the system layer's: what runtime() gives back.
  Host(const HostOptions& options, EventSink& sink, void* owner);
  ~Host() override;
  Host(const Host&) = delete;
  Host& operator=(const Host&) = delete;

  timing::Clock& clock() noexcept { return clock_; }
  timing::TimerService& timers() noexcept { return timers_; }
  schedule::Scheduler& scheduler() noexcept { return scheduler_; }
  Names& names() noexcept { return names_; }
  EventSink& events() noexcept { return sink_; }
  void* owner() const noexcept { return owner_; }
  const HostOptions& options() const noexcept { return options_; }
  // The budget of the slices to come. For a simulator, which cuts slices where it likes: nothing else may run meanwhile.
  void set_slice_budget(std::uint8_t budget) noexcept { options_.slice_budget = budget; }
  // Where this runtime's processes may be in the table, from the first slot to the last.
  SlotRange slots() const noexcept;

  std::uint64_t live_processes() const noexcept { return live_.load(base::acquire) & ~awaited_bit; }
  std::uint64_t dead_letters() const noexcept { return dead_letters_.load(base::relaxed); }
  std::uint64_t late_replies() const noexcept { return late_replies_.load(base::relaxed); }
  bool is_stopping() const noexcept { return stopping_.load(base::seq_cst); }

  // Takes a message that reached nobody: counts it, tells the subscribers and the sink, destroys it.
  void dead_letter(Pid to, Signal* message) noexcept;
  void count_late_reply() noexcept { late_replies_.fetch_add(1, base::relaxed); }
  // Sends every dead letter's DeadLetter to `pid` until it ends or is unsubscribed.
  void subscribe_dead_letters(Pid pid);
  void unsubscribe_dead_letters(Pid pid) noexcept;

  // From now on a new process is killed at once; then kills all there are. Processes that do not come back stay.
  void kill_all();
  // Waits until no process is left, at most for `limit`; false if some are.
  bool wait_until_empty(std::chrono::nanoseconds limit);
  // "<0.5.1> Account (alice)" for each process of this runtime that is left, at most `most` of them.
  std::vector<std::string> describe_live(std::size_t most);

  void process_born() noexcept { live_.fetch_add(1, base::relaxed); }
  void process_gone() noexcept;

 private:
  void run(schedule::Runnable& runnable) noexcept override;
  std::string describe(const schedule::Runnable& runnable) override;
  void stalled(const schedule::StallReport& report) noexcept override;

  HostOptions options_;
  EventSink& sink_;
  void* owner_;
  timing::Clock clock_;
  timing::TimerService timers_;
  schedule::Scheduler scheduler_;
  Names names_;
  // How many processes there are; the top bit: somebody waits for the last one's end. One word, so that whoever takes the
  // count to zero cannot miss that it is waited for.
  static constexpr std::uint64_t awaited_bit = std::uint64_t{1} << 63;
  base::Atomic<std::uint64_t> live_{0};
  base::Atomic<std::uint64_t> dead_letters_{0};
  base::Atomic<std::uint64_t> late_replies_{0};
  base::Atomic<bool> stopping_{false};
  base::Atomic<bool> has_subscribers_{false};
  base::Mutex lock_;  // guards the two below
  base::CondVar empty_;
  std::vector<Pid> subscribers_;
};

}  // namespace coppice::process

namespace coppice {

// What a subscriber of dead letters gets for each message that reached nobody.
struct DeadLetter {
  DeadLetter(Pid target, std::string message_type) : to{target}, type{std::move(message_type)} {}
  Pid to;
  std::string type;
};

}  // namespace coppice
