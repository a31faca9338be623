// Makes the schedule of a failing run shorter: a schedule with more zeros that fails in the same way.
#pragma once

#include <coppice/testing/explore.hpp>

namespace coppice::testing {

// `failed` was made by `options`. The shortest that was found, run by Scheduling::replay; `failed` itself if none was. `runs`
// counts the tries.
SimulationResult shorten(const SimulatedProgram& program, const SimulationOptions& options, SimulationResult failed,
                         std::uint64_t most_runs, std::uint64_t& runs);

}  // namespace coppice::testing
