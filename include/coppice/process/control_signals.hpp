// The signals of links, monitors and exits, and how any signal is sent.
//
// Sending never fails: a signal that finds nobody is answered as OTP answers it (undeliverable()), by whoever notices:
// the sender whose push is refused, or the receiver's slot when it drains or closes.
#pragma once

#include <cstdint>

#include <coppice/base/export.hpp>
#include <coppice/process/message.hpp>
#include <coppice/process/process.hpp>
#include <coppice/process/relations.hpp>
#include <coppice/process/signal.hpp>

namespace coppice::process {

struct LinkSignal : Signal {
  explicit LinkSignal(Pid sender) noexcept : Signal{SignalKind::link, internal_type<LinkSignal>}, from{sender} {}
  Pid from;
};

struct UnlinkSignal : Signal {
  UnlinkSignal(SignalKind kind, Pid sender, std::uint64_t unlink_id) noexcept
      : Signal{kind, internal_type<UnlinkSignal>}, from{sender}, id{unlink_id} {}
  Pid from;
  std::uint64_t id;
};

struct MonitorSignal : Signal {
  explicit MonitorSignal(const Watcher& by) noexcept
      : Signal{SignalKind::monitor, internal_type<MonitorSignal>}, watcher{by} {}
  Watcher watcher;
};

struct DemonitorSignal : Signal {
  explicit DemonitorSignal(MonitorRef monitor) noexcept
      : Signal{SignalKind::demonitor, internal_type<DemonitorSignal>}, ref{monitor} {}
  MonitorRef ref;
};

// An exit and a down travel as the message that they may become.
using ExitMessage = MessageSignal<Exit>;
using DownMessage = MessageSignal<Down>;

// The type of an Exit message that came over a link, so that it proves the sender's end; one sent by exit() has
// ExitMessage's own. To a receive they are the same.
COPPICE_API extern const SignalType link_exit_type;

// Gives `signal` to the process; false if there is no such process, and then the signal is still the caller's.
[[nodiscard]] COPPICE_API bool post(Pid to, Signal& signal) noexcept;
// post(), and undeliverable() where that is refused.
COPPICE_API void send_signal(Pid to, Signal* signal) noexcept;
// Ends a signal that reached nobody, and answers it: a link with an exit, a monitor with a down, a call with `reason`.
COPPICE_API void undeliverable(Pid to, Signal* signal, const ExitReason& reason) noexcept;

// Handles a signal that does not wait in the queue; takes ownership.
void act_on(Process& self, Signal* signal);
// Takes in all that has arrived: messages to the save queue, the rest acts at once.
void drain(Process& self);
// Whether something has arrived and is not taken in; for who knows that the process does not run.
inline bool has_arrivals(const Process& process) noexcept {
  return process.queue.has_handed() || process.inbox.has_nodes();
}
// Schedules a parked process: for whom a push made responsible.
void make_runnable(Process& process) noexcept;

void send_exit(SignalKind kind, Pid from, Pid to, const ExitReason& reason) noexcept;
void send_down(const Watcher& watcher, Pid from, const ExitReason& reason) noexcept;

}  // namespace coppice::process
