// A day of a tree: 10,000 restarts spread over it, and 1,000 processes with a timer each. It takes as long as what happens in it.
#include <coppice/coppice.hpp>
#include <coppice/testing.hpp>

#include "catch.hpp"

using namespace coppice;
using namespace coppice::testing;
using namespace std::chrono_literals;

namespace {

struct Tick {};
struct Crash {};

class Worker : public GenServer {
 public:
  explicit Worker(int* starts) { ++*starts; }
  void handle_cast(Crash) { throw std::runtime_error{"crash"}; }
};

Task<> ticker(int& ticks) {
  for (int hour = 0; hour < 24; ++hour) {
    send_after<Tick>(1h, self());
    co_await receive<Tick>();
    ++ticks;
  }
}

}  // namespace

TEST_CASE("day: 10,000 restarts and 1,000 timers in virtual time", "[testing]") {
  constexpr int restarts = 10'000;
  int starts = 0, ticks = 0;
  const SimulationResult result = Simulation{{.seed = 3}}.run([&]() -> Task<> {
    SupervisorSpec spec;
    spec.intensity = 10;
    for (int i = 0; i < 10; ++i) {
      ChildSpec worker = child<Worker>(fmt::format("worker {}", i), &starts);
      spec.children.push_back(std::move(worker));
    }
    const auto supervisor = co_await start_link<StaticSupervisor>(std::move(spec));
    for (int i = 0; i < 1000; ++i) spawn_link([&ticks]() -> Task<> { return ticker(ticks); });
    for (int i = 0; i < restarts; ++i) {
      co_await sleep(timing::Duration{24h} / restarts);
      const ChildInfo info = co_await supervisor.which_child(fmt::format("worker {}", i % 10));
      const ServerRef<Worker> worker{info.pid.value()};
      worker.cast<Crash>();
    }
    co_await sleep(1min);
  });
  INFO(result.report());
  CHECK(result.ok());
  CHECK(result.time >= 24h);
  CHECK(starts == 10 + restarts);
  CHECK(ticks == 24'000);
}
