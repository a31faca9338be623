#include "run.hpp"

#include <algorithm>
#include <bit>
#include <cstdio>
#include <cstring>
#include <utility>

namespace model {

Outcome explore(const Program& program, const Bounds& bounds, const Weakening* planted) {
  return run.explore(program, bounds, planted);
}

Outcome Run::explore(const Program& program, const Bounds& bounds, const Weakening* weakening) {
  bounds_ = bounds;
  planted = weakening;
  sites.clear();
  shared.assign(shared.size(), 0);
  nodes_.clear();
  stored_.clear();
  Outcome outcome;
  do {
    one_run(program);
    if (end_ == End::begin_again) {
      // A place that was taken for one thread's own is shared: its uses are decisions from the
      // start.
      nodes_.clear();
      outcome.interleavings = outcome.cut = 0;
      continue;
    }
    ++(end_ == End::cut ? outcome.cut : outcome.interleavings);
    if (end_ == End::failed) {
      outcome.failure = std::move(failure_);
      outcome.trace = std::move(trace_);
      break;
    }
  } while (end_ == End::begin_again || backtrack());
  outcome.sites.assign(sites.begin(), sites.end());
  planted = nullptr;
  return outcome;
}

void Run::one_run(const Program& program) {
  program_ = &program;
  position_ = 0;
  next_location = 1;
  steps_.clear();
  count_ = alive_ = 1;
  now = last_ = 0;
  preemptions_ = stale_reads_ = early_timeouts_ = 0;
  end_ = End::whole;
  foreseen_ = {};
  failure_.clear();
  new_value_ = false;
  separate_object = nullptr;
  threads[0].clock = {1};
  threads[0].pending = {};
  threads[0].fresh = 0;
  threads[0].starting = threads[0].yielded = threads[0].latest_only = false;
  threads[0].fiber.restart(entry);
  active = true;
  use_arena(true);
  Fiber::change(explorer_, threads[0].fiber);
  use_arena(false);
  active = false;
  if (new_value_ && end_ != End::failed) end_ = End::begin_again;
  for (ModelThread& thread : threads) thread.body = nullptr;
  reset_arena();
}

// The next of all runs: the last decision that has something left goes that way.
bool Run::backtrack() {
  while (!nodes_.empty()) {
    Node& node = nodes_.back();
    if (node.of_threads) {
      node.done |= 1U << node.chosen;
      node.left &= ~(1U << node.chosen);
      if (node.left != 0) {
        node.chosen = static_cast<unsigned>(std::countr_zero(node.left));
        return true;
      }
    } else if (++node.chosen < node.left) {
      return true;
    }
    nodes_.pop_back();
  }
  return false;
}

void Run::entry() {
  const unsigned number = run.now;
  if (number == 0)
    (*run.program_)();
  else
    run.threads[number].body();
  run.threads[number].pending = {.kind = Pending::Kind::ended};
  --run.alive_;
  if (run.threads[number].starting) {
    run.threads[number].starting = false;
    run.change_to(run.spawners_[number]);
  }
  const unsigned next = run.choose();
  if (next == nobody) {
    if (run.foreseen_.open) run.cut();
    run.leave();
  }
  run.change_to(next);
  std::abort();
}

unsigned Run::start_thread(Program body) {
  const unsigned number = count_++;
  if (number == max_threads) broken("more threads than the checker has");
  ++alive_;
  ModelThread& made = threads[number];
  made.body = std::move(body);
  made.pending = {};
  made.clock = current().clock;
  made.clock[number] = 1;
  ++current().clock[now];
  made.fresh = 0;
  made.yielded = made.latest_only = false;
  made.local.fill(0);
  // It runs at once up to its first operation on something shared: nobody can tell when.
  made.starting = true;
  spawners_[number] = now;
  made.fiber.restart(entry);
  change_to(number);
  return number;
}

void Run::change_to(unsigned thread) {
  if (thread == now) return;
  ModelThread& from = current();
  if (separate_object != nullptr) {
    std::memcpy(from.local.data(), separate_object, separate_size);
    std::memcpy(separate_object, threads[thread].local.data(), separate_size);
  }
  now = thread;
  Fiber::change(from.fiber, threads[thread].fiber);
}

void Run::leave() {
  use_arena(false);
  Fiber::change(current().fiber, explorer_);
  std::abort();
}

void Run::cut() {
  end_ = End::cut;
  leave();
}

void Run::before(const Pending& next) {
  ModelThread& me = current();
  ++me.clock[now];
  if (steps_.size() > bounds_.steps) broken("the run does not end");
  me.fresh = 0;
  const bool access = next.kind == Pending::Kind::access || next.kind == Pending::Kind::lock;
  if (access) {
    if (after_foreseen(next.location)) cut();
    const Store& made = locations[next.location].stores[0];
    if (made.time > me.clock[made.thread]) fail("an atomic is used before it is known to be made");
    locations[next.location].used[now] = me.clock[now];
    touch(next.location, next.writes);
    if (shared[next.location] == 0) return;
  }
  me.pending = next;
  if (me.starting) {
    me.starting = false;
    change_to(spawners_[now]);
  } else {
    change_to(choose());
  }
  if (!access) return;
  last_ = now;
  for (unsigned i = 0; i < count_; ++i)
    if (i != now) threads[i].yielded = false;
}

void Run::touch(unsigned id, bool writes) {
  if (alive_ < 2 || shared[id] != 0) return;
  Location& location = locations[id];
  location.users |= 1U << now;
  if (writes) location.writers |= 1U << now;
  if (location.writers == 0 || std::has_single_bit(location.users)) return;
  shared[id] = 1;
  end_ = End::begin_again;
  leave();
}

bool Run::can_go_on(const ModelThread& thread) const noexcept {
  if (thread.yielded) return false;
  switch (thread.pending.kind) {
    case Pending::Kind::access: return true;
    case Pending::Kind::lock: return !locations[thread.pending.location].locked;
    case Pending::Kind::asleep:
      return thread.pending.timed && early_timeouts_ < bounds_.early_timeouts;
    default: return false;
  }
}

// What touches nothing shared is done at once.
bool Run::choose_local(unsigned& chosen) const noexcept {
  for (chosen = 0; chosen < count_; ++chosen) {
    const ModelThread& thread = threads[chosen];
    if (thread.yielded) continue;
    const Pending& pending = thread.pending;
    if (pending.kind == Pending::Kind::local) return true;
    if (pending.kind == Pending::Kind::join &&
        threads[pending.location].pending.kind == Pending::Kind::ended)
      return true;
  }
  return false;
}

unsigned Run::choose() {
  for (;;) {
    unsigned chosen = 0;
    if (choose_local(chosen)) return chosen;
    unsigned enabled = 0;
    unsigned timed = 0;
    bool yielded = false;
    for (unsigned i = 0; i < count_; ++i) {
      const ModelThread& thread = threads[i];
      if (can_go_on(thread)) enabled |= 1U << i;
      yielded |= thread.yielded;
      if (thread.pending.kind == Pending::Kind::asleep && thread.pending.timed) timed |= 1U << i;
    }
    if (enabled != 0) {
      chosen = choose_among(enabled);
      if (threads[chosen].pending.kind == Pending::Kind::asleep) ++early_timeouts_;
      return chosen;
    }
    if (yielded) {
      for (unsigned i = 0; i < count_; ++i) threads[i].yielded = false;
      continue;
    }
    // Nobody can go on: time passes.
    if (timed != 0) return choose_among(timed);
    if (alive_ == 0) return nobody;
    stuck();
  }
}

unsigned Run::choose_among(unsigned enabled) {
  unsigned candidates = enabled;
  const bool could_stay = (enabled >> last_ & 1U) != 0;
  if (reduces()) {
    for (unsigned i = 0; i < count_; ++i)
      if (threads[i].fresh == never) candidates &= ~(1U << i);
    if (candidates == 0) cut();
  } else if (could_stay && preemptions_ == bounds_.preemptions) {
    candidates = 1U << last_;
  }
  unsigned chosen =
      (candidates >> last_ & 1U) != 0 ? last_ : static_cast<unsigned>(std::countr_zero(candidates));
  if (!std::has_single_bit(candidates)) {
    if (position_ == nodes_.size())
      nodes_.push_back({.of_threads = true, .chosen = chosen, .left = candidates, .done = 0});
    const Node& node = nodes_[position_++];
    if (!node.of_threads || (node.left | node.done) != candidates)
      broken("the program does something else when it is run again");
    chosen = node.chosen;
    if (reduces())
      for (unsigned i = 0; i < count_; ++i)
        if ((node.done >> i & 1U) != 0) threads[i].fresh = never;
  }
  if (could_stay && chosen != last_) ++preemptions_;
  return chosen;
}

std::uint32_t Run::choose_value(std::uint32_t count) {
  if (position_ == nodes_.size())
    nodes_.push_back({.of_threads = false, .chosen = 0, .left = count, .done = 0});
  const Node& node = nodes_[position_++];
  if (node.of_threads || node.left != count)
    broken("the program does something else when it is run again");
  return node.chosen;
}

bool Run::may_be_stale(ModelThread& thread) noexcept {
  return !std::exchange(thread.latest_only, false) && stale_reads_ < bounds_.stale_reads;
}

bool Run::sleep(unsigned location, bool timed) {
  ModelThread& me = current();
  me.pending = {.kind = Pending::Kind::asleep, .timed = timed, .location = location};
  me.woken = false;
  me.fresh = 0;
  change_to(choose());
  if (me.woken) return true;
  wake_after_write(location, 0);
  note("timeout", {}, location, 0);
  return false;
}

void Run::wake_sleepers(unsigned location, bool all) {
  for (unsigned i = 0; i < count_; ++i) {
    ModelThread& thread = threads[i];
    if (thread.pending.kind != Pending::Kind::asleep || thread.pending.location != location)
      continue;
    thread.pending = {};
    thread.woken = true;
    if (!all) return;
  }
}

void Run::wake_after_write(unsigned location, std::uint32_t index) noexcept {
  // What the thread does from here on is not part of what it has published.
  ++current().clock[now];
  for (unsigned i = 0; i < count_; ++i)
    if (i != now && threads[i].pending.location == location)
      threads[i].fresh = std::min(threads[i].fresh, index);
}

void Run::wake_after_sc_read(unsigned location, std::uint32_t index,
                             std::uint32_t newest) noexcept {
  for (unsigned i = 0; i < count_; ++i) {
    ModelThread& thread = threads[i];
    if (i == now || thread.pending.location != location || !thread.pending.sc) continue;
    if (thread.pending.writes)
      thread.fresh = 0;
    else if (index < newest)
      thread.fresh = std::min(thread.fresh, index + 1);
  }
}

}  // namespace model
