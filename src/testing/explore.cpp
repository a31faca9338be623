#include <coppice/testing/explore.hpp>

#include <algorithm>

#include <fmt/core.h>

#include <coppice/time/clock.hpp>

#include "search.hpp"
#include "shorten.hpp"

namespace coppice::testing {
namespace {

// Real time, for a budget.
class Stopwatch {
 public:
  explicit Stopwatch(timing::Duration budget) noexcept : end_{timing::after(timing::real_now(), budget)} {}
  bool is_over() const noexcept { return timing::real_now() >= end_; }

 private:
  timing::Instant end_;
};

}  // namespace

Exploration explore_program(const SimulatedProgram& program, const ExploreOptions& options) {
  Exploration out;
  std::set<std::uint64_t> hashes;
  const Stopwatch watch{options.budget};
  SimulationOptions each = options.each;
  each.faults = options.faults;
  for (std::uint64_t i = 0; i < options.seeds && !watch.is_over(); ++i) {
    each.seed = options.first_seed + i;
    each.scheduling = options.scheduling;
    SimulationResult result = program(each);
    ++out.runs;
    hashes.insert(result.hash());
    out.different = hashes.size();
    if (result.ok()) continue;
    out.deviations_found = result.schedule.deviations();
    out.failed = shorten(program, each, std::move(result), options.shorten_runs, out.shorten_runs);
    break;
  }
  return out;
}

Exploration explore_all_of(const SimulatedProgram& program, const ExploreAllOptions& options) {
  Exploration out;
  std::set<std::uint64_t> hashes;
  const Stopwatch watch{options.budget};
  Search search{options.delays, options.reduction == Reduction::sleep_sets};
  SimulationOptions each = options.each;
  each.faults = {};
  each.scheduling = Scheduling::systematic(search);
  bool more = true;
  while (more && out.runs < options.most_runs && !watch.is_over()) {
    SimulationResult result = program(each);
    ++out.runs;
    out.given_up += result.given_up;
    if (!result.given_up) hashes.insert(result.hash());
    out.different = hashes.size();
    if (!result.ok()) {
      out.deviations_found = result.schedule.deviations();
      out.failed = std::move(result);
      break;
    }
    more = search.next();
  }
  out.complete = !more;
  out.schedules = search.schedules();
  return out;
}

std::string Exploration::report() const {
  std::string out = fmt::format("{} schedules were run, {} different traces\n", runs, different);
  if (schedules > runs) out += fmt::format("without sleep sets it would have been {} for the same\n", schedules);
  if (ok()) return out;
  out += fmt::format("the last of them fails; of its {} departures from plain turns {} are needed ({} more runs)\n",
                     deviations_found, failed->schedule.deviations(), shorten_runs);
  return out + failed->report() + "\n```mermaid\n" + failed->trace.mermaid() + "```\n";
}

}  // namespace coppice::testing
