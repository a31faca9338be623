#include "search.hpp"

#include <algorithm>
#include <numeric>
#include <utility>

#include <coppice/base/random.hpp>

namespace coppice::testing {
namespace {

std::uint64_t state_of(std::uint64_t happened, std::span<const Actor> interrupted) noexcept {
  std::uint64_t state = base::mix(happened);
  for (const Actor actor : interrupted) state = base::mix(state ^ actor);
  return state;
}

}  // namespace

// `counts` with `shift` delays more, as far as they are within `left`.
void Search::add(Counts& to, const Counts& counts, unsigned shift, unsigned left) {
  to.resize(left + 1);
  for (std::size_t i = 0; i < counts.size() && i + shift <= left; ++i) to[i + shift] += counts[i];
}

void Search::note_step(const Step& last, std::size_t interrupted_now) {
  if (at_ == 0 || at_ < path_.size()) return;
  Node& before = path_.back();
  before.step = last;
  before.deeper = static_cast<int>(interrupted_now) - static_cast<int>(before.interrupted.size());
}

Search::Answer Search::arrive(const Step& last, const Footprints& all, std::span<const Actor> interrupted,
                              std::span<const Option> options) {
  const std::uint64_t state = state_of(all.hash(), interrupted);
  if (at_ < path_.size()) {
    const Node& node = path_[at_++];
    if (node.state != state || !std::ranges::equal(node.options, options)) return {Verdict::strayed};
    return {Verdict::go_on, node.chosen};
  }
  note_step(last, interrupted.size());
  const Node* const before = path_.empty() ? nullptr : &path_.back();
  const unsigned left = before == nullptr ? delays_ : before->left - (before->chosen != 0);
  tail_.assign(left + 1, 0);
  if (const auto known = known_.find(state); reduce_ && known != known_.end() && known->second.left >= left) {
    add(tail_, known->second.counts, 0, left);
    return {Verdict::known};
  }
  Node node{all.hash(), state, {interrupted.begin(), interrupted.end()}, {options.begin(), options.end()}, left, 0};
  if (reduce_ && before != nullptr)
    for (const auto* const from : {&before->asleep, &before->done})
      for (const Sleeper& sleeper : *from)
        if (!conflict(sleeper.step, before->step)) node.asleep.push_back(sleeper);
  if (!choose_from(node, 0)) {
    tail_ = node.counts;
    learn(state, left, node.counts);
    return {Verdict::known};
  }
  ++at_;
  path_.push_back(std::move(node));
  return {Verdict::go_on, path_.back().chosen};
}

bool Search::finish(const Step& last, const Footprints& all, std::span<const Actor> interrupted) {
  if (at_ < path_.size()) return false;
  note_step(last, interrupted.size());
  tail_ = {1};
  learn(state_of(all.hash(), interrupted), delays_, tail_);
  return true;
}

// The state that a sleeping option leads to, if there is no need to go there.
const Search::Known* Search::sleeps(const Node& node, const Option& option, unsigned left_after) const {
  const auto sleeper = std::ranges::find(node.asleep, option, &Sleeper::option);
  if (sleeper == node.asleep.end()) return nullptr;
  std::vector<Actor> interrupted = node.interrupted;
  if (sleeper->deeper < 0) interrupted.pop_back();
  if (sleeper->deeper > 0) interrupted.push_back(option.actor);
  const auto known = known_.find(state_of(node.happened + sleeper->step.hash, interrupted));
  return known != known_.end() && known->second.left >= left_after ? &known->second : nullptr;
}

// The first option from this one on that must be run. What sleeps is counted.
bool Search::choose_from(Node& node, std::uint32_t first) {
  for (std::uint32_t option = first; option < node.options.size(); ++option) {
    const unsigned delays = option != 0;
    if (delays > node.left) return false;
    const Known* const known = reduce_ ? sleeps(node, node.options[option], node.left - delays) : nullptr;
    if (known == nullptr) {
      node.chosen = option;
      return true;
    }
    Counts within;
    add(within, known->counts, 0, node.left - delays);
    add(node.counts, within, delays, node.left);
  }
  return false;
}

void Search::learn(std::uint64_t state, unsigned left, const Counts& counts) {
  if (!reduce_) return;
  const auto [at, is_new] = known_.try_emplace(state, Known{left, counts});
  if (!is_new && at->second.left < left) at->second = {left, counts};
}

bool Search::next() {
  at_ = 0;
  while (!path_.empty()) {
    Node& node = path_.back();
    add(node.counts, tail_, node.chosen != 0, node.left);
    if (reduce_) node.done.push_back({node.options[node.chosen], std::move(node.step), node.deeper});
    if (choose_from(node, node.chosen + 1)) return true;
    learn(node.state, node.left, node.counts);
    tail_ = std::move(node.counts);
    path_.pop_back();
  }
  all_ = tail_;
  return false;
}

std::uint64_t Search::schedules() const {
  const auto sum = [](const Counts& counts) { return std::accumulate(counts.begin(), counts.end(), std::uint64_t{0}); };
  if (all_) return sum(*all_);
  std::uint64_t out = sum(tail_);
  for (const Node& node : path_) out += sum(node.counts);
  return out;
}

}  // namespace coppice::testing
