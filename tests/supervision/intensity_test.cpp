#include <coppice/supervision/intensity.hpp>

#include <chrono>
#include <cstdint>
#include <limits>
#include <vector>

#include <coppice/base/random.hpp>

#include "catch.hpp"

using namespace coppice;
using namespace coppice::supervision;
using namespace std::chrono_literals;

namespace {

timing::Instant at(timing::Duration since_start) { return timing::Instant{1000s} + since_start; }

// The rule as it is written: all times within the period are counted.
class Model {
 public:
  Model(std::size_t intensity, timing::Duration period) : intensity_{intensity}, period_{period} {}
  Budget spend(timing::Instant now) {
    std::size_t counted = 1;
    for (const timing::Instant t : times_) counted += t > now - period_ ? 1 : 0;
    if (counted > intensity_) return Budget::exceeded;
    times_.push_back(now);
    return Budget::within;
  }
  std::size_t left(timing::Instant now) const {
    std::size_t counted = 0;
    for (const timing::Instant t : times_) counted += t > now - period_ ? 1 : 0;
    return intensity_ - counted;
  }

 private:
  std::size_t intensity_;
  timing::Duration period_;
  std::vector<timing::Instant> times_;
};

}  // namespace

TEST_CASE("intensity: 0 allows no restart") {
  RestartBudget budget{0, 5s};
  CHECK(budget.left(at(0s)) == 0);
  CHECK(budget.spend(at(0s)) == Budget::exceeded);
  CHECK(budget.spend(at(100s)) == Budget::exceeded);
}

TEST_CASE("intensity: n restarts within the period are allowed, one more is not") {
  RestartBudget budget{2, 5s};
  CHECK(budget.spend(at(0s)) == Budget::within);
  CHECK(budget.left(at(0s)) == 1);
  CHECK(budget.spend(at(1s)) == Budget::within);
  CHECK(budget.left(at(1s)) == 0);
  CHECK(budget.spend(at(2s)) == Budget::exceeded);
}

TEST_CASE("intensity: a restart counts for exactly one period") {
  RestartBudget budget{1, 5s};
  CHECK(budget.spend(at(0s)) == Budget::within);
  CHECK(budget.spend(at(5s - 1ns)) == Budget::exceeded);
  CHECK(budget.left(at(5s - 1ns)) == 0);
  CHECK(budget.left(at(5s)) == 1);
  CHECK(budget.spend(at(5s)) == Budget::within);
}

TEST_CASE("intensity: the window slides") {
  RestartBudget budget{2, 10s};
  CHECK(budget.spend(at(0s)) == Budget::within);
  CHECK(budget.spend(at(9s)) == Budget::within);
  CHECK(budget.spend(at(10s)) == Budget::within);  // that of 0 s is out
  CHECK(budget.spend(at(11s)) == Budget::exceeded);
}

TEST_CASE("intensity: restarts at one instant count each") {
  RestartBudget budget{3, 1ns};
  for (int i = 0; i < 3; ++i) CHECK(budget.spend(at(0s)) == Budget::within);
  CHECK(budget.spend(at(0s)) == Budget::exceeded);
  CHECK(budget.spend(at(1ns)) == Budget::within);
}

TEST_CASE("intensity: extreme periods and intensities") {
  RestartBudget budget{std::numeric_limits<std::size_t>::max(), timing::Duration::max()};
  for (int i = 0; i < 1000; ++i) CHECK(budget.spend(at(i * 1h)) == Budget::within);
  CHECK(budget.left(at(1000h)) == std::numeric_limits<std::size_t>::max() - 1000);
}

TEST_CASE("intensity: agrees with the rule as written, for random times") {
  base::Random random{42};
  for (int round = 0; round < 300; ++round) {
    const std::size_t intensity = random.below(9);
    const timing::Duration period{1 + static_cast<std::int64_t>(random.below(40))};
    RestartBudget budget{intensity, period};
    Model model{intensity, period};
    timing::Instant now = at(0s);
    for (int i = 0; i < 200; ++i) {
      now += timing::Duration{static_cast<std::int64_t>(random.below(12))};
      REQUIRE(budget.left(now) == model.left(now));
      REQUIRE(budget.spend(now) == model.spend(now));
    }
  }
}

TEST_CASE("intensity: a million restarts within the period are counted one by one") {
  constexpr std::size_t million = 1'000'000;
  RestartBudget budget{million, 1h};
  std::size_t within = 0;
  for (std::size_t i = 0; i < million; ++i)
    within += budget.spend(at(i * 1us)) == Budget::within ? 1U : 0U;
  CHECK(within == million);
  CHECK(budget.left(at(1s)) == 0);
  CHECK(budget.spend(at(2s)) == Budget::exceeded);
  CHECK(budget.spend(at(1h)) == Budget::within);
  CHECK(budget.left(at(2h)) == million);
}
