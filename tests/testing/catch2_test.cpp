// The face for Catch2: a case passes or fails as its exploration does, and says why.
#include <coppice/coppice.hpp>
#include <coppice/testing.hpp>
#include <coppice/testing/catch2.hpp>

#include "catch.hpp"

using namespace coppice;
using namespace coppice::testing;
using Catch::Matchers::ContainsSubstring;

namespace {

struct Value {};
struct Set {
  int to;
};

class Cell : public GenServer {
 public:
  int handle_call(Value) { return value_; }
  void handle_cast(Set set) { value_ = set.to; }

 private:
  int value_ = 0;
};

Task<> add_one(ServerRef<Cell> cell) {
  const int value = co_await cell.call<Value>();
  cell.cast<Set>(value + 1);
}

// With two at a time an addition is lost.
Task<> additions(int at_a_time) {
  auto cell = co_await start_link<Cell>();
  auto first = async(add_one, cell);
  if (at_a_time == 1) co_await await(first);
  auto second = async(add_one, cell);
  if (at_a_time == 2) co_await await(first);
  co_await await(second);
  const int value = co_await cell.call<Value>();
  check(value == 2, "an addition is lost");
}

}  // namespace

COPPICE_EXPLORE_TEST("catch2: a case that is explored", "[testing]") { co_await additions(1); }

COPPICE_EXPLORE_TEST("catch2: a case with options", "[testing]", {.seeds = 50, .faults = {.late_timer = 0.1, .stall = 0.1}}) {
  co_await additions(1);
}

COPPICE_EXPLORE_ALL_TEST("catch2: a case that goes through every order", "[testing]", {.delays = 1}) {
  co_await additions(1);
}

COPPICE_EXPLORE_TEST("catch2: a case that fails", "[testing][!shouldfail]", {.seeds = 50}) { co_await additions(2); }

TEST_CASE("catch2: prints what was found, pids and reasons", "[testing]") {
  const Exploration found = explore([] { return additions(2); }, {.seeds = 50});
  CHECK_FALSE(found);
  CHECK_THAT(Catch::StringMaker<Exploration>::convert(found),
             ContainsSubstring("an addition is lost") && ContainsSubstring("again: Simulation"));
  CHECK(Catch::StringMaker<ExitReason>::convert(ExitReason::shutdown()) == "shutdown");
  CHECK_THAT(Catch::StringMaker<Pid>::convert(Pid{}), ContainsSubstring("<"));
}
