// How a supervisor stops its children, and learns why they ended.
//
//   1 monitor the child: unlike the link, the child cannot take the monitor away
//   2 tell it: `kill` or `shutdown`
//   3 wait for its Down; when its time is over, kill it and wait on
//   4 settle the link: its Exit has come, or the child had unlinked itself
//   5 take that Exit out of the mailbox: it has the true reason, where the Down of a process that
//   was dead already says
//     noproc
//
// The link stays until the child has ended, so a supervisor that is killed meanwhile takes the
// child with it (OTP before 27 unlinked first). Mirrors shutdown/1 and terminate_dynamic_children/1
// of OTP's supervisor.
#pragma once

#include <functional>

#include <coppice/base/export.hpp>
#include <coppice/process/exit_reason.hpp>
#include <coppice/process/pid.hpp>
#include <coppice/process/task.hpp>
#include <coppice/supervision/dynamic_table.hpp>
#include <coppice/supervision/shutdown.hpp>

namespace coppice::supervision {

// Whether an active link ties the calling process to `pid`.
COPPICE_API bool is_linked(Pid pid);

// Stops one child of the calling process and gives the reason with which it ended.
COPPICE_API Task<ExitReason> stop_process(Pid pid, Shutdown how);

// Stops all running children at once, each with its own deadline, in one go: for a supervisor that
// ends, since all Exits and Downs in its mailbox are taken. `ended` hears of each child once. The
// table keeps the children.
using ChildEnded = std::function<void(const DynamicChild&, const ExitReason&)>;
COPPICE_API Task<> stop_together(DynamicTable& children, ChildEnded ended);

}  // namespace coppice::supervision
