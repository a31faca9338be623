// Processes that wait for ever are found and named.
#include <coppice/coppice.hpp>
#include <coppice/testing/simulation.hpp>

#include "catch.hpp"

using namespace coppice;
using namespace coppice::testing;
using namespace std::chrono_literals;
using Catch::Matchers::ContainsSubstring;
using Kind = SimulationFailure::Kind;

namespace {

struct Ping {};
struct Ask {};
struct NeverSent {};

// Keeps its callers' Froms.
class Keeper : public GenServer {
 public:
  Reply<int> handle_call(Ask, From<int> from) {
    kept_.push_back(std::move(from));
    return no_reply;
  }

 private:
  std::vector<From<int>> kept_;
};

std::string failure_of(const SimulationResult& result) {
  REQUIRE_FALSE(result.ok());
  CHECK(result.failure().kind == Kind::waits_for_ever);
  return result.failure().text;
}

}  // namespace

TEST_CASE("waiting: a receive of what is never sent", "[testing]") {
  const std::string text = failure_of(Simulation{}.run([]() -> Task<> {
    set_label("the sleeper");
    send<Ping>(self());
    co_await receive<NeverSent>();
  }));
  CHECK_THAT(text, ContainsSubstring("[the sleeper] waits for a receive of") && ContainsSubstring("NeverSent"));
  CHECK_THAT(text, ContainsSubstring("1 other messages lie in its mailbox"));
}

TEST_CASE("waiting: a call that is never answered says of whom", "[testing]") {
  const std::string text = failure_of(Simulation{}.run([]() -> Task<> {
    StartOptions options{.name = "keeper"};
    auto keeper = co_await start<Keeper>(options);
    co_await keeper.within(infinity).call<Ask>();
  }));
  CHECK_THAT(text, ContainsSubstring("waits for a call of") && ContainsSubstring("Ask from #"));
  CHECK_THAT(text, ContainsSubstring("\"keeper\" is idle: waits for messages"));
}

TEST_CASE("waiting: a monitor of what does not end, a name that nobody takes", "[testing]") {
  const std::string down = failure_of(Simulation{}.run([]() -> Task<> {
    const SpawnedMonitor child = spawn_monitor([]() -> Task<> { co_await receive<NeverSent>(); });
    co_await receive(on(child.ref, [](const Down&) {}));
  }));
  CHECK_THAT(down, ContainsSubstring("receive of coppice::Down; monitors #"));
  const std::string name = failure_of(
      Simulation{}.run([]() -> Task<> { co_await await_registered("somebody", infinity); }));
  CHECK_THAT(name, ContainsSubstring("somebody to have the name \"somebody\""));
}

TEST_CASE("waiting: a start that never ends", "[testing]") {
  class Stuck : public GenServer {
   public:
    Task<> init() { co_await receive<NeverSent>(); }
  };
  const std::string text = failure_of(Simulation{}.run([]() -> Task<> { co_await start<Stuck>(); }));
  CHECK_THAT(text, ContainsSubstring("waits for the start from #"));
}

#if COPPICE_WAIT_PLACES
TEST_CASE("waiting: says where in the source, from the innermost wait outwards", "[testing]") {
  unsigned inner = 0, outer = 0;
  const std::string text = failure_of(Simulation{}.run([&]() -> Task<> {
    const auto helper = [&inner]() -> Task<> {
      inner = __LINE__ + 1;
      co_await receive<NeverSent>();
    };
    co_await sleep(1s);
    outer = __LINE__ + 1;
    co_await helper();
  }));
  CHECK_THAT(text, ContainsSubstring(fmt::format("; at waiting_test.cpp:{}, awaited at waiting_test.cpp:{}", inner, outer)));
}
#endif

TEST_CASE("waiting: the simulation can be run again after it", "[testing]") {
  const auto stuck = []() -> Task<> {
    spawn_link([]() -> Task<> { co_await receive<NeverSent>(); });
    co_await receive<NeverSent>();
  };
  const SimulationResult once = Simulation{}.run(stuck);
  const SimulationResult twice = Simulation{}.run(stuck);
  CHECK(failure_of(once) == failure_of(twice));
  CHECK(once.hash() == twice.hash());
  CHECK(base::pool_stats().live_blocks == 0);
}
