// Stopping a server by request, and waiting for a name: the library's coroutines behind ServerRef::stop and Name.
#pragma once

#include <coppice/base/export.hpp>
#include <coppice/process/atom.hpp>
#include <coppice/process/exit_reason.hpp>
#include <coppice/process/pid.hpp>
#include <coppice/process/task.hpp>
#include <coppice/time/instant.hpp>

namespace coppice {

namespace behaviour {

COPPICE_API Task<> stop_server(Pid server, ExitReason reason, timing::Duration timeout);

}  // namespace behaviour

// Waits until somebody has the name, at most `timeout`; the caller ends with an ExitSignal (timeout) if nobody has by then.
COPPICE_API Task<Pid> await_registered(Atom name, timing::Duration timeout);

}  // namespace coppice
