// Signal: everything that reaches a process, in its one inbox.
//
// Messages, calls, replies, exits, links, monitors, timers and completions are all blocks of this shape, so one process
// owns all of its state, needs no lock, and signals from one process to another keep their order whatever their kind.
// A block has exactly one owner at any time: its sender until it is pushed, the receiver from the drain on.
#pragma once

#include <cstdint>
#include <memory>
#include <utility>

#include <coppice/base/block_pool.hpp>
#include <coppice/base/inbox.hpp>
#include <coppice/process/exit_reason.hpp>
#include <coppice/process/pid.hpp>
#include <coppice/process/type_id.hpp>

namespace coppice::process {

struct Signal;

enum class SignalKind : std::uint8_t {
  // These wait in the save queue until the process takes them.
  message,  // plain; a receive sees only these
  call,
  cast,
  system,
  // These act when they are drained.
  aliased,  // a message to an alias: becomes a plain one, or a dead letter
  reply,
  exit,
  link_exit,
  link,
  unlink,
  unlink_ack,
  monitor,
  demonitor,
  down,
  timer,
  completion,
  info,
};

constexpr bool waits_in_queue(SignalKind kind) noexcept { return kind <= SignalKind::system; }

// What is known of a block without knowing its C++ type. One constant per type of block.
struct SignalType {
  TypeId payload;                    // of the message; none for the library's own signals
  void (*destroy)(Signal*) noexcept;  // ends the payload and frees the block
};

struct Signal : base::InboxNode {
  Signal(SignalKind kind, const SignalType& signal_type) noexcept
      : type{&signal_type}, bits_{static_cast<std::uint64_t>(kind)} {}

  const SignalType* type;

  SignalKind kind() const noexcept { return static_cast<SignalKind>(bits_ & 0xff); }
  // The number is the target's generation under way, and the arrival's sequence number in the save queue.
  std::uint64_t number() const noexcept { return bits_ >> 8; }
  void set(SignalKind kind, std::uint64_t number) noexcept {
    bits_ = number << 8 | static_cast<std::uint64_t>(kind);
  }
  void set_number(std::uint64_t number) noexcept { set(kind(), number); }
  // Whether this is on its way to that generation and waits in the queue, whoever the process is: a message, call or cast.
  bool is_ordinary_for(std::uint64_t generation) const noexcept {
    return bits_ - (generation << 8) <= static_cast<std::uint64_t>(SignalKind::cast);
  }

  Signal* next_signal() const noexcept { return static_cast<Signal*>(next); }

 private:
  std::uint64_t bits_;
};

inline void destroy(Signal* signal) noexcept { signal->type->destroy(signal); }

// A block type of the library's own, freed as itself.
template <class S>
void destroy_as(Signal* signal) noexcept {
  base::pool_delete(static_cast<S*>(signal));
}
template <class S>
inline constexpr SignalType internal_type{TypeId{}, &destroy_as<S>};

// A plain message: the payload travels in the block.
template <class T>
struct MessageSignal : Signal {
  template <class... Args>
  explicit MessageSignal(Args&&... args)
      : Signal{SignalKind::message, message_type}, payload(std::forward<Args>(args)...) {}

  T payload;

  static constexpr SignalType message_type{TypeId::of<T>(), &destroy_as<MessageSignal<T>>};
};

struct SignalDeleter {
  void operator()(Signal* signal) const noexcept { destroy(signal); }
};
template <class S>
using SignalPtr = std::unique_ptr<S, SignalDeleter>;

}  // namespace coppice::process
