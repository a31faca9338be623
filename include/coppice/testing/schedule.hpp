// Schedule: the choices that a simulation made, one number each. Scheduling: by what rule it makes them.
//
// Whatever is left open in a real run (which process goes on next, where a slice is cut, whether a process loses its
// processor while it sends, whether a fault strikes) is a choice among n options in a simulation. Option 0 is always the plain
// one: go on as a single processor without interruptions would, no fault. So a schedule is a list of numbers in which 0 means
// nothing special, and making one shorter is putting zeros into it.
//
// Value types; no thread safety.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include <coppice/base/export.hpp>

namespace coppice::testing {

class COPPICE_API Schedule {
 public:
  Schedule() = default;
  explicit Schedule(std::vector<std::uint32_t> picks) : picks_{std::move(picks)} {}

  // What text() gave. Throws std::invalid_argument.
  static Schedule parse(std::string_view text);

  // One word: each choice that is not 0 with how many were 0 before it, "12=1,3=2"; empty if all are 0.
  std::string text() const;

  void add(std::uint32_t pick) { picks_.push_back(pick); }
  // The choice with this number; 0 beyond the end.
  std::uint32_t at(std::size_t number) const noexcept { return number < picks_.size() ? picks_[number] : 0; }
  std::size_t size() const noexcept { return picks_.size(); }
  // How many choices are not 0.
  std::size_t deviations() const noexcept;
  const std::vector<std::uint32_t>& picks() const noexcept { return picks_; }

  friend bool operator==(const Schedule&, const Schedule&) = default;

 private:
  std::vector<std::uint32_t> picks_;
};

class Search;

class COPPICE_API Scheduling {
 public:
  enum class Rule : std::uint8_t { random, pct, replay, systematic };

  // Every process that can run is as likely as any other.
  static Scheduling random() { return Scheduling{Rule::random}; }
  // Probabilistic concurrency testing: each process gets a priority by lot and the highest runs, but at depth - 1 places by
  // lot the one that runs becomes the lowest. Of n processes and k steps, a fault that takes `depth` orderings is found with
  // a probability of at least 1 / (n * k^(depth - 1)). `steps`: how long the program is, about.
  static Scheduling pct(unsigned depth, std::uint64_t steps = 1000);
  // The choices of another run, as they were; where they end, option 0.
  static Scheduling replay(Schedule schedule);
  static Scheduling replay(std::string_view text) { return replay(Schedule::parse(text)); }
  // The same with a slice for each step and no faults: what explore_all() goes through.
  static Scheduling systematic(Schedule schedule);
  // For explore_all(): the choices are the search's.
  static Scheduling systematic(Search& search);
  // As a single processor without interruptions would, and without faults.
  static Scheduling in_order() { return replay(Schedule{}); }

  Rule rule() const noexcept { return rule_; }
  unsigned depth() const noexcept { return depth_; }
  std::uint64_t steps() const noexcept { return steps_; }
  const Schedule& schedule() const noexcept { return schedule_; }
  Search* search() const noexcept { return search_; }
  // As C++: "Scheduling::pct(3, 1000)".
  std::string text() const;

 private:
  explicit Scheduling(Rule rule) noexcept : rule_{rule} {}

  Rule rule_;
  unsigned depth_ = 0;
  std::uint64_t steps_ = 0;
  Schedule schedule_;
  Search* search_ = nullptr;
};

}  // namespace coppice::testing
