// SaveIndex: the save queue's messages by type, for mailboxes in which receives pass over many messages.
//
// One lane per message type, one more for what is no plain message. A lane is a vector of {arrival number, message} in
// arrival order; taking from its middle leaves a hole, and holes are squeezed out when they are the greater part, so that
// every operation is amortised constant plus the binary search for a starting point. Owner's use only.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <vector>

#include <coppice/process/signal.hpp>
#include <coppice/process/type_id.hpp>

namespace coppice::process {

class SaveIndex {
 public:
  struct Entry {
    std::uint64_t number;
    Signal* signal;  // null: a hole
  };

  class Lane {
   public:
    explicit Lane(TypeId type) : type_{type} {}
    TypeId type() const noexcept { return type_; }
    void push_back(Signal& signal) { entries_.push_back({signal.number(), &signal}); }
    // The position of the first message that arrived after `number`; size() if there is none.
    std::size_t first_after(std::uint64_t number) const noexcept;
    // The position of the first message at or behind `at`.
    std::size_t skip_holes(std::size_t at) const noexcept {
      while (at < entries_.size() && entries_[at].signal == nullptr) ++at;
      return at;
    }
    std::size_t first() const noexcept { return head_; }
    std::size_t size() const noexcept { return entries_.size(); }
    const Entry& operator[](std::size_t at) const noexcept { return entries_[at]; }
    Signal* take(std::size_t at) noexcept;

   private:
    void squeeze() noexcept;

    TypeId type_;
    std::vector<Entry> entries_;
    std::size_t head_ = 0;   // before it there are holes only; it is no hole itself
    std::size_t holes_ = 0;
  };

  void push_back(Signal& signal) { lane_for(signal).push_back(signal); }
  std::deque<Lane>& lanes() noexcept { return lanes_; }
  // The lane of what is no plain message; null if there has been none.
  Lane* other_lane() noexcept;

 private:
  Lane& lane_for(const Signal& signal);

  // A deque: a guard that looks into its own mailbox may add a lane while a scan holds others.
  std::deque<Lane> lanes_;
};

}  // namespace coppice::process
