// EventQueue: which event a state machine handles next (gen_statem's queue), as a pure structure.
//
// Three kinds of events wait in the machine: those put there by next_event, those postponed, and those that are retried.
//   - next events are handled before all others, in the order in which one handler asked for them; those of a later handler
//     before what is left of an earlier one's.
//   - postponed events wait until the state has changed; then they are retried, oldest first, before what waited behind them.
//   - external events (the mailbox) are looked at only when none of these is left.
// Events are owned blocks; what is left when the queue goes must be taken out before (drain), as calls must be answered.
#pragma once

#include <cstddef>
#include <deque>
#include <utility>
#include <vector>

#include <coppice/base/export.hpp>
#include <coppice/process/signal.hpp>

namespace coppice::behaviour {

using Event = process::SignalPtr<process::Signal>;

class COPPICE_API EventQueue {
 public:
  // Keeps an event until retry().
  void postpone(Event event) { postponed_.push_back(std::move(event)); }
  // The state has changed: what was postponed comes first now, oldest first.
  void retry() { put_first(postponed_); }
  // To be handled before all that is here, in this order.
  void put_first(std::vector<Event>& events);
  // The next one; null if there is none but postponed ones.
  Event pop() {
    if (ready_.empty()) return nullptr;
    Event event = std::move(ready_.front());
    ready_.pop_front();
    return event;
  }
  bool empty() const noexcept { return ready_.empty() && postponed_.empty(); }
  std::size_t postponed() const noexcept { return postponed_.size(); }
  bool has_ready() const noexcept { return !ready_.empty(); }
  // Everything, ready ones first.
  template <class Take>
  void drain(Take&& take) {
    for (Event& event : ready_) take(std::move(event));
    for (Event& event : postponed_) take(std::move(event));
    ready_.clear();
    postponed_.clear();
  }

 private:
  std::deque<Event> ready_;
  std::vector<Event> postponed_;
};

}  // namespace coppice::behaviour
