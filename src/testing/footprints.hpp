// Footprints: what each step of a simulation touched, and what follows from it: which steps could as well have changed places.
//
// A step is what one process does between two places where another could have gone on. Two steps conflict when they touch the
// same thing (a process's inbox, liveness or timers; a name; the numbers of births) and one of them changes it. Runs that
// differ only in the order of steps that do not conflict are one and the same, and so get the same hash: it is over the graph of
// what had to come before what, not over the order in which things came.
#pragma once

#include <cstdint>
#include <span>
#include <unordered_map>
#include <vector>

#include <coppice/process/atom.hpp>
#include <coppice/process/pid.hpp>

#include "chooser.hpp"

namespace coppice::testing {

struct Touch {
  std::uint64_t object;
  bool changes;
  friend bool operator==(const Touch&, const Touch&) = default;
};

// Things that can be touched.
inline constexpr std::uint64_t everything = 1;  // each step looks at it; what changes it conflicts with all others
inline constexpr std::uint64_t births = 2;      // the numbers of slots, and with them those of processes
inline constexpr std::uint64_t drawn_numbers = 3;
constexpr std::uint64_t object_of(Pid pid) noexcept {
  return std::uint64_t{1} << 62 | std::uint64_t{pid.slot()} << 32 | pid.generation();
}
// By text: a name is the same in each run.
inline std::uint64_t object_of(Atom name) noexcept { return std::uint64_t{1} << 63 | hash_value(name) >> 1; }

// A step that has ended.
struct Step {
  Actor actor = 0;
  std::uint64_t hash = 0;         // of the step and all that had to come before it
  std::uint64_t depth = 0;        // the longest chain of steps that had to come before it, itself included
  std::vector<Touch> touches = {};  // by object, each once
};

bool conflict(const Step& a, const Step& b) noexcept;

class Footprints {
 public:
  void touch(std::uint64_t object, bool changes);
  // What was touched since the last step's end is this step's.
  const Step& end_step(Actor actor);
  const Step& last() const noexcept { return ended_; }
  // The steps so far, in whatever order that they could have come in.
  std::uint64_t hash() const noexcept { return sum_; }

 private:
  struct Known {
    std::uint64_t changed_by = 0;  // the hash of the last step that changed it
    std::uint64_t change_depth = 0;
    std::uint64_t readers = 0;     // the sum of those that have looked at it since
    std::uint64_t reader_depth = 0;
  };
  std::unordered_map<std::uint64_t, Known> known_;  // never iterated
  Step step_;   // the one under way
  Step ended_;  // the last one
  std::uint64_t sum_ = 0;
};

}  // namespace coppice::testing
