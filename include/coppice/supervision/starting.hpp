// How a supervisor starts a child: it runs the start function in its own process, turns whatever
// leaves it into an outcome, and refuses a process that is not linked to it, since it would neither
// hear of its end nor take it along.
#pragma once

#include <string_view>

#include <coppice/base/export.hpp>
#include <coppice/process/task.hpp>
#include <coppice/supervision/child_spec.hpp>
#include <coppice/supervision/starter.hpp>
#include <coppice/supervision/supervisor_error.hpp>

namespace coppice::supervision {

// `spec` must outlive the task. A spec whose start function was forgotten fails to start.
COPPICE_API Task<StartOutcome> start_child_process(const ChildSpec& spec);

// What start_child and restart_child say of a start that failed.
COPPICE_API SupervisorError as_error(std::string_view child, const StartFailure& failure);

}  // namespace coppice::supervision
