#include <coppice/base/random.hpp>

#include <algorithm>
#include <array>
#include <numeric>
#include <random>
#include <vector>

#include "catch.hpp"

using coppice::base::mix;
using coppice::base::Random;

TEST_CASE("random: a seed gives the published sequence of its generator", "[base][random]") {
  // The first outputs of splitmix64 and of xoshiro256** filled by it, both from seed 0.
  CHECK(mix(0) == 0xE220A8397B1DCDAFu);
  CHECK(mix(0x9E3779B97F4A7C15u) == 0x6E789E6AA1B965F4u);
  Random random{0};
  CHECK(random.next() == 11091344671253066420u);
  CHECK(random.next() == 13793997310169335082u);
  CHECK(random.next() == 1900383378846508768u);
  CHECK(random.next() == 7684712102626143532u);
}

TEST_CASE("random: a copy goes on with the same numbers, other seeds with others",
          "[base][random]") {
  Random first{42};
  first.next();
  Random copy = first;
  Random other{43};
  int equal = 0;
  for (int i = 0; i < 1000; ++i) {
    const auto value = first.next();
    REQUIRE(copy.next() == value);
    equal += other.next() == value ? 1 : 0;
  }
  CHECK(equal == 0);
}

TEST_CASE("random: below stays in range and favours nothing", "[base][random]") {
  Random random{7};
  CHECK(random.below(1) == 0);
  std::array<int, 10> counts{};
  for (int i = 0; i < 100'000; ++i) ++counts.at(random.below(10));
  // Each count is 10,000 with a standard deviation of 95.
  for (const int count : counts) CHECK(std::abs(count - 10'000) < 600);

  // A range of three quarters of all values: a remainder would give the first third twice as often.
  const std::uint64_t large = std::uint64_t{3} << 62;
  int first_third = 0;
  for (int i = 0; i < 30'000; ++i) {
    const auto value = random.below(large);
    REQUIRE(value < large);
    first_third += value < large / 3 ? 1 : 0;
  }
  CHECK(std::abs(first_third - 10'000) < 500);
}

TEST_CASE("random: chance keeps its odds and always draws once", "[base][random]") {
  Random random{3};
  int hits = 0;
  for (int i = 0; i < 100'000; ++i) hits += random.chance(0.25) ? 1 : 0;
  CHECK(std::abs(hits - 25'000) < 900);

  Random certain{5};
  Random impossible{5};
  for (int i = 0; i < 1000; ++i) {
    REQUIRE(certain.chance(1));
    REQUIRE_FALSE(impossible.chance(0));
  }
  CHECK(certain.next() == impossible.next());

  for (int i = 0; i < 1000; ++i) {
    const double unit = random.unit();
    REQUIRE((unit >= 0 && unit < 1));
  }
}

TEST_CASE("random: serves the standard library as a generator", "[base][random]") {
  static_assert(std::uniform_random_bit_generator<Random>);
  std::vector<int> cards(52);
  std::iota(cards.begin(), cards.end(), 0);
  auto shuffled = cards;
  std::shuffle(shuffled.begin(), shuffled.end(), Random{1});
  CHECK(shuffled != cards);
  std::sort(shuffled.begin(), shuffled.end());
  CHECK(shuffled == cards);
}
