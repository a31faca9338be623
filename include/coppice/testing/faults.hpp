// Faults: what goes wrong in a simulation, each by a probability. Every one that strikes is in the trace. heal() ends them.
#pragma once

#include <cstdint>
#include <functional>
#include <string>

#include <coppice/process/atom.hpp>
#include <coppice/process/pid.hpp>
#include <coppice/time/instant.hpp>

namespace coppice::testing {

// A process that a fault may strike.
struct FaultTarget {
  Pid pid;
  std::string what;   // its function or class
  std::string label;  // set_label()
  Atom name;          // its registered name
};

struct Faults {
  // Kill: before a slice, with this probability, some process is killed at the place where it is suspended. Never the main
  // process or the runtime's own supervisors.
  double kill = 0;
  std::uint64_t most_kills = 1'000'000;
  // Start: a server is killed before its constructor runs, or begins late, by up to `slow_start_by`.
  double failing_start = 0;
  double slow_start = 0;
  timing::Duration slow_start_by = std::chrono::seconds{10};
  // Timers that are due are looked at late, by up to `late_timer_by`.
  double late_timer = 0;
  timing::Duration late_timer_by = std::chrono::milliseconds{100};
  // A process that could run does not, for up to `stall_for`, as if its worker were held up: others, and timers, go on.
  double stall = 0;
  timing::Duration stall_for = std::chrono::milliseconds{50};
  // At each buggify(): whether it says yes.
  double buggify = 0;
  // Which processes kill and start faults may strike; null: all but the ones named above.
  std::function<bool(const FaultTarget&)> may_strike = nullptr;

  bool any() const noexcept {
    return kill > 0 || failing_start > 0 || slow_start > 0 || late_timer > 0 || stall > 0 || buggify > 0;
  }
};

}  // namespace coppice::testing
