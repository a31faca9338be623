// What a supervisor tells a simulator of its children, which holds it against the rules. In a real run each is one relaxed load.
#pragma once

#include <coppice/process/pid.hpp>
#include <coppice/process/seam.hpp>
#include <coppice/supervision/child_table.hpp>
#include <coppice/supervision/intensity.hpp>

namespace coppice::supervision {

// A child is about to be started, or stopped, in its turn: as one of those from somewhere to the last one.
void tell_turn(process::ChildStep::What what, const Child& child);
// The child's start is over; none: it failed or has no process.
void tell_started(Pid child);
void tell_spent(const RestartBudget& budget, Budget verdict);

}  // namespace coppice::supervision
