// Search: the depth-first way through all schedules with at most so many delays, one run after the other.
//
// Reduction. Steps that do not conflict may change places, so many schedules are one and the same run. Two things keep them from
// being run again:
//
//   sleep sets   what was chosen at a place, and came out, need not be chosen later on below its siblings as long as nothing
//                that it conflicts with was done: that is the same run with steps that have changed places. (Godefroid.)
//   known states a state is what has happened (Footprints::hash()) and who is interrupted. One that was gone through before with
//                as many delays left needs no second look.
//
// Sleep sets alone are not sound within a bound on delays: the other order may take more of them. So a choice sleeps only if
// the state that it leads to is known, too. A process's place in plain turns depends on what had to come before its wake-up and on
// nothing else (Simulator::Order), so one state has one future. How many schedules each state stands for is known when all that
// follows from it is done: so the search counts the schedules that it did not run.
//
// Thread safety: none.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <unordered_map>
#include <vector>

#include "footprints.hpp"

namespace coppice::testing {

class Search {
 public:
  // Who may go on: who starts a slice, a piece of blocking work, who goes on with one; or the time.
  enum class Way : std::uint8_t { slice, job, resume, jump };
  struct Option {
    Actor actor;
    Way way;
    friend bool operator==(const Option&, const Option&) = default;
  };

  Search(unsigned delays, bool reduce) : delays_{delays}, reduce_{reduce} {}

  // ---- for the simulator, in a run
  enum class Verdict : std::uint8_t { go_on, known, strayed };
  struct Answer {
    Verdict verdict;
    std::uint32_t option = 0;
  };
  // After each step but the last. Strayed: this run is not what it was last time. Known: all that follows was run before.
  Answer arrive(const Step& last, const Footprints& all, std::span<const Actor> interrupted, std::span<const Option> options);
  // After the last; false: strayed.
  bool finish(const Step& last, const Footprints& all, std::span<const Actor> interrupted);

  // ---- for who runs the program again and again
  // Prepares the next run; false: all are done.
  bool next();
  // How many schedules have been gone through, those included that were not run.
  std::uint64_t schedules() const;
  std::uint64_t states() const noexcept { return known_.size(); }

 private:
  using Counts = std::vector<std::uint64_t>;  // schedules, by the delays that they take from here on
  struct Sleeper {
    Option option;
    Step step;
    int deeper;  // by how much more were interrupted after it
  };
  struct Node {
    std::uint64_t happened;
    std::uint64_t state;
    std::vector<Actor> interrupted;
    std::vector<Option> options;
    unsigned left;           // delays that may still be taken here
    std::uint32_t chosen;
    Step step = {};          // what the chosen one did
    int deeper = 0;
    std::vector<Sleeper> done = {};    // what was chosen before
    std::vector<Sleeper> asleep = {};
    Counts counts = {};      // of all chosen before
  };
  struct Known {
    unsigned left;
    Counts counts;
  };

  void note_step(const Step& last, std::size_t interrupted_now);
  bool choose_from(Node& node, std::uint32_t first);
  const Known* sleeps(const Node& node, const Option& option, unsigned left_after) const;
  void learn(std::uint64_t state, unsigned left, const Counts& counts);
  static void add(Counts& to, const Counts& counts, unsigned shift, unsigned left);

  unsigned delays_;
  bool reduce_;
  std::vector<Node> path_;
  std::size_t at_ = 0;        // in a run: how many nodes of the path it has passed
  Counts tail_;               // of the run's end
  std::optional<Counts> all_;
  std::unordered_map<std::uint64_t, Known> known_;  // never iterated
};

}  // namespace coppice::testing
