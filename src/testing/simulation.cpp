#include <coppice/testing/simulation.hpp>

#include <fmt/core.h>

#include <coppice/base/block_pool.hpp>
#include <coppice/process/exit.hpp>
#include <coppice/process/sleep.hpp>

#include "simulator.hpp"

namespace coppice::testing {
namespace {

using Kind = SimulationFailure::Kind;

// Why the main process failed; empty if it did not.
std::string main_failure(const std::function<int()>& end, int& exit_code) {
  try {
    exit_code = end();
    return exit_code == 0 ? std::string{} : fmt::format("the main process returned the exit code {}", exit_code);
  } catch (const ExitSignal& signal) {
    if (signal.reason().is_normal()) return {};
    return fmt::format("the main process ended: {}", signal.reason());
  } catch (const std::exception& error) {
    return fmt::format("the main process ended by an exception: {}", error.what());
  } catch (...) {
    return "the main process ended by an exception that is no std::exception";
  }
}

}  // namespace

const char* text_of(Kind kind) noexcept {
  switch (kind) {
    case Kind::main_failed: return "main_failed";
    case Kind::waits_for_ever: return "waits_for_ever";
    case Kind::too_long: return "too_long";
    case Kind::invariant: return "invariant";
    case Kind::left_behind: return "left_behind";
    case Kind::other_thread: return "other_thread";
    case Kind::real_io: return "real_io";
    case Kind::strayed: return "strayed";
  }
  return "";
}

std::uint64_t Simulation::blocks_now() { return base::pool_stats().live_blocks; }

SimulationResult Simulation::run_body(std::unique_ptr<process::Body> main, std::uint64_t blocks,
                                      const std::function<int()>& end) const {
  SimulationResult result = Simulator{options_}.run(std::move(main));
  int exit_code = 0;
  const bool had_failed = !result.ok() || result.given_up;
  std::string why = main_failure(end, exit_code);
  result.exit_code = exit_code;
  // After another failure the main process was killed, which says nothing.
  if (!had_failed && !why.empty()) result.failures.push_back({Kind::main_failed, std::move(why)});
  if (const std::uint64_t left = blocks_now(); options_.check_leaks && !had_failed && left != blocks)
    result.failures.push_back(
        {Kind::left_behind, fmt::format("{} blocks of the pool more than before, in messages, frames or processes",
                                        static_cast<std::int64_t>(left - blocks))});
  return result;
}

std::string SimulationResult::replay() const {
  std::string out = fmt::format("Simulation{{{{.seed = {}", seed);
  if (scheduling.rule() != Scheduling::Rule::random) out += ", .scheduling = " + scheduling.text();
  if (with_faults) out += ", .faults = the same";
  return out + "}}";
}

std::string SimulationResult::report() const {
  if (ok()) return fmt::format("seed {}: ok after {} steps, hash {:016x}\n", seed, steps, hash());
  std::string out = fmt::format("seed {} fails after {} steps\n", seed, steps);
  for (const SimulationFailure& f : failures) out += fmt::format("{}: {}\n", text_of(f.kind), f.text);
  out += "again: " + replay() + "\n";
  return out + trace.text();
}

SimulationFailed::SimulationFailed(SimulationResult result)
    : std::runtime_error{result.report()}, result_{std::make_shared<const SimulationResult>(std::move(result))} {}

SimulationResult succeed(SimulationResult result) {
  if (!result.ok()) throw SimulationFailed{std::move(result)};
  return result;
}

bool simulated() noexcept { return Simulator::current() != nullptr; }

void heal() noexcept {
  if (Simulator* simulator = Simulator::current()) simulator->heal();
}

bool buggify(std::string_view name) {
  Simulator* const simulator = Simulator::current();
  return simulator != nullptr && simulator->buggify(name);
}

void real_io(std::string_view what, std::source_location where) {
  if (Simulator* const simulator = Simulator::current()) simulator->refuse_io(what, where);
}

void note(std::string text) {
  if (Simulator* simulator = Simulator::current()) simulator->note(std::move(text));
}

void check(bool holds, std::string_view text) {
  if (holds) return;
  if (Simulator* simulator = Simulator::current()) return simulator->fail(Kind::invariant, std::string{text});
  throw std::logic_error{std::string{text}};
}

void always(std::string text, std::function<bool()> holds) {
  if (Simulator* simulator = Simulator::current()) simulator->always(std::move(text), std::move(holds));
}

bool others_ready() noexcept {
  Simulator* const simulator = Simulator::current();
  return simulator != nullptr && simulator->others_ready();
}

Task<> settle() {
  do {
    co_await sleep(timing::Duration::zero());
  } while (others_ready());
}

Task<> advance(timing::Duration time) {
  co_await sleep(time);
  co_await settle();
}

}  // namespace coppice::testing
