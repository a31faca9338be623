// Faults: what goes wrong in a simulation, each by a probability or by a plan. Every one that strikes is in the trace. heal() ends
// them all: what was held back is let go.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include <coppice/process/atom.hpp>
#include <coppice/process/pid.hpp>
#include <coppice/testing/message_faults.hpp>
#include <coppice/time/instant.hpp>

namespace coppice::testing {

// A process that a fault may strike.
struct FaultTarget {
  Pid pid;
  std::string what;   // its function or class
  std::string label;  // set_label()
  Atom name;          // its registered name
};

// One kill: of the first process with this label, registered name, or function or class, at its n-th suspension (its birth is
// none), or as soon as there is one after this time.
struct KillPlan {
  std::string whom;
  std::uint64_t at_suspension = 0;  // 0: by time
  timing::Duration at = {};         // since the main process began
};

// Where memory may be short: std::bad_alloc is thrown there, as the library promises that it may be.
//   "spawn"        spawn and start, before there is a process
//   "start_child"  a supervisor's start of a child, which so fails
//   "send_after"   before there is a timer
//   "send"         send, send_info and cast: nothing is sent, and what was to be moved into the message is where it was. Calls,
//                  and what the library sends by itself, are not struck.
struct AllocationFault {
  std::string_view point;
  double probability = 0;
  std::uint64_t nth = 0;  // or this one of the point's allocations, from 1
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
  std::vector<KillPlan> kill_plans = {};
  // Messages of chosen types: duplicate<M>(p), mutate<M>(p, f), reorder<M>(p). What comes late does so by up to `reorder_by`.
  std::vector<MessageFault> messages = {};
  timing::Duration reorder_by = std::chrono::milliseconds{10};
  std::vector<AllocationFault> allocations = {};
  // At each buggify(): whether it says yes.
  double buggify = 0;
  // Which processes kill and start faults may strike; null: all but the ones named above.
  std::function<bool(const FaultTarget&)> may_strike = nullptr;

  bool any() const noexcept {
    return kill > 0 || failing_start > 0 || slow_start > 0 || late_timer > 0 || stall > 0 || buggify > 0 ||
           !kill_plans.empty() || !messages.empty() || !allocations.empty();
  }
};

}  // namespace coppice::testing
