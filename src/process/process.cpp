#include <coppice/process/process.hpp>

#include <coppice/base/slot_table.hpp>
#include <coppice/process/control_signals.hpp>
#include <coppice/process/host.hpp>
#include <coppice/process/table.hpp>

namespace coppice::process {
namespace {

// Runs under the wheel's lock. The process is there: it cancels its entry before it ends.
void wake(timing::TimerEntry& entry) noexcept {
  Rare& rare = static_cast<Rare&>(entry);
  // Refused only while the process ends, and then nobody waits.
  (void)post(rare.process->pid(), rare.wake_signal);
}

void not_freed(Signal*) noexcept {}
constexpr SignalType wake_type{TypeId{}, &not_freed};

}  // namespace

WaitReport Waiter::report(const Process&) const { return {"something"}; }

WakeSignal::WakeSignal() noexcept : Signal{SignalKind::timer, wake_type} {}

Rare::Rare(Process& owner) noexcept : TimerEntry{&wake}, process{&owner} {}

void Process::doom(ExitReason why) {
  if (doomed) return;
  end_kind = why.kind();
  if (!why.is_plain()) rare().reason = std::move(why);
  doomed = true;
}

void Process::end_with(ExitReason why) {
  if (doomed) return;
  if (!why.is_orderly()) rare().crashed = true;
  doom(std::move(why));
}

// Who fires when: `wakes_at` is set while the wheel holds the entry, and stays set from the moment the entry fires until
// its signal is drained (deadline_woke). So it tells without a lock that something earlier will wake the process anyway,
// which then sets the entry to the deadline of that time.
void Process::set_deadline(timing::Instant deadline) {
  if (deadline == timing::never) return clear_deadline();
  Rare& parts = rare();
  parts.deadline = deadline;
  parts.expired = false;
  if (parts.wakes_at <= deadline) return;
  timing::TimerService& timers = host.load(base::relaxed)->timers();
  const auto lock = timers.lock(slot());
  if (parts.wakes_at != timing::never && !parts.armed()) return;  // has just fired: its signal is under way
  timers.arm_locked(slot(), parts, deadline);
  parts.wakes_at = deadline;
}

void Process::deadline_woke() {
  Rare& parts = rare();
  parts.wakes_at = timing::never;
  if (parts.deadline == timing::never) return;
  if (host.load(base::relaxed)->clock().now() >= parts.deadline)
    parts.expired = true;
  else
    set_deadline(parts.deadline);
}

}  // namespace coppice::process
