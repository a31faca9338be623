// explore: runs a program under many seeds, or under every schedule there is, until one fails; then makes that one's schedule
// short and says how to run it again.
//
//   Exploration found = explore(transfer_test, {.seeds = 1000});
//   if (!found.ok()) fmt::print("{}\n", found.report());
//
// The program is run anew for each schedule, so it must begin anew each time, too: what it captures by reference is its own
// matter. Thread safety: as Simulation.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <set>
#include <string>

#include <coppice/base/export.hpp>
#include <coppice/testing/simulation.hpp>
#include <coppice/time/instant.hpp>
#include <coppice/time/infinity.hpp>

namespace coppice::testing {

struct ExploreOptions {
  std::uint64_t seeds = 1000;  // how many, from first_seed on
  std::uint64_t first_seed = 1;
  Scheduling scheduling = Scheduling::random();
  Faults faults = {};
  timing::Duration budget = timing::forever;   // no new run is begun after this much real time
  std::uint64_t shorten_runs = 400;            // so many runs may go into making a failing schedule shorter
  SimulationOptions each = {};                 // the rest; its seed, scheduling and faults are not looked at
};

// Whether explore_all() leaves out schedules that only change the places of steps that have nothing to do with each other.
enum class Reduction : std::uint8_t { none, sleep_sets };

struct ExploreAllOptions {
  unsigned delays = 2;                         // how often a schedule may depart from plain turns; see explore_all
  Reduction reduction = Reduction::sleep_sets;
  std::uint64_t most_runs = 100'000;
  timing::Duration budget = timing::forever;
  SimulationOptions each = {};
};

class COPPICE_API Exploration {
 public:
  bool ok() const noexcept { return !failed.has_value(); }
  explicit operator bool() const noexcept { return ok(); }
  // What failed, the shortened schedule, the line that replays it, the trace as text and as a Mermaid diagram.
  std::string report() const;
  // C++ that runs the failing schedule again.
  std::string replay() const { return failed ? failed->replay() : std::string{}; }

  std::uint64_t runs = 0;                        // before anything failed, that one included
  std::uint64_t shorten_runs = 0;                // and after
  std::size_t different = 0;                     // traces that were unlike each other
  std::uint64_t schedules = 0;                   // explore_all: so many were gone through; without a reduction that is `runs`
  std::uint64_t given_up = 0;                    // explore_all: runs that came to where an earlier one had been
  bool complete = false;                         // explore_all: every schedule within the bound was run
  std::optional<SimulationResult> failed;        // the first failing one, made as short as it could be
  std::size_t deviations_found = 0;              // the length of its schedule before that
};

using SimulatedProgram = std::function<SimulationResult(const SimulationOptions&)>;
COPPICE_API Exploration explore_program(const SimulatedProgram& program, const ExploreOptions& options);
COPPICE_API Exploration explore_all_of(const SimulatedProgram& program, const ExploreAllOptions& options);

// Under `seeds` seeds, until one fails.
template <class F>
Exploration explore(F program, const ExploreOptions& options = {}) {
  return explore_program([&program](const SimulationOptions& each) { return Simulation{each}.run(program); }, options);
}

// Under all schedules, depth first, that depart at most `delays` times from plain turns, in which processes run in the order in
// which they were woken and none is interrupted while it sends. (Emmi, Qadeer, Rakamarić: delay-bounded scheduling.) A slice is
// one step and takes no time. For programs of a few processes. No faults.
//
// Two steps that have nothing to do with each other (no inbox, name, timer or question of liveness is touched by both) may change
// places, and the run is the same; unless `reduction` is none, only one of such schedules is run to its end. What processes share
// behind the library's back is not seen: a program that does so, but for what it tells the test, is to be run without.
template <class F>
Exploration explore_all(F program, const ExploreAllOptions& options = {}) {
  return explore_all_of([&program](const SimulationOptions& each) { return Simulation{each}.run(program); }, options);
}

}  // namespace coppice::testing
