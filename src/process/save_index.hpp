// SaveIndex: the save queue's messages by type, for mailboxes in which receives pass over many messages.
//
// What has arrived waits in a list, first; what a receive has passed over there is filed, each message once. So a message
// that the next receive wants never goes through the lanes, and what is filed is older than what is not.
//
// One lane per message type, one more for what is no plain message. A lane is a vector of {arrival number, message} in
// arrival order; taking from its middle leaves a hole, and holes are squeezed out when they are the greater part, so that
// every operation is amortised constant plus the binary search for a starting point. Owner's use only.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>
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

  // What has arrived so far: a list that ends with `last`.
  SaveIndex(Signal* first, Signal* last) noexcept : first_{first}, last_{last} {}

  void push_back(Signal& signal) noexcept {
    if (first_ == nullptr)
      first_ = &signal;
    else
      last_->next = &signal;
    last_ = &signal;
  }
  // The oldest that is not filed; null if there is none.
  Signal* arrival() const noexcept { return first_; }
  void take_arrival() noexcept { first_ = first_->next_signal(); }
  void file_arrival() {
    lane_for(*first_).push_back(*first_);
    take_arrival();
  }

  std::span<Lane> lanes() noexcept { return lanes_; }
  // The lane of what is no plain message; null if there has been none.
  Lane* other_lane() noexcept;

 private:
  Lane& lane_for(const Signal& signal);

  std::vector<Lane> lanes_;
  Signal* first_;  // null: all is filed
  Signal* last_;
};

}  // namespace coppice::process
