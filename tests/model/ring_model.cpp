// The work-stealing ring, small so that it comes round: each item is taken exactly once, and who
// takes it sees what its owner wrote.
#include <coppice/base/steal_ring.hpp>

#include "subjects.hpp"

namespace model {
namespace {

using namespace coppice::base;

struct Item {
  Plain<int> value{0, "an item"};
  int taken = 0;
};
using Small = StealRing<Item, 4>;
using Smallest = StealRing<Item, 2>;

void consume(Item* item) {
  if (item == nullptr) return;
  check(item->value.get() == 1, "an item without its value");
  item->value = 2;
  check(++item->taken == 1, "an item was taken twice");
}

template <class Ring>
void consume_all(Ring& ring) {
  while (Item* const item = ring.pop()) consume(item);
}

template <class Ring>
void put(Ring& ring, Item& item) {
  item.value = 1;
  check(ring.push(item), "the ring is full");
}

template <std::size_t Size>
void all_taken(Item (&items)[Size]) {
  for (const Item& item : items) check(item.taken == 1, "an item was lost");
}

template <class Ring>
void steal(Ring& victim, Ring& mine) {
  std::uint64_t moved = 0;
  Item* const item = victim.steal_into(mine, moved);
  check((item == nullptr) == (moved == 0), "what was moved is counted");
  consume(item);
  consume_all(mine);
}

void two_thieves() {
  Small owner;
  Small first;
  Small second;
  Item items[3];
  together({[&] {
              for (Item& item : items) put(owner, item);
              consume(owner.pop());
            },
            [&] { steal(owner, first); }, [&] { steal(owner, second); }});
  consume_all(owner);
  all_taken(items);
}

// What the owner puts in goes into cells that a thief has just read.
void round_and_round() {
  Smallest owner;
  Smallest mine;
  Item items[4];
  for (int i = 0; i < 2; ++i) put(owner, items[i]);
  together({[&] {
              for (int i = 2; i < 4; ++i) {
                items[i].value = 1;
                if (!owner.push(items[i])) {
                  consume(owner.pop());
                  check(owner.push(items[i]), "no room after a pop");
                }
              }
              consume_all(owner);
            },
            [&] {
              steal(owner, mine);
              consume(owner.steal_one());
            }});
  all_taken(items);
}

// The same, several at a time; there may be room for fewer than there are.
void several_at_a_time() {
  Smallest owner;
  Smallest mine;
  Item items[4];
  for (int i = 0; i < 2; ++i) put(owner, items[i]);
  together({[&] {
              int given = 2;
              const auto next = [&]() -> Item& {
                items[given].value = 1;
                return items[given++];
              };
              while (given < 4) {
                if (owner.push_some(4 - static_cast<std::size_t>(given), next) == 0)
                  consume(owner.pop());
              }
              consume_all(owner);
            },
            [&] {
              steal(owner, mine);
              consume(owner.steal_one());
            }});
  all_taken(items);
}

// A thief is robbed in its turn.
void chain() {
  Small owner;
  Small first;
  Small second;
  Item items[4];
  together({[&] {
              for (Item& item : items) put(owner, item);
            },
            [&] {
              std::uint64_t moved = 0;
              consume(owner.steal_into(first, moved));
              consume(first.pop());
            },
            [&] { steal(first, second); }});
  consume_all(owner);
  consume_all(first);
  all_taken(items);
}

// The owner makes room by taking half, while others steal.
void overflow(int before, bool by_two) {
  Smallest owner;
  Smallest mine;
  Item items[4];
  for (int i = 0; i < before; ++i) put(owner, items[i]);
  together({[&] {
              for (int i = before; i < 4; ++i) {
                items[i].value = 1;
                while (!owner.push(items[i])) {
                  Smallest::Half half;
                  if (owner.take_half(half) == 0) continue;
                  for (Item* const item : half) consume(item);
                }
              }
            },
            [&] {
              if (by_two) steal(owner, mine);
            },
            [&] { consume(owner.steal_one()); }});
  consume_all(owner);
  all_taken(items);
}

// A thief fills cells of its own ring that another one has just read.
void robbed_while_it_steals() {
  Small owner;
  Small first;
  Small second;
  Item items[7];
  for (int i = 0; i < 4; ++i) put(first, items[i]);
  for (int i = 4; i < 7; ++i) put(owner, items[i]);
  together({[&] {
              std::uint64_t moved = 0;
              consume(owner.steal_into(first, moved));
            },
            [&] {
              std::uint64_t moved = 0;
              consume(first.steal_into(second, moved));
            }});
  consume_all(owner);
  consume_all(first);
  consume_all(second);
  all_taken(items);
}

// Push, then look for a sleeper; against announce the sleep, then look at the ring (idle.hpp).
void push_or_sleep() {
  Small owner;
  Item items[1];
  Atomic<bool> sleeping{false};
  bool woken = false;
  bool sleeps = false;
  together({[&] {
              put(owner, items[0]);
              woken = sleeping.load(seq_cst);
            },
            [&] {
              sleeping.store(true, seq_cst);
              sleeps = owner.empty();
            }});
  check(woken || !sleeps, "one sleeps while work waits");
}

}  // namespace

Subject ring() {
  static constexpr const char* ahead =
      "a head that is ahead of the tail shows more than the capacity, and is looked at again";
  return {
      .name = "ring",
      .files = {"steal_ring.hpp"},
      .scenarios = {{"two thieves", two_thieves},
                    {"cells used again", round_and_round},
                    {"several at a time", several_at_a_time},
                    {"several at a time, stores before loads",
                     several_at_a_time,
                     {.foresight = true}},
                    {"a thief is robbed", chain},
                    {"half taken for room", [] { overflow(2, true); }},
                    {"half taken of what was just put there", [] { overflow(1, false); }},
                    {"cells used again, stores before loads", round_and_round, {.foresight = true}},
                    {"robbed while it steals, stores before loads",
                     robbed_while_it_steals,
                     {.foresight = true}},
                    {"a push and a sleeper", push_or_sleep}},
      .harmless = {
          {"steal_into", "load acquire -> relaxed", ahead, 2},
          {"steal_into", "load acquire -> relaxed", ahead, 4},
          {"steal_into", "compare_exchange (failed) acquire -> relaxed", ahead},
          {"size", "load seq_cst -> acquire", "an old head shows more than there is, never less"},
          {"size", "load seq_cst -> relaxed", "an old head shows more than there is, never less"},
      }};
}

}  // namespace model
