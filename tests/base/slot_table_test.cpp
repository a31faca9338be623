#include <coppice/base/slot_table.hpp>

#include <algorithm>
#include <cstring>
#include <memory>
#include <vector>

#include <coppice/base/random.hpp>
#include <coppice/base/sync.hpp>

#include "catch.hpp"
#include "expect.hpp"

using namespace coppice::base;

namespace {

struct Slot {
  std::uint64_t value;
  std::byte rest[56];
};

std::vector<IndexPool::Index> take_all(SlotTable<Slot>& table) {
  std::vector<IndexPool::Index> taken;
  while (const auto index = table.allocate()) taken.push_back(index);
  return taken;
}

}  // namespace

TEST_CASE("slot table: hands out 1 to its capacity, then 0", "[base][slot_table]") {
  SlotTable<Slot> table{5};
  CHECK(table.high_water() == 0);
  CHECK(take_all(table) == std::vector<IndexPool::Index>{1, 2, 3, 4, 5});
  CHECK(table.live() == 5);
  CHECK(table.high_water() == 5);
  CHECK(table.allocate() == 0);
  table.release(3);
  CHECK(table.live() == 4);
  CHECK(table.allocate() == 3);
  CHECK(table.allocate() == 0);
}

TEST_CASE("slot table: the slot released last comes first", "[base][slot_table]") {
  SlotTable<Slot> table{8};
  for (int i = 0; i < 4; ++i) (void)table.allocate();
  table.release(2);
  table.release(4);
  table.release(1);
  CHECK(table.allocate() == 1);
  CHECK(table.allocate() == 4);
  CHECK(table.allocate() == 2);
  CHECK(table.allocate() == 5);
  CHECK(table.high_water() == 5);
}

TEST_CASE("slot table: a slot starts as zeros and keeps what is left in it", "[base][slot_table]") {
  SlotTable<Slot> table{3};
  const auto index = table.allocate();
  Slot& slot = table.at(index);
  const Slot zeros{};
  CHECK(std::memcmp(&slot, &zeros, sizeof slot) == 0);
  CHECK(std::memcmp(&table.at(0), &zeros, sizeof zeros) == 0);
  CHECK(table.index_of(slot) == index);
  slot.value = 77;
  table.release(index);
  CHECK(table.at(index).value == 77);
  REQUIRE(table.allocate() == index);
  CHECK(&table.at(index) == &slot);
  CHECK(slot.value == 77);
}

TEST_CASE("slot table: the largest one costs address space only", "[base][slot_table]") {
  static SlotTable<Slot> table;
  CHECK(table.capacity() == std::uint32_t{1} << 24);
  const auto index = table.allocate();
  table.at(table.capacity()).value = 1;  // the last slot is there
  table.release(index);
  CHECK(table.live() == 0);
}

TEST_CASE("slot table: behaves as a stack over a counter, whatever the sequence",
          "[base][slot_table]") {
  const auto seed = GENERATE(1u, 2u, 3u, 4u);
  Random random{seed};
  constexpr IndexPool::Index capacity = 40;
  SlotTable<Slot> table{capacity};
  std::vector<IndexPool::Index> free;  // the model: the last one is next
  std::vector<IndexPool::Index> used;
  IndexPool::Index high_water = 0;
  for (int step = 0; step < 20'000; ++step) {
    // Runs of growth and of shrinking, so that full and empty are both met.
    if (random.chance(step / 200 % 2 == 0 ? 0.7 : 0.3)) {
      IndexPool::Index expected = 0;
      if (!free.empty()) {
        expected = free.back();
        free.pop_back();
      } else if (high_water < capacity) {
        expected = ++high_water;
      }
      REQUIRE(table.allocate() == expected);
      if (expected != 0) used.push_back(expected);
    } else if (!used.empty()) {
      std::swap(used[random.below(used.size())], used.back());
      table.release(used.back());
      free.push_back(used.back());
      used.pop_back();
    }
    REQUIRE(table.live() == used.size());
    REQUIRE(table.high_water() == high_water);
  }
}

TEST_CASE("slot table: no two threads hold one slot, and none is lost", "[base][slot_table]") {
  // Fewer slots than the threads want, so that "full" and the last free slot are contended.
  const IndexPool::Index capacity = GENERATE(1u, 3u, 64u);
  SlotTable<Slot> table{capacity};
  const auto holders = std::make_unique<Atomic<int>[]>(capacity + 1);
  constexpr int thread_count = 4;
  std::vector<Thread> threads;
  for (int t = 1; t <= thread_count; ++t) {
    threads.emplace_back([&, t] {
      Random random{static_cast<std::uint64_t>(t)};
      std::vector<IndexPool::Index> mine;
      for (int step = 0; step < 20'000; ++step) {
        if (mine.size() < 24 && random.chance(0.5)) {
          const auto index = table.allocate();
          if (index == 0) continue;
          EXPECT(index <= capacity);
          EXPECT(holders[index].exchange(t, relaxed) == 0);
          // A plain write: a race detector sees whether the slot's tenants are ordered.
          ++table.at(index).value;
          mine.push_back(index);
        } else if (!mine.empty()) {
          const auto index = mine.back();
          mine.pop_back();
          EXPECT(holders[index].exchange(0, relaxed) == t);
          table.release(index);
        }
      }
      for (const auto index : mine) {
        holders[index].store(0, relaxed);
        table.release(index);
      }
    });
  }
  for (Thread& thread : threads) thread.join();
  CHECK(table.live() == 0);
  auto all = take_all(table);
  std::sort(all.begin(), all.end());
  REQUIRE(all.size() == capacity);
  for (IndexPool::Index i = 0; i < capacity; ++i) REQUIRE(all[i] == i + 1);
}

TEST_CASE("slot table: never says full while a slot is free", "[base][slot_table]") {
  // As many slots as threads, each of which holds one at most: whoever asks, one is free.
  constexpr IndexPool::Index thread_count = 4;
  SlotTable<Slot> table{thread_count};
  std::vector<Thread> threads;
  for (IndexPool::Index t = 0; t < thread_count; ++t) {
    threads.emplace_back([&, t] {
      Random random{t};
      for (int step = 0; step < 50'000; ++step) {
        const auto index = table.allocate();
        EXPECT(index != 0);
        if (index == 0) return;
        if (random.chance(0.01)) yield_thread();
        table.release(index);
      }
    });
  }
  for (Thread& thread : threads) thread.join();
  CHECK(table.live() == 0);
}
