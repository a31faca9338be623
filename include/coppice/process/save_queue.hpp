// SaveQueue: the messages that have been drained and not yet taken, in arrival order.
//
// As long as receives find what they want near the front it is a plain list. When one receive has passed over `scan_limit`
// messages, the queue indexes by type what receives pass over: one sequence per message type, each entry with its arrival's
// number, so that a receive costs what its own types cost, whatever else waits, and arrival order across types is kept by
// comparing numbers. It is a list again when it has run empty.
//
// A scan is told the last arrival that it need not look at, and goes on behind it by a binary search: nothing is refused
// twice by one receive, and a receive bound to a reference starts behind what had arrived before the reference was made.
//
// An empty queue has a place for one signal more, which is not in it yet: the one with which the process is woken.
//
// Thread safety: the owner's use only, and while the process is parked or being woken that is who wakes it (base/inbox.hpp).
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <utility>

#include <coppice/base/export.hpp>
#include <coppice/process/signal.hpp>
#include <coppice/process/type_id.hpp>

namespace coppice::process {

class SaveIndex;

// What a selective receive asks of the messages.
class Matcher {
 public:
  // The exact types that can match; empty: any type can.
  virtual std::span<const TypeId> types() const noexcept = 0;
  // Whether this plain message is wanted. It may throw: then the message stays where it is.
  virtual bool matches(Signal& message) = 0;

 protected:
  ~Matcher() = default;
};

class COPPICE_API SaveQueue {
 public:
  SaveQueue() = default;
  SaveQueue(const SaveQueue&) = delete;
  SaveQueue& operator=(const SaveQueue&) = delete;

  bool empty() const noexcept { return count_ == 0; }
  std::size_t size() const noexcept { return count_; }
  // The number of the latest arrival; 0 before the first.
  std::uint64_t last_sequence() const noexcept { return last_sequence_; }

  void push_back(Signal& signal) {
    signal.set_number(++last_sequence_);
    signal.next = nullptr;
    if (is_indexed()) return push_indexed(signal);
    if (count_++ == 0)
      head_ = &signal;
    else
      tail_->next = &signal;
    tail_ = &signal;
  }

  // Keeps what the process is woken with until it is drained, before anything else is done here; false if the queue is
  // not empty.
  [[nodiscard]] bool hand_over(Signal& signal) noexcept {
    if (count_ != 0) return false;
    signal.next = nullptr;
    head_ = &signal;
    return true;
  }
  bool has_handed() const noexcept { return count_ == 0 && head_ != nullptr; }
  // Takes that out; null if there is none.
  Signal* take_handed() noexcept { return count_ == 0 ? std::exchange(head_, nullptr) : nullptr; }

  // The oldest of any kind; null if empty.
  Signal* pop_front() {
    if (count_ == 0) return nullptr;
    if (is_indexed()) return pop_indexed();
    Signal* first = head_;
    head_ = first->next_signal();
    --count_;
    return first;
  }
  // The oldest of any kind if it is a plain message that arrived after number `after` and no index stands before it; else
  // null: what most receives want, found without asking a matcher.
  Signal* front_message(std::uint64_t after) const noexcept {
    if (count_ == 0 || tail_ == nullptr || head_->kind() != SignalKind::message || head_->number() <= after) return nullptr;
    return head_;
  }
  // Takes out what front_message() gave.
  void take_front() noexcept {
    head_ = head_->next_signal();
    --count_;
  }
  // The oldest of kind `system`; null if there is none.
  Signal* take_system();
  // The first plain message that arrived after number `after` and that the matcher wants, taken out. If there is none:
  // null, and `after` becomes the latest arrival.
  Signal* take(Matcher& matcher, std::uint64_t& after) {
    if (count_ == 0) {
      after = last_sequence_;
      return nullptr;
    }
    if (!is_indexed()) {
      // The usual case: the oldest message is the one.
      Signal* first = head_;
      if (first->number() > after && first->kind() == SignalKind::message) {
        if (matcher.matches(*first)) {
          head_ = first->next_signal();
          --count_;
          return first;
        }
        after = first->number();
      }
      if (count_ == 1) {
        after = last_sequence_;
        return nullptr;
      }
    }
    return take_from(matcher, after);
  }

 private:
  static constexpr std::uint32_t scan_limit = 32;

  bool is_indexed() const noexcept { return tail_ == nullptr && count_ != 0; }
  Signal* take_from(Matcher& matcher, std::uint64_t& after);
  Signal* take_from_list(Matcher& matcher, std::uint64_t& after);
  Signal* take_from_index(Matcher& matcher, std::uint64_t& after);
  Signal* take_filed(Matcher& matcher, std::uint64_t after);
  Signal* take_arrival(Matcher& matcher, std::uint64_t after);
  Signal* unlink(Signal* previous, Signal* signal) noexcept;
  void push_indexed(Signal& signal);
  Signal* pop_indexed();
  void build_index();
  void drop_index_if_empty() noexcept;

  union {
    Signal* head_ = nullptr;  // null while the queue is empty, but for what is handed over
    SaveIndex* index_;
  };
  Signal* tail_ = nullptr;  // null while indexed
  std::uint64_t last_sequence_ = 0;
  std::uint32_t count_ = 0;
};

}  // namespace coppice::process
