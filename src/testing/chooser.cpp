#include "chooser.hpp"

#include <algorithm>
#include <vector>

namespace coppice::testing {
namespace {

// How often a process loses its processor at a send, and how often a slice is cut short.
constexpr double preempts = 1.0 / 8;
constexpr double cuts = 1.0 / 4;

class RandomChooser : public Chooser {
 public:
  explicit RandomChooser(std::uint64_t seed) noexcept : random_{seed} {}

 protected:
  std::uint32_t decide(Choice choice, std::uint32_t options, std::span<const Actor>, Actor) override {
    switch (choice) {
      case Choice::next:
      case Choice::pick: return below(options);
      case Choice::preempt: return random_.chance(preempts) ? 1 + below(options - 1) : 0;
      case Choice::cut: return random_.chance(cuts) ? 1 + below(options - 1) : 0;
      case Choice::coin: break;
    }
    return 0;
  }
  bool toss(double probability) override { return random_.chance(probability); }

  std::uint32_t below(std::uint32_t n) { return static_cast<std::uint32_t>(random_.below(n)); }

  base::Random random_;
};

// Burckhardt et al., "A randomized scheduler with probabilistic guarantees of finding bugs". Higher numbers go first; the
// priorities that the change points give are below all others, each below the one before.
class PctChooser final : public RandomChooser {
 public:
  PctChooser(std::uint64_t seed, unsigned depth, std::uint64_t steps) : RandomChooser{seed} {
    for (unsigned i = 1; i < depth; ++i) changes_.push_back(random_.below(steps));
    std::ranges::sort(changes_);
  }

 private:
  std::uint32_t decide(Choice choice, std::uint32_t options, std::span<const Actor> actors, Actor runs) override {
    if (choice == Choice::next) {
      const std::uint32_t best = highest(actors);
      if (!change_due() && !spins(actors[best])) return best;
      demote(actors[best]);
      return highest(actors);
    }
    if (choice == Choice::preempt) {
      if (change_due()) demote(runs);
      std::uint32_t best = highest(actors);
      if (priority(actors[best]) > priority(runs) && spins(actors[best])) {
        demote(actors[best]);
        best = highest(actors);
      }
      return priority(actors[best]) > priority(runs) ? best + 1 : 0;
    }
    if (choice == Choice::cut) return 0;
    return RandomChooser::decide(choice, options, actors, runs);
  }

  bool change_due() noexcept {
    const std::uint64_t now = step_++;
    if (next_change_ == changes_.size() || changes_[next_change_] > now) return false;
    ++next_change_;
    return true;
  }
  // Whether it is chosen again and again: one that waits by yielding must not keep the others from running for ever.
  bool spins(Actor actor) noexcept {
    streak_ = actor == last_ ? streak_ + 1 : 0;
    last_ = actor;
    return streak_ >= longest_streak;
  }
  void demote(Actor actor) {
    (void)priority(actor);
    priorities_[actor] = --lowest_;
  }
  std::int64_t priority(Actor actor) {
    while (priorities_.size() <= actor) priorities_.push_back(static_cast<std::int64_t>(random_.next() >> 2) + 1);
    return priorities_[actor];
  }
  std::uint32_t highest(std::span<const Actor> actors) {
    std::uint32_t best = 0;
    for (std::uint32_t i = 1; i < actors.size(); ++i)
      if (priority(actors[i]) > priority(actors[best])) best = i;
    return best;
  }

  std::vector<std::uint64_t> changes_;
  std::size_t next_change_ = 0;
  std::uint64_t step_ = 0;
  std::int64_t lowest_ = 0;
  static constexpr unsigned longest_streak = 100;
  Actor last_ = 0;
  unsigned streak_ = 0;
  std::vector<std::int64_t> priorities_;  // by actor
};

class ReplayChooser : public Chooser {
 public:
  explicit ReplayChooser(const Schedule& schedule) : wanted_{schedule} {}

 private:
  // An option that is not there stands for the last: a schedule may come from a slightly other program, or be shortened.
  std::uint32_t decide(Choice, std::uint32_t options, std::span<const Actor>, Actor) override {
    return std::min(wanted_.at(schedule_.size()), options - 1);
  }
  bool toss(double) override { return wanted_.at(schedule_.size()) != 0; }

  Schedule wanted_;
};

// Slices are not chosen: each is one step.
class SystematicChooser final : public ReplayChooser {
 public:
  using ReplayChooser::ReplayChooser;
  std::uint32_t choose(Choice choice, std::uint32_t options, std::span<const Actor> actors, Actor runs) override {
    return choice == Choice::cut ? 1 : Chooser::choose(choice, options, actors, runs);
  }
};

}  // namespace

std::unique_ptr<Chooser> make_chooser(const Scheduling& scheduling, std::uint64_t seed) {
  switch (scheduling.rule()) {
    case Scheduling::Rule::random: return std::make_unique<RandomChooser>(seed);
    case Scheduling::Rule::pct: return std::make_unique<PctChooser>(seed, scheduling.depth(), scheduling.steps());
    case Scheduling::Rule::systematic: return std::make_unique<SystematicChooser>(scheduling.schedule());
    case Scheduling::Rule::replay: break;
  }
  return std::make_unique<ReplayChooser>(scheduling.schedule());
}

}  // namespace coppice::testing
