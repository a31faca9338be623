// Commands: tests a system against a model of it by random sequences of commands, and makes a failing sequence short.
//
//   Commands<Model> commands{[]() -> Task<Model> { ... starts the system, gives the model ... }};
//   commands.add("deposit", [](const Model&) { return true; },
//                [](Model& m, std::uint64_t n) -> Task<> { ... does it, compares, changes the model ... });
//   CommandsResult result = commands.explore({.seeds = 200, .length = 30});
//
// Each command is given a number of its own, from which it makes its arguments (n % 100); a failing sequence is made short by
// leaving out commands and making numbers smaller. A command that is not possible in the model's state is skipped. Each sequence
// runs in a simulation; what fails that, a check() or an exception above all, fails the sequence.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <coppice/base/export.hpp>
#include <coppice/process/task.hpp>
#include <coppice/testing/simulation.hpp>

namespace coppice::testing {

struct CommandsOptions {
  std::uint64_t seeds = 100;
  std::uint64_t first_seed = 1;
  std::size_t length = 30;            // commands in a sequence
  std::uint64_t shorten_runs = 500;
  Scheduling scheduling = Scheduling::random();
  Faults faults = {};
  SimulationOptions each = {};        // the rest
};

// One command of a sequence.
struct CommandCall {
  std::size_t command;
  std::uint64_t number;
  friend bool operator==(const CommandCall&, const CommandCall&) = default;
};

class COPPICE_API CommandsResult {
 public:
  bool ok() const noexcept { return !failed.has_value(); }
  // The shortened sequence, one command a line, and the report of the run.
  std::string report() const;

  std::uint64_t runs = 0;
  std::vector<CommandCall> sequence;        // the failing one, shortened
  std::vector<std::string> names;           // of the commands
  std::optional<SimulationResult> failed;
};

using SequenceRun = std::function<SimulationResult(const std::vector<CommandCall>&, const SimulationOptions&)>;
COPPICE_API CommandsResult explore_sequences(const std::vector<std::string>& names, const SequenceRun& run,
                                             const CommandsOptions& options);

template <class Model>
class Commands {
 public:
  // `begin` starts the system and gives the model of its first state.
  explicit Commands(std::function<Task<Model>()> begin) : begin_{std::move(begin)} {}

  Commands& add(std::string name, std::function<bool(const Model&)> possible,
                std::function<Task<>(Model&, std::uint64_t)> run) {
    names_.push_back(std::move(name));
    commands_.push_back(Command{std::move(possible), std::move(run)});
    return *this;
  }

  CommandsResult explore(const CommandsOptions& options = {}) const {
    return explore_sequences(
        names_,
        [this](const std::vector<CommandCall>& sequence, const SimulationOptions& each) {
          return Simulation{each}.run([this, &sequence]() -> Task<> { return play(*this, sequence); });
        },
        options);
  }

 private:
  struct Command {
    std::function<bool(const Model&)> possible;
    std::function<Task<>(Model&, std::uint64_t)> run;
  };

  static Task<> play(const Commands& commands, const std::vector<CommandCall>& sequence) {
    Model model = co_await commands.begin_();
    for (const CommandCall& call : sequence) {
      const Command& command = commands.commands_[call.command];
      if (!command.possible(model)) continue;
      note(commands.names_[call.command]);
      co_await command.run(model, call.number);
    }
  }

  std::function<Task<Model>()> begin_;
  std::vector<std::string> names_;
  std::vector<Command> commands_;
};

}  // namespace coppice::testing
