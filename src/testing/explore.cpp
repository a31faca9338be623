#include <coppice/testing/explore.hpp>

#include <algorithm>

#include <fmt/format.h>

#include <coppice/time/clock.hpp>

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

// The next schedule of a depth-first search: the last choice that has another option, within the bound, takes it. False: there
// is none left.
bool go_on(std::vector<std::uint32_t>& picks, const std::vector<std::uint32_t>& options, unsigned delays) {
  std::size_t deviations = 0;
  for (const std::uint32_t pick : picks) deviations += pick != 0;
  while (!picks.empty()) {
    const std::size_t last = picks.size() - 1;
    const bool departed = picks[last] != 0;
    if (picks[last] + 1 < options[last] && (departed || deviations < delays)) {
      ++picks[last];
      return true;
    }
    deviations -= departed;
    picks.pop_back();
  }
  return false;
}

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
  SimulationOptions each = options.each;
  each.faults = {};
  std::vector<std::uint32_t> picks;
  do {
    each.scheduling = Scheduling::systematic(Schedule{picks});
    SimulationResult result = program(each);
    ++out.runs;
    hashes.insert(result.hash());
    out.different = hashes.size();
    picks = result.schedule.picks();
    const std::vector<std::uint32_t> choices = result.options;
    if (!result.ok()) {
      out.deviations_found = result.schedule.deviations();
      out.failed = std::move(result);
      return out;
    }
    if (!go_on(picks, choices, options.delays)) {
      out.complete = true;
      return out;
    }
  } while (out.runs < options.most_runs && !watch.is_over());
  return out;
}

std::string Exploration::report() const {
  std::string out = fmt::format("{} schedules were run, {} different traces\n", runs, different);
  if (ok()) return out;
  out += fmt::format("the last of them fails; of its {} departures from plain turns {} are needed ({} more runs)\n",
                     deviations_found, failed->schedule.deviations(), shorten_runs);
  return out + failed->report() + "\n```mermaid\n" + failed->trace.mermaid() + "```\n";
}

}  // namespace coppice::testing
