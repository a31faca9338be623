// The orderly stop of a runtime. Its steps:
//
//   1 Every root is asked to end with `shutdown`: a server or supervisor by a stop request, so that it ends what it owns in
//     order, any other process by an exit signal. A root is a process whose parent is gone or is none; as roots end, what
//     they leave behind becomes roots, and is asked in the next round.
//   2 When the grace is over (or the deadline), what is left is killed, and every process that is born from now on, too.
//   3 When no process is left: the threads end.
// Nobody is declared dead while its code runs: a process that does not come back keeps stop() waiting, or is named in the
// error of stop(deadline).
#include <algorithm>
#include <vector>

#include <coppice/behaviour/system.hpp>
#include <coppice/process/control_signals.hpp>
#include <coppice/process/current.hpp>
#include <coppice/process/host.hpp>
#include <coppice/process/table.hpp>
#include <coppice/process/timers.hpp>
#include <coppice/system/runtime.hpp>

#include "runtime_parts.hpp"

namespace coppice {
namespace {

using std::chrono::milliseconds;

bool is_root(const process::Process& process) noexcept {
  const Pid parent = process.parent();
  return !parent || !is_alive(parent);
}

}  // namespace

// `asked` holds the generation that was asked, by slot.
void hosting::Stages::ask_roots(process::Host& host, std::vector<std::uint32_t>& asked) {
  const auto [first, last] = host.slots();
  if (last < first) return;
  asked.resize(std::size_t{last} - first + 1, 0);
  for (std::uint32_t slot = first; slot <= last; ++slot) {
    process::Process& process = process::slot_at(slot);
    const std::uint32_t generation = process.life.living();
    if (generation == 0 || asked[slot - first] == generation || process.host.load(base::acquire) != &host || !is_root(process))
      continue;
    asked[slot - first] = generation;
    const Pid pid{0, slot, generation};
    if (process::server_type_of(pid))
      process::send_signal(pid, behaviour::make_stop_call(ExitReason::shutdown()).release());
    else
      process::send_exit(process::SignalKind::exit, Pid{}, pid, ExitReason::shutdown());
  }
}

void Runtime::stop() { (void)stop(timing::forever); }

std::expected<void, StopError> Runtime::stop(timing::Duration deadline) {
  hosting::refuse_on_worker("Runtime::stop()");
  process::Host& host = *host_;
  // A simulator ends its processes itself, before it lets the runtime go.
  if (host.live_processes() != 0) hosting::refuse_simulated(host, "Runtime::stop()");
  const base::LockGuard one_at_a_time{parts_->stop_lock};
  if (parts_->stopped) return {};
  const timing::Clock clock;
  const timing::Instant start = clock.now();
  const timing::Instant end = timing::after(start, deadline);
  const timing::Instant grace_end = std::min(end, timing::after(start, parts_->grace));

  std::vector<std::uint32_t> asked;
  timing::Duration pause = milliseconds{1};
  while (host.live_processes() != 0 && clock.now() < grace_end) {
    hosting::Stages::ask_roots(host, asked);
    host.wait_until_empty(std::min(pause, timing::until(clock.now(), grace_end)));
    pause = std::min<timing::Duration>(pause * 2, milliseconds{50});
  }
  host.kill_all();
  if (!host.wait_until_empty(timing::until(clock.now(), end)))
    return std::unexpected{StopError{host.live_processes(), host.describe_live(16)}};
  process::cancel_timers(host);
  host.scheduler().stop();
  parts_->stopped = true;
  return {};
}

}  // namespace coppice
