#include <coppice/base/dense_table.hpp>

#include <algorithm>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include <coppice/base/random.hpp>

#include "catch.hpp"

using namespace coppice::base;

namespace {

struct Entry {
  std::uint64_t id;
  std::string text;
  std::uint64_t key() const noexcept { return id; }
};

// Only movable, and counted: says whether the table destroys each entry once.
struct Counted {
  static inline int live = 0;
  explicit Counted(int k) : id{k} { ++live; }
  Counted(Counted&& other) noexcept : id{other.id} { ++live; }
  Counted& operator=(Counted&& other) noexcept {
    id = other.id;
    return *this;
  }
  ~Counted() { --live; }
  int key() const noexcept { return id; }
  int id;
};

// All keys in one bucket: every operation meets a run.
struct Clash {
  int value;
  friend bool operator==(Clash, Clash) = default;
  friend std::size_t hash_value(Clash) noexcept { return 7; }
};
struct ClashEntry {
  Clash clash;
  Clash key() const noexcept { return clash; }
};

}  // namespace

TEST_CASE("dense table: empty it costs one pointer and no block", "[base][dense_table]") {
  const std::uint64_t before = pool_stats().live_blocks;
  DenseTable<Entry> table;
  static_assert(sizeof table == sizeof(void*));
  CHECK(table.empty());
  CHECK(table.size() == 0);
  CHECK(table.begin() == table.end());
  CHECK(table.find(1) == nullptr);
  CHECK_FALSE(table.erase(1));
  CHECK(pool_stats().live_blocks == before);
}

TEST_CASE("dense table: finds what was inserted, in insertion order", "[base][dense_table]") {
  DenseTable<Entry> table;
  for (std::uint64_t i = 0; i < 100; ++i) {
    Entry& added = table.insert({i * 3, std::to_string(i)});
    REQUIRE(added.id == i * 3);
  }
  CHECK(table.size() == 100);
  std::uint64_t expected = 0;
  for (const Entry& e : table) {
    REQUIRE(e.id == expected);
    expected += 3;
  }
  for (std::uint64_t i = 0; i < 100; ++i) {
    REQUIRE(table.find(i * 3)->text == std::to_string(i));
    REQUIRE(table.find(i * 3 + 1) == nullptr);
  }
}

TEST_CASE("dense table: an erased entry is replaced by the last", "[base][dense_table]") {
  DenseTable<Entry> table;
  for (std::uint64_t i = 0; i < 4; ++i) table.insert({i, ""});
  CHECK(table.erase(1));
  std::vector<std::uint64_t> ids;
  for (const Entry& e : table) ids.push_back(e.id);
  CHECK(ids == std::vector<std::uint64_t>{0, 3, 2});
  CHECK(table.erase(2));
  CHECK(table.erase(0));
  CHECK(table.erase(3));
  CHECK(table.empty());
}

TEST_CASE("dense table: take_last gives the entries from the back", "[base][dense_table]") {
  DenseTable<Entry> table;
  for (std::uint64_t i = 0; i < 40; ++i) table.insert({i, std::to_string(i)});
  for (std::uint64_t i = 40; i-- > 0;) {
    const Entry last = table.take_last();
    REQUIRE(last.id == i);
    REQUIRE(last.text == std::to_string(i));
    REQUIRE(table.find(i) == nullptr);
  }
  CHECK(table.empty());
}

TEST_CASE("dense table: gives its memory back when it is empty again", "[base][dense_table]") {
  const std::uint64_t before = pool_stats().live_blocks;
  DenseTable<Entry> table;
  for (std::uint64_t i = 0; i < 1'000; ++i) table.insert({i, ""});
  CHECK(pool_stats().live_blocks > before);
  for (std::uint64_t i = 0; i < 1'000; ++i) table.erase(i);
  CHECK(pool_stats().live_blocks == before);
  table.insert({1, ""});
  table.clear();
  CHECK(pool_stats().live_blocks == before);
}

TEST_CASE("dense table: every entry is destroyed once", "[base][dense_table]") {
  {
    DenseTable<Counted> table;
    for (int i = 0; i < 100; ++i) table.insert(Counted{i});
    CHECK(Counted::live == 100);
    for (int i = 0; i < 50; ++i) table.erase(i * 2);
    CHECK(Counted::live == 50);
    DenseTable<Counted> other{std::move(table)};
    CHECK(table.empty());
    CHECK(other.size() == 50);
    table = std::move(other);
    CHECK(table.size() == 50);
    (void)table.take_last();
    CHECK(Counted::live == 49);
  }
  CHECK(Counted::live == 0);
}

TEST_CASE("dense table: does what a map does", "[base][dense_table]") {
  const std::uint64_t seed = GENERATE(range(1u, 21u));
  Random random{seed};
  DenseTable<Entry> table;
  std::map<std::uint64_t, std::string> model;
  const std::uint64_t keys = 1 + random.below(400);
  for (int step = 0; step < 5'000; ++step) {
    const std::uint64_t key = random.below(keys) * (random.chance(0.5) ? 1 : 0x1'0000'0000);
    if (random.chance(0.5)) {
      if (!model.contains(key)) {
        const std::string text = std::to_string(step);
        table.insert({key, text});
        model[key] = text;
      }
    } else {
      REQUIRE(table.erase(key) == (model.erase(key) == 1));
    }
    const Entry* found = table.find(key);
    const auto expected = model.find(key);
    REQUIRE((found != nullptr) == (expected != model.end()));
    if (found != nullptr) REQUIRE(found->text == expected->second);
  }
  REQUIRE(table.size() == model.size());
  for (const Entry& e : table) REQUIRE(model.at(e.id) == e.text);
  for (const auto& [key, text] : model) REQUIRE(table.find(key)->text == text);
}

TEST_CASE("dense table: keys that all clash are told apart", "[base][dense_table]") {
  Random random{99};
  DenseTable<ClashEntry> table;
  std::vector<int> model;
  for (int step = 0; step < 3'000; ++step) {
    const int value = static_cast<int>(random.below(60));
    const auto at = std::ranges::find(model, value);
    if (at == model.end()) {
      table.insert({Clash{value}});
      model.push_back(value);
    } else {
      REQUIRE(table.erase(Clash{value}));
      model.erase(at);
    }
    for (int v = 0; v < 60; ++v) {
      const bool there = std::ranges::find(model, v) != model.end();
      if ((table.find(Clash{v}) != nullptr) != there) REQUIRE((table.find(Clash{v}) != nullptr) == there);
    }
  }
  CHECK(table.size() == model.size());
}
