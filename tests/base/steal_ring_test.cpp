#include <deque>
#include <memory>
#include <vector>

#include <coppice/base/random.hpp>
#include <coppice/base/steal_ring.hpp>
#include <coppice/base/sync.hpp>

#include "tests/support/catch.hpp"

namespace {

using namespace coppice::base;

struct Item {
  std::size_t number = 0;
  Atomic<int> taken{0};
};
using SmallRing = StealRing<Item, 8>;

}  // namespace

TEST_CASE("a ring is first in, first out, and refuses when it is full") {
  std::vector<Item> items(9);
  SmallRing ring;
  CHECK(ring.pop() == nullptr);
  for (int turn = 0; turn < 3; ++turn) {
    for (std::size_t i = 0; i < 8; ++i) REQUIRE(ring.push(items[i]));
    CHECK(ring.size() == 8);
    CHECK_FALSE(ring.push(items[8]));
    for (std::size_t i = 0; i < 8; ++i) REQUIRE(ring.pop() == &items[i]);
    CHECK(ring.empty());
  }
}

TEST_CASE("several are put into a ring in one step, as far as there is room") {
  std::vector<Item> items(12);
  SmallRing ring;
  std::size_t given = 0;
  const auto next = [&]() -> Item& { return items[given++]; };
  CHECK(ring.push_some(0, next) == 0);
  CHECK(ring.push_some(3, next) == 3);
  CHECK(ring.size() == 3);
  CHECK(ring.push_some(9, next) == 5);
  CHECK(given == 8);
  CHECK(ring.push_some(1, next) == 0);
  CHECK(given == 8);
  for (std::size_t i = 0; i < 8; ++i) REQUIRE(ring.pop() == &items[i]);
  CHECK(ring.pop() == nullptr);
}

TEST_CASE("a thief takes the older half, rounded up, and runs the newest of it") {
  std::vector<Item> items(8);
  SmallRing owner;
  SmallRing thief;
  std::uint64_t moved = 0;
  CHECK(owner.steal_into(thief, moved) == nullptr);
  REQUIRE(owner.push(items[0]));
  CHECK(owner.steal_into(thief, moved) == &items[0]);
  CHECK(moved == 1);
  CHECK(thief.empty());
  for (std::size_t i = 0; i < 5; ++i) REQUIRE(owner.push(items[i]));
  CHECK(owner.steal_into(thief, moved) == &items[2]);
  CHECK(moved == 3);
  CHECK(thief.pop() == &items[0]);
  CHECK(thief.pop() == &items[1]);
  CHECK(thief.pop() == nullptr);
  CHECK(owner.pop() == &items[3]);
  CHECK(owner.pop() == &items[4]);
}

TEST_CASE("a thief takes no more than its own ring has room for") {
  std::vector<Item> items(16);
  SmallRing owner;
  SmallRing thief;
  for (std::size_t i = 0; i < 8; ++i) REQUIRE(owner.push(items[i]));
  for (std::size_t i = 8; i < 15; ++i) REQUIRE(thief.push(items[i]));
  std::uint64_t moved = 0;
  CHECK(owner.steal_into(thief, moved) == &items[1]);
  CHECK(moved == 2);
  CHECK(thief.size() == 8);
  CHECK(owner.size() == 6);
}

TEST_CASE("half of a full ring makes room in one step") {
  std::vector<Item> items(8);
  SmallRing ring;
  SmallRing::Half half{};
  REQUIRE(ring.push(items[0]));
  CHECK(ring.take_half(half) == 0);
  for (std::size_t i = 1; i < 8; ++i) REQUIRE(ring.push(items[i]));
  REQUIRE(ring.take_half(half) == 4);
  for (std::size_t i = 0; i < 4; ++i) CHECK(half[i] == &items[i]);
  CHECK(ring.pop() == &items[4]);
}

TEST_CASE("a ring does what a queue does, under random operations") {
  Random random{7};
  std::vector<Item> items(64);
  SmallRing ring;
  std::deque<Item*> model;
  for (int step = 0; step < 100'000; ++step) {
    if (random.chance(0.55)) {
      Item& item = items[random.below(items.size())];
      REQUIRE(ring.push(item) == (model.size() < 8));
      if (model.size() < 8) model.push_back(&item);
    } else if (random.chance(0.8)) {
      Item* const expected = model.empty() ? nullptr : model.front();
      REQUIRE((random.chance(0.5) ? ring.pop() : ring.steal_one()) == expected);
      if (expected != nullptr) model.pop_front();
    } else {
      SmallRing thief;
      std::uint64_t moved = 0;
      Item* const last = ring.steal_into(thief, moved);
      const std::size_t count = (model.size() + 1) / 2;
      REQUIRE((last == nullptr) == (count == 0));
      for (std::size_t i = 0; i < count; ++i) {
        REQUIRE((i + 1 < count ? thief.pop() : last) == model.front());
        model.pop_front();
      }
      REQUIRE(thief.empty());
    }
    REQUIRE(ring.size() == model.size());
  }
}

TEST_CASE(
    "with thieves on three threads every element is taken exactly once and in order by each "
    "taker") {
  constexpr std::size_t count = 200'000;
  std::vector<Item> items(count);
  for (std::size_t i = 0; i < count; ++i) items[i].number = i;
  auto ring = std::make_unique<SmallRing>();
  Atomic<std::size_t> taken{0};
  Atomic<bool> disorder{false};
  const auto take = [&](Item& item, std::size_t& latest) {
    item.taken.fetch_add(1, relaxed);
    if (latest != 0 && item.number + 1 <= latest) disorder.store(true, relaxed);
    latest = item.number + 1;
    taken.fetch_add(1, relaxed);
  };
  std::vector<Thread> thieves;
  for (int t = 0; t < 2; ++t) {
    thieves.emplace_back([&] {
      SmallRing mine;
      std::size_t latest = 0;
      while (taken.load(relaxed) < count) {
        std::uint64_t moved = 0;
        Item* const last = ring->steal_into(mine, moved);
        if (last == nullptr) {
          yield_thread();
          continue;
        }
        while (Item* const item = mine.pop()) take(*item, latest);
        take(*last, latest);
      }
    });
  }
  thieves.emplace_back([&] {
    std::size_t latest = 0;
    while (taken.load(relaxed) < count) {
      if (Item* const item = ring->steal_one())
        take(*item, latest);
      else
        yield_thread();
    }
  });
  Random random{11};
  std::size_t spilled = 0;
  for (std::size_t i = 0; i < count; ++i) {
    while (!ring->push(items[i])) {
      SmallRing::Half half{};
      const std::size_t n = ring->take_half(half);
      for (std::size_t k = 0; k < n; ++k) {
        half[k]->taken.fetch_add(1, relaxed);
        taken.fetch_add(1, relaxed);
      }
      spilled += n;
    }
    if (random.chance(0.3)) {
      if (Item* const item = ring->pop()) {
        item->taken.fetch_add(1, relaxed);
        taken.fetch_add(1, relaxed);
      }
    }
  }
  for (Thread& thief : thieves) thief.join();
  std::size_t wrong = 0;
  for (const Item& item : items) wrong += item.taken.load(relaxed) != 1;
  CHECK(wrong == 0);
  CHECK_FALSE(disorder.load(relaxed));
  CHECK(ring->empty());
  INFO("spilled " << spilled);
}
