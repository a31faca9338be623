// Chooser: makes a simulation's choices by a rule, and writes them down.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include <coppice/base/random.hpp>
#include <coppice/testing/schedule.hpp>

namespace coppice::testing {

// What is chosen.
enum class Choice : std::uint8_t {
  next,     // which of those that can run is the next one
  preempt,  // whether others run while one sends: 0, no; n, the one n - 1 of those that can run
  cut,      // where the slice is cut
  coin,     // whether a fault strikes
  pick,     // which one it strikes
};

// Who would run: a process or a piece of blocking work. Numbers count from the simulation's begin.
using Actor = std::uint32_t;

class Chooser {
 public:
  virtual ~Chooser() = default;

  // One of 0 .. options - 1. `actors`: for next and preempt those that can run, in the order of the options; `runs`: for
  // preempt the one that sends.
  virtual std::uint32_t choose(Choice choice, std::uint32_t options, std::span<const Actor> actors = {}, Actor runs = 0) {
    if (options <= 1) return 0;
    const std::uint32_t chosen = decide(choice, options, actors, runs);
    note(chosen);
    return chosen;
  }
  // Writes down what was not chosen here.
  void was_chosen(std::uint32_t chosen, std::uint32_t options) {
    if (options > 1) note(chosen);
  }
  // 1 with a probability. What can never happen is no choice.
  bool coin(double probability) {
    if (probability <= 0) return false;
    const bool falls = toss(probability);
    note(falls ? 1 : 0);
    return falls;
  }

  const Schedule& schedule() const noexcept { return schedule_; }

 protected:
  virtual std::uint32_t decide(Choice choice, std::uint32_t options, std::span<const Actor> actors, Actor runs) = 0;
  virtual bool toss(double probability) = 0;

  Schedule schedule_;

 private:
  void note(std::uint32_t chosen) { schedule_.add(chosen); }
};

std::unique_ptr<Chooser> make_chooser(const Scheduling& scheduling, std::uint64_t seed);

}  // namespace coppice::testing
