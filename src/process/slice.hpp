// What the host asks of a process: to run for a slice.
#pragma once

#include <coppice/process/process.hpp>

namespace coppice::process {

class Host;

// Runs the process until it waits, its budget is spent, or it has ended. Afterwards it may be another thread's or gone.
void run_slice(Process& self) noexcept;
// Lets the process run again after the others.
void schedule_back(Process& self, Host& host) noexcept;

}  // namespace coppice::process
