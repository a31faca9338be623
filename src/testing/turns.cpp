// Whose turn it is: what can run at a moment, and who is chosen; and for a systematic search where a step ends.
#include <algorithm>

#include "simulator.hpp"

namespace coppice::testing {
namespace {

// How many processes' slices may be under way at once: that is how much stack a simulation takes.
constexpr std::size_t deepest = 4;

// In a systematic search time stands still between jumps, but for a program that waits for it without sleeping.
constexpr std::uint64_t steps_without_time = 1000;

}  // namespace

// The places in ready_ of what can run at this moment, in plain turns.
std::vector<std::size_t>& Simulator::runnable_now(bool jobs_too) {
  candidates_.clear();
  for (std::size_t i = 0; i < ready_.size(); ++i)
    if (ready_[i].not_before <= now_ && (jobs_too || ready_[i].job == nullptr)) candidates_.push_back(i);
  if (footprints_) std::ranges::sort(candidates_, {}, [this](std::size_t i) { return ready_[i].order; });
  candidate_actors_.clear();
  for (const std::size_t i : candidates_) candidate_actors_.push_back(ready_[i].actor);
  return candidates_;
}

// One of the candidates for next; for preempt 0 is the one that runs.
std::uint32_t Simulator::choose_who(Choice choice) {
  const bool runs_on = choice == Choice::preempt;
  const auto count = static_cast<std::uint32_t>(candidates_.size()) + runs_on;
  if (search_ == nullptr) return chooser_->choose(choice, count, candidate_actors_, runs_on ? runs() : 0);
  std::vector<Search::Option> options;
  if (runs_on) options.push_back({runs(), Search::Way::resume});
  for (const std::size_t i : candidates_)
    options.push_back({ready_[i].actor, ready_[i].job != nullptr ? Search::Way::job : Search::Way::slice});
  if (options.empty()) options.push_back({0, Search::Way::jump});
  const Search::Answer answer = search_->arrive(footprints_->last(), *footprints_, running_, options);
  if (answer.verdict == Search::Verdict::go_on) {
    chooser_->was_chosen(answer.option, count);
    return answer.option;
  }
  search_ = nullptr;
  if (answer.verdict == Search::Verdict::strayed) {
    fail(SimulationFailure::Kind::strayed,
         "the same choices gave another run: the program depends on what it kept from the last one, or on what is no process's");
  } else {
    result_.given_up = true;
    failed_ = true;
  }
  return 0;
}

// Time goes on when nothing else can, so there is no choice: but a search wants to know of each step. False: given up.
bool Simulator::may_let_time_go_on() {
  if (search_ == nullptr) return true;
  candidates_.clear();
  (void)choose_who(Choice::next);
  return search_ != nullptr;
}

// Others run before the signal of the one that sends arrives.
void Simulator::preempt() {
  const bool may = options_.preempt_at_sends && running_.size() < deepest;
  if (!may && search_ == nullptr) return;
  for (;;) {
    if (ready_.empty() && search_ == nullptr) return;
    if (too_long()) return;
    const std::vector<std::size_t>& now = runnable_now(false);
    if (!may) candidates_.clear();
    const std::uint32_t chosen = choose_who(Choice::preempt);
    if (chosen == 0) return;
    run_ready(now[chosen - 1]);
  }
}

void Simulator::touch(std::uint64_t object, bool changes) {
  if (footprints_) footprints_->touch(object, changes);
}

// What it touched is known, and with it the place in plain turns of those that it woke. (At a time's step by their own numbers: timers
// of one moment have no order but that in which they were set.)
void Simulator::end_step(Actor actor) {
  if (!footprints_) return;
  if (actor != 0) touch(object_of(lives_[actor].pid), true);
  // Conditions see all processes after each slice.
  if (!always_.empty()) touch(everything, true);
  const Step& step = footprints_->end_step(actor);
  std::uint32_t number = 0;
  for (Ready& ready : ready_) {
    if (ready.placed) continue;
    ready.placed = true;
    ready.order = {step.depth, actor, actor == 0 ? ready.actor : number++};
  }
}

void Simulator::pass_time() {
  if (!footprints_) {
    now_ += options_.step_time;
  } else if (++steps_since_jump_ > steps_without_time) {
    now_ += options_.step_time;
    touch(everything, true);
  }
}

// The search gets to know that the main process has ended; what follows is no part of it.
void Simulator::finish_search() {
  if (Search* const search = std::exchange(search_, nullptr); search != nullptr && !failed_)
    if (!search->finish(footprints_->last(), *footprints_, running_))
      fail(SimulationFailure::Kind::strayed, "the same choices gave a shorter run");
  footprints_.reset();
}

}  // namespace coppice::testing
