// explore: finds what only some schedules show, makes it short, and says how to see it again.
#include <coppice/coppice.hpp>
#include <coppice/testing.hpp>

#include <set>

#include "catch.hpp"

using namespace coppice;
using namespace coppice::testing;
using namespace std::chrono_literals;
using Catch::Matchers::ContainsSubstring;
using Kind = SimulationFailure::Kind;

namespace {

struct Read {};
struct Write {
  int value;
};
struct Done {};
struct Mark {
  int who;
};

class Cell : public GenServer {
 public:
  int handle_call(Read) { return value_; }
  void handle_cast(Write write) { value_ = write.value; }

 private:
  int value_ = 0;
};

// Reads, adds and writes: two of them at a time lose an addition.
Task<> add_one(ServerRef<Cell> cell, Pid tell) {
  const int value = co_await cell.call<Read>();
  cell.cast<Write>(value + 1);
  send<Done>(tell);
}

Task<> two_additions() {
  auto cell = co_await start_link<Cell>();
  spawn_link(add_one, cell, self());
  spawn_link(add_one, cell, self());
  co_await receive<Done>();
  co_await receive<Done>();
  const int sum = co_await cell.call<Read>();
  check(sum == 2, "an addition is lost");
}

Task<> one_after_the_other() {
  auto cell = co_await start_link<Cell>();
  spawn_link(add_one, cell, self());
  co_await receive<Done>();
  spawn_link(add_one, cell, self());
  co_await receive<Done>();
  const int sum = co_await cell.call<Read>();
  check(sum == 2, "an addition is lost");
}

Task<> mark(Pid to, int who) {
  send<Mark>(to, who);
  co_return;
}

}  // namespace

TEST_CASE("explore: a lost update is found, shortened and replayed", "[testing]") {
  for (const Scheduling& scheduling : {Scheduling::random(), Scheduling::pct(2, 50)}) {
    const Exploration found = explore(two_additions, {.seeds = 200, .scheduling = scheduling});
    REQUIRE_FALSE(found.ok());
    CHECK(found.failed->failure().text == "an addition is lost");
    // One departure from plain turns is enough; what cannot be left out may be a few.
    CHECK(found.failed->schedule.deviations() <= 4);
    CHECK(found.failed->schedule.deviations() <= found.deviations_found);

    const SimulationResult again =
        Simulation{{.seed = found.failed->seed, .scheduling = Scheduling::replay(found.failed->schedule.text())}}.run(
            two_additions);
    REQUIRE_FALSE(again.ok());
    CHECK(again.hash() == found.failed->hash());
    CHECK(again.trace.text() == found.failed->trace.text());

    const std::string report = found.report();
    CHECK_THAT(report, ContainsSubstring(found.replay()) && ContainsSubstring("sequenceDiagram"));
    CHECK_THAT(report, ContainsSubstring("call Read") && ContainsSubstring("participant P"));
  }
}

TEST_CASE("explore: what is right stays right under every seed", "[testing]") {
  const Exploration found = explore(one_after_the_other, {.seeds = 200});
  INFO(found.report());
  CHECK(found.ok());
  CHECK(found.runs == 200);
  CHECK(found.different > 1);
  CHECK(found.report().find("replay") == std::string::npos);
}

TEST_CASE("explore: stops at its budget of time", "[testing]") {
  const Exploration none = explore(one_after_the_other, {.seeds = 1'000'000'000, .budget = 0s});
  CHECK(none.ok());
  CHECK(none.runs == 0);
}

TEST_CASE("explore_all: plain turns are one schedule, each delay adds to them", "[testing]") {
  const Exploration plain = explore_all(one_after_the_other, {.delays = 0});
  CHECK(plain.ok());
  CHECK(plain.complete);
  CHECK(plain.runs == 1);
  const Exploration one = explore_all(one_after_the_other, {.delays = 1});
  INFO(one.report());
  CHECK(one.ok());
  CHECK(one.complete);
  CHECK(one.different > 1);
  const Exploration short_of_time = explore_all(one_after_the_other, {.delays = 5, .most_runs = 10});
  CHECK_FALSE(short_of_time.complete);
  CHECK(short_of_time.runs == 10);
}

TEST_CASE("explore_all: finds a lost update, and says how to run it again", "[testing]") {
  const Exploration found = explore_all(two_additions, {.delays = 1});
  REQUIRE_FALSE(found.ok());
  INFO(found.report());
  CHECK_THAT(found.replay(), ContainsSubstring("Scheduling::systematic"));
  const SimulationResult again =
      Simulation{{.scheduling = Scheduling::systematic(found.failed->schedule)}}.run(two_additions);
  CHECK(again.hash() == found.failed->hash());
}

TEST_CASE("explore_all: goes through every order there is", "[testing]") {
  std::set<std::vector<int>> orders;
  const Exploration all = explore_all(
      [&orders]() -> Task<> {
        for (int i = 0; i < 3; ++i) spawn(mark, self(), i);
        std::vector<int> order;
        for (int i = 0; i < 3; ++i) {
          const Mark got = co_await receive<Mark>();
          order.push_back(got.who);
        }
        orders.insert(order);
      },
      {.delays = 2});
  INFO(all.report());
  CHECK(all.ok());
  CHECK(all.complete);
  CHECK(orders.size() == 6);
  CHECK(all.different >= 6);
}
