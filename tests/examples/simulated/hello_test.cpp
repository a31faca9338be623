#define main hello_main
#include "examples/hello/main.cpp"
#undef main

#include "example.hpp"

using namespace coppice::testing;
using Kind = SimulationFailure::Kind;

TEST_CASE("example hello in simulation: says the same under any seed", "[examples]") {
  simulated::prints_the_same("hello", hello);
}

// A counter that is killed may answer nothing, and hello says so by its end. It may do nothing worse: wait for ever, or leave
// something behind.
TEST_CASE("example hello in simulation: ends, whenever its counter is killed", "[examples]") {
  Faults faults = simulated::delays();
  faults.kill = 0.1;
  faults.failing_start = 0.05;
  faults.may_strike = [](const FaultTarget& target) { return target.what == "Counter"; };
  int well = 0, failed = 0;
  for (std::uint64_t seed = 1; seed <= seeds(200); ++seed) {
    SimulationResult result;
    simulated::printed_by([&] { result = Simulation{{.seed = seed, .faults = faults}}.run(hello); });
    INFO(result.report());
    REQUIRE((result.ok() || (result.failures.size() == 1 && result.failure().kind == Kind::main_failed)));
    ++(result.ok() ? well : failed);
  }
  CHECK(well > 0);
  CHECK(failed > 0);
}
