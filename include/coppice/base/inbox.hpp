// A process's inbox: one word that many senders push to and one receiver takes from.
//
// The word holds a pointer to the newest node (an intrusive stack), the low bits of the slot's generation and two flags:
//
//   63..48 generation tag   46..3 newest node   2 watched   1 open   0 parked
//
// The steps, and what pairs with what:
//   push   reads the word. Parked: a compare-and-swap clears `parked` alone. The process is then the sender's (acquire: it sees
//          what the process wrote before it parked), which hands the node over as the owner that it is, past the word, and
//          schedules the process; so the first message, often the only one, needs no take. Else: links the node to what is
//          there, and replaces the word (release: what the sender wrote into the node is seen by take's acquire).
//   take   exchanges the pointer for nothing (acquire) and gets all nodes, newest first.
//   park   sets `parked` if and only if no node has come (release, pairs with push's acquire). After it returned true the
//          process belongs to whoever wakes it.
//   close  clears `open` with the pointer and gets the last nodes; every later push is refused (release, pairs with the
//          refused push's acquire). A zeroed word is closed.
// A push carries the generation's low 16 bits only to refuse early: after 65,536 tenants of one slot it may be fooled, so
// the receiver compares the full generation that each node carries.
//
// A watched inbox (a simulator's) takes nothing from push(): it says `watched`, and who pushes goes round by
// push_watched(). The test is the one that push() makes anyway, so it costs the others nothing.
//
// Thread safety: push by anyone; open, take, park and close by the owner of the slot.
#pragma once

#include <cstdint>

#include <coppice/base/sync.hpp>

namespace coppice::base {

struct InboxNode {
  InboxNode* next = nullptr;
};

// What a push did: the node is in; or the receiver was parked and is now the caller's, which must give it the node, still its
// own, and schedule it; or the node was refused and is still the caller's. Watched: nothing was done, see push_watched().
enum class Push : std::uint8_t { queued, wake, refused, watched };

class Inbox {
 public:
  // Opens the inbox for a new tenant. A parked tenant is scheduled by the first push.
  enum class Start : std::uint8_t { running, parked };
  enum class Watch : std::uint8_t { off = 0, on = 4 };
  void open(std::uint32_t generation, Start start, Watch watch = Watch::off) noexcept {
    const std::uint64_t flags = open_bit | static_cast<std::uint64_t>(watch);
    word_.store(tag_of(generation) | flags | (start == Start::parked ? parked_bit : 0), release);
  }

  [[nodiscard]] Push push(InboxNode& node, std::uint32_t generation) noexcept {
    return push_if(node, tag_of(generation) | open_bit);
  }
  // The same for one that is watched.
  [[nodiscard]] Push push_watched(InboxNode& node, std::uint32_t generation) noexcept {
    return push_if(node, tag_of(generation) | open_bit | watched_bit);
  }

  bool has_nodes() const noexcept { return (word_.load(relaxed) & pointer_mask) != 0; }

  // All nodes, in the order in which they came; null if there are none.
  [[nodiscard]] InboxNode* take() noexcept { return reverse(take_newest_first()); }
  // The same as they lie there; reverse() puts them in order.
  [[nodiscard]] InboxNode* take_newest_first() noexcept {
    const std::uint64_t seen = word_.load(relaxed);
    if ((seen & pointer_mask) == 0) return nullptr;
    return pointer(word_.exchange(seen & state_mask, acquire));
  }
  static InboxNode* reverse(InboxNode* newest) noexcept {
    if (newest == nullptr || newest->next == nullptr) return newest;
    InboxNode* oldest = nullptr;
    while (newest != nullptr) {
      InboxNode* older = newest->next;
      newest->next = oldest;
      oldest = newest;
      newest = older;
    }
    return oldest;
  }

  // True: the process is parked and no longer the caller's. False: something has come.
  [[nodiscard]] bool park() noexcept {
    std::uint64_t seen = word_.load(relaxed);
    if ((seen & pointer_mask) != 0) return false;
    return word_.compare_exchange_strong(seen, seen | parked_bit, release, relaxed);
  }

  // Whether this tenant is parked at this moment; by anyone.
  bool is_parked(std::uint32_t generation) const noexcept {
    return (word_.load(acquire) & ~watched_bit) == (tag_of(generation) | open_bit | parked_bit);
  }

  // Takes back a park that nobody has ended; false if a push was faster (its wake-up is under way).
  [[nodiscard]] bool unpark() noexcept {
    std::uint64_t seen = word_.load(relaxed);
    if ((seen & parked_bit) == 0) return false;
    return word_.compare_exchange_strong(seen, seen & ~parked_bit, acquire, relaxed);
  }

  // The last nodes in the order in which they came.
  [[nodiscard]] InboxNode* close() noexcept {
    const std::uint64_t tag = word_.load(relaxed) & tag_mask;
    return reverse(pointer(word_.exchange(tag, acq_rel)));
  }

 private:
  static constexpr std::uint64_t parked_bit = 1;
  static constexpr std::uint64_t open_bit = 2;
  static constexpr std::uint64_t watched_bit = 4;
  static constexpr std::uint64_t tag_mask = 0xffff'0000'0000'0000;
  static constexpr std::uint64_t state_mask = tag_mask | watched_bit | open_bit;
  static constexpr std::uint64_t pointer_mask = 0x0000'7fff'ffff'fff8;

  [[nodiscard]] Push push_if(InboxNode& node, std::uint64_t state) noexcept {
    std::uint64_t seen = word_.load(relaxed);
    for (;;) {
      if ((seen & state_mask) != state) return not_taken(seen, state);
      if ((seen & parked_bit) != 0) {
        if (word_.compare_exchange_weak(seen, state, acquire, relaxed)) return Push::wake;
        continue;
      }
      node.next = pointer(seen);
      const std::uint64_t wanted = state | reinterpret_cast<std::uintptr_t>(&node);
      if (word_.compare_exchange_weak(seen, wanted, release, relaxed)) return Push::queued;
    }
  }
  // Acquire pairs with close: who hears that the tenant is gone sees all that it did.
  Push not_taken(std::uint64_t seen, std::uint64_t state) const noexcept {
    if ((seen & state_mask) == (state | watched_bit)) return Push::watched;
    (void)word_.load(acquire);
    return Push::refused;
  }
  static constexpr std::uint64_t tag_of(std::uint32_t generation) noexcept {
    return std::uint64_t{generation} << 48;  // the shift keeps the low 16 bits
  }
  static InboxNode* pointer(std::uint64_t word) noexcept {
    return reinterpret_cast<InboxNode*>(word & pointer_mask);
  }

  Atomic<std::uint64_t> word_{0};
};

static_assert(sizeof(Inbox) == 8 && sizeof(void*) == 8);

}  // namespace coppice::base
