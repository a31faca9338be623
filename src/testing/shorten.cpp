#include "shorten.hpp"

#include <algorithm>

namespace coppice::testing {
namespace {

using Picks = std::vector<std::uint32_t>;

// A schedule is better if it has fewer choices that are not 0, or as many and fewer choices.
bool is_better(const Schedule& a, const Schedule& b) {
  const std::size_t da = a.deviations(), db = b.deviations();
  return da != db ? da < db : a.size() < b.size();
}

class Shortener {
 public:
  Shortener(const SimulatedProgram& program, const SimulationOptions& options, SimulationResult failed,
            std::uint64_t most_runs)
      : program_{program}, options_{options}, best_{std::move(failed)}, left_{most_runs} {}

  // Ever smaller pieces are tried, as long as that helps: first the whole rest of the schedule, then pieces of the choices that
  // are not 0, halved each time.
  SimulationResult run() {
    // The same choices, replayed: from here on every result says how it can be run again by its schedule.
    if (!tried(best_.schedule.picks(), Accept::as_good)) return std::move(best_);
    cut_off_the_end();
    bool better = true;
    while (better && left_ > 0) {
      better = false;
      for (std::size_t piece = std::max<std::size_t>(1, best_.schedule.deviations() / 2); piece > 0; piece /= 2)
        better |= clear_pieces(piece);
    }
    return std::move(best_);
  }
  std::uint64_t runs() const noexcept { return runs_; }

 private:
  enum class Accept : std::uint8_t { better, as_good };

  // Runs with these choices; true, and it is the best, if it fails in the same way and is better.
  bool tried(Picks picks, Accept accept = Accept::better) {
    if (left_ == 0) return false;
    --left_;
    ++runs_;
    SimulationOptions options = options_;
    options.scheduling = Scheduling::replay(Schedule{std::move(picks)});
    SimulationResult result = program_(options);
    if (result.ok() || result.failure().kind != best_.failure().kind) return false;
    if (accept == Accept::better && !is_better(result.schedule, best_.schedule)) return false;
    // What was chosen, not what was wished: an option that was not there is in no result.
    result.scheduling = Scheduling::replay(result.schedule);
    best_ = std::move(result);
    return true;
  }

  void cut_off_the_end() {
    std::size_t keep = 0, failing = best_.schedule.size();
    while (keep + 1 < failing && left_ > 0) {
      const std::size_t middle = keep + (failing - keep) / 2;
      const Picks& all = best_.schedule.picks();
      if (tried(Picks(all.begin(), all.begin() + static_cast<std::ptrdiff_t>(std::min(middle, all.size())))))
        failing = middle;
      else
        keep = middle;
    }
  }

  bool clear_pieces(std::size_t piece) {
    bool better = false;
    // From the end: what comes late is mostly not needed.
    std::size_t behind = places().size();
    while (behind > 0 && left_ > 0) {
      const std::vector<std::size_t> at = places();
      behind = std::min(behind, at.size());
      if (behind == 0) break;
      const std::size_t first = behind > piece ? behind - piece : 0;
      Picks picks = best_.schedule.picks();
      for (std::size_t i = first; i < behind; ++i) picks[at[i]] = 0;
      better |= tried(std::move(picks));
      behind = first;
    }
    return better;
  }

  // Where the choices are that are not 0.
  std::vector<std::size_t> places() const {
    std::vector<std::size_t> out;
    const Picks& picks = best_.schedule.picks();
    for (std::size_t i = 0; i < picks.size(); ++i)
      if (picks[i] != 0) out.push_back(i);
    return out;
  }

  const SimulatedProgram& program_;
  const SimulationOptions& options_;
  SimulationResult best_;
  std::uint64_t left_;
  std::uint64_t runs_ = 0;
};

}  // namespace

SimulationResult shorten(const SimulatedProgram& program, const SimulationOptions& options, SimulationResult failed,
                         std::uint64_t most_runs, std::uint64_t& runs) {
  Shortener shortener{program, options, std::move(failed), most_runs};
  SimulationResult best = shortener.run();
  runs += shortener.runs();
  return best;
}

}  // namespace coppice::testing
