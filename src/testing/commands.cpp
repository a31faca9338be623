#include <coppice/testing/commands.hpp>

#include <algorithm>

#include <fmt/core.h>

#include <coppice/base/random.hpp>

namespace coppice::testing {
namespace {

using Sequence = std::vector<CommandCall>;

constexpr std::uint64_t numbers_below = 1'000'000;

Sequence random_sequence(std::uint64_t seed, std::size_t commands, std::size_t length) {
  base::Random random{base::mix(seed ^ 0xc0d3)};
  Sequence out;
  for (std::size_t i = 0; i < length; ++i) out.push_back({random.below(commands), random.below(numbers_below)});
  return out;
}

class Shortener {
 public:
  Shortener(const SequenceRun& run, const SimulationOptions& each, std::uint64_t most_runs, CommandsResult& result)
      : run_{run}, each_{each}, left_{most_runs}, result_{result} {}

  // Leaves out ever smaller pieces, then makes numbers smaller, as long as that helps.
  void shorten() {
    bool better = true;
    while (better && left_ > 0) {
      better = false;
      for (std::size_t piece = std::max<std::size_t>(1, result_.sequence.size() / 2); piece > 0; piece /= 2)
        for (std::size_t at = 0; at < result_.sequence.size();)
          if (!without(at, piece))
            at += piece;
          else
            better = true;
      for (std::size_t at = 0; at < result_.sequence.size(); ++at) better |= make_smaller(at);
    }
  }

 private:
  bool fails(Sequence sequence) {
    if (left_ == 0) return false;
    --left_;
    ++result_.runs;
    SimulationResult result = run_(sequence, each_);
    if (result.ok() || result.failure().kind != result_.failed->failure().kind) return false;
    result_.sequence = std::move(sequence);
    result_.failed = std::move(result);
    return true;
  }
  bool without(std::size_t at, std::size_t piece) {
    Sequence sequence = result_.sequence;
    const auto first = sequence.begin() + static_cast<std::ptrdiff_t>(at);
    sequence.erase(first, first + static_cast<std::ptrdiff_t>(std::min(piece, sequence.size() - at)));
    return fails(std::move(sequence));
  }
  bool make_smaller(std::size_t at) {
    bool better = false;
    for (const std::uint64_t part : {std::uint64_t{0}, std::uint64_t{10}, std::uint64_t{2}}) {
      bool again = true;
      while (again && result_.sequence[at].number > 0) {
        Sequence sequence = result_.sequence;
        std::uint64_t& number = sequence[at].number;
        number = part == 0 ? 0 : number - std::max<std::uint64_t>(1, number / part);
        again = fails(std::move(sequence));
        better |= again;
      }
    }
    return better;
  }

  const SequenceRun& run_;
  const SimulationOptions& each_;
  std::uint64_t left_;
  CommandsResult& result_;
};

}  // namespace

CommandsResult explore_sequences(const std::vector<std::string>& names, const SequenceRun& run,
                                 const CommandsOptions& options) {
  CommandsResult out;
  out.names = names;
  SimulationOptions each = options.each;
  each.faults = options.faults;
  each.scheduling = options.scheduling;
  for (std::uint64_t i = 0; i < options.seeds && !names.empty(); ++i) {
    each.seed = options.first_seed + i;
    Sequence sequence = random_sequence(each.seed, names.size(), options.length);
    SimulationResult result = run(sequence, each);
    ++out.runs;
    if (result.ok()) continue;
    out.sequence = std::move(sequence);
    out.failed = std::move(result);
    Shortener{run, each, options.shorten_runs, out}.shorten();
    break;
  }
  return out;
}

std::string CommandsResult::report() const {
  if (ok()) return fmt::format("{} sequences were run\n", runs);
  std::string out = fmt::format("after {} runs, this sequence fails:\n", runs);
  for (const CommandCall& call : sequence) out += fmt::format("  {} {}\n", names[call.command], call.number);
  return out + failed->report();
}

}  // namespace coppice::testing
