// Links and monitors (link/1, unlink/1, monitor/2, demonitor/1,2).
//
// For the calling process; each throws ProcessError outside of one. A link ties two processes: when one ends, the other
// gets an exit signal. A monitor is one-sided: a Down message tells that the other has ended.
#pragma once

#include <optional>

#include <coppice/base/export.hpp>
#include <coppice/process/atom.hpp>
#include <coppice/process/exit_reason.hpp>
#include <coppice/process/pid.hpp>

namespace coppice {

// Option of unlink() and demonitor(): also take the message out of the mailbox if it has come already.
struct Flush {
  explicit constexpr Flush() = default;
};
inline constexpr Flush flush{};

// Links the caller and `pid`. Linked already, or to oneself: nothing happens. A dead `pid`: a caller that traps exits gets
// Exit{pid, noproc}, one that does not gets a ProcessError (noproc).
COPPICE_API void link(Pid pid);
// Takes the link away. After it returned no new Exit over it comes; one that is in the mailbox already stays.
COPPICE_API void unlink(Pid pid);
COPPICE_API void unlink(Pid pid, Flush);

// Watches a process: one Down when it ends, at once with noproc if it is dead. Two monitors are two. To oneself: nothing
// happens, and no Down ever comes.
COPPICE_API MonitorRef monitor(Pid pid);
// By name, resolved now; the Down carries the name.
COPPICE_API MonitorRef monitor(Atom name);
// Ends a monitor of the caller; of another's: nothing happens. A Down that is in the mailbox already stays, unless flushed.
// True if the monitor was there: then no Down has come or will come.
COPPICE_API bool demonitor(MonitorRef ref);
COPPICE_API bool demonitor(MonitorRef ref, Flush);

namespace process {

// Whether the caller has an active link to `pid`.
COPPICE_API bool is_linked(Pid pid);
// Takes in what has arrived, and takes the oldest trapped Exit of `pid` out of the mailbox; its reason.
COPPICE_API std::optional<ExitReason> take_exit(Pid pid);

}  // namespace process

}  // namespace coppice
