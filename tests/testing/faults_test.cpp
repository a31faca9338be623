// Faults: each strikes where it may, is in the trace, and ends with heal().
#include <coppice/coppice.hpp>
#include <coppice/testing.hpp>

#include <set>

#include "catch.hpp"

using namespace coppice;
using namespace coppice::testing;
using namespace std::chrono_literals;
using Catch::Matchers::ContainsSubstring;

namespace {

struct Get {};

class Plain : public GenServer {
 public:
  int handle_call(Get) { return 1; }
};

// How many of the seeds give something.
template <class F>
int seeds_with(F has, const Faults& faults, const std::function<Task<>()>& program, std::uint64_t seeds = 40) {
  int count = 0;
  for (std::uint64_t seed = 1; seed <= seeds; ++seed) {
    const SimulationResult result =
        Simulation{{.seed = seed, .faults = faults}}.run([&program]() -> Task<> { return program(); });
    INFO(result.report());
    CHECK(result.ok());
    count += has(result);
  }
  return count;
}

auto says(std::string text) {
  return [text](const SimulationResult& result) { return result.trace.text(10'000).find(text) != std::string::npos; };
}

}  // namespace

TEST_CASE("faults: a kill strikes a suspended process, and not the main one", "[testing]") {
  Faults faults;
  faults.kill = 0.2;
  std::set<int> places;  // how far the killed one had come
  const int killed = seeds_with(says("is killed"), faults, [&places]() -> Task<> {
    int place = 0;
    const SpawnedMonitor child = spawn_monitor([&place]() -> Task<> {
      for (; place < 5; ++place) co_await sleep(1s);
    });
    const Down down = co_await receive(on(child.ref, [](const Down& d) { return d; }));
    check(down.reason.is_normal() == (place == 5), "who is killed has not come to the end");
    places.insert(place);
  });
  CHECK(killed > 20);
  CHECK(places.size() >= 4);
}

TEST_CASE("faults: none strikes whom may_strike leaves out, and most_kills is the most", "[testing]") {
  Faults faults;
  faults.kill = 1;
  faults.most_kills = 2;
  faults.may_strike = [](const FaultTarget& target) { return target.label == "prey"; };
  seeds_with(says(""), faults, []() -> Task<> {
    std::vector<MonitorRef> spared, prey;
    for (int i = 0; i < 3; ++i) {
      const SpawnedMonitor one = spawn_monitor([]() -> Task<> { co_await sleep(1s); });
      spared.push_back(one.ref);
      const SpawnedMonitor two = spawn_monitor(SpawnOptions{.label = "prey"}, []() -> Task<> { co_await sleep(1s); });
      prey.push_back(two.ref);
    }
    int killed = 0;
    for (const MonitorRef ref : prey) {
      const Down down = co_await receive(on(ref, [](const Down& d) { return d; }));
      killed += !down.reason.is_normal();
    }
    check(killed <= 2, "no more than most_kills");
    for (const MonitorRef ref : spared) {
      const Down down = co_await receive(on(ref, [](const Down& d) { return d; }));
      check(down.reason.is_normal(), "only the prey is killed");
    }
  });
}

TEST_CASE("faults: a start fails or takes its time", "[testing]") {
  Faults failing;
  failing.failing_start = 0.5;
  const int failed = seeds_with(says("does not start"), failing, []() -> Task<> {
    const auto server = co_await try_start<Plain>();
    if (!server) check(server.error().kind() == StartError::Kind::failed, "the start failed");
  });
  CHECK(failed > 5);
  CHECK(failed < 35);

  Faults slow;
  slow.slow_start = 0.5;
  slow.slow_start_by = 16s;
  const int late = seeds_with(says("starts late"), slow, []() -> Task<> {
    const timing::Instant before = now();
    co_await start<Plain>();
    const bool is_late = now() - before >= 1s;
    note(is_late ? "late" : "in time");
  });
  CHECK(late > 5);
  CHECK(late < 35);
}

TEST_CASE("faults: timers are late, processes are held up, and never early", "[testing]") {
  for (const bool timers : {true, false}) {
    Faults faults;
    (timers ? faults.late_timer : faults.stall) = 0.5;
    int later = 0;
    const int struck = seeds_with(says(timers ? "a timer is late" : "is held up"), faults, [&later]() -> Task<> {
      const timing::Instant before = now();
      co_await sleep(10ms);
      const timing::Duration took = now() - before;
      check(took >= 10ms, "not early");
      later += took >= 12ms;
    });
    CHECK(struck > 5);
    CHECK(later > 5);
  }
}

TEST_CASE("faults: buggify says yes at times, and heal() ends it", "[testing]") {
  Faults faults;
  faults.buggify = 0.5;
  int yes = 0;
  const int seen = seeds_with(says("buggify: here"), faults, [&yes]() -> Task<> {
    yes += buggify("here");
    heal();
    for (int i = 0; i < 100; ++i) check(!buggify("here"), "no fault after heal()");
    co_return;
  });
  CHECK(seen == yes);
  CHECK(yes > 5);
  CHECK(yes < 35);
}

TEST_CASE("faults: the same seed strikes the same, and the schedule replays it", "[testing]") {
  Faults faults;
  faults.kill = 0.1;
  faults.stall = 0.1;
  faults.late_timer = 0.3;
  const auto program = []() -> Task<> {
    std::vector<MonitorRef> ends;
    for (int i = 0; i < 5; ++i) {
      const SpawnedMonitor one = spawn_monitor([]() -> Task<> {
        for (int n = 0; n < 5; ++n) co_await sleep(5ms);
      });
      ends.push_back(one.ref);
    }
    for (const MonitorRef end : ends) co_await receive(on(end, [](const Down&) {}));
  };
  for (std::uint64_t seed = 1; seed <= 10; ++seed) {
    const SimulationResult once = Simulation{{.seed = seed, .faults = faults}}.run(program);
    const SimulationResult twice = Simulation{{.seed = seed, .faults = faults}}.run(program);
    const SimulationResult replayed =
        Simulation{{.seed = seed, .scheduling = Scheduling::replay(once.schedule.text()), .faults = faults}}.run(program);
    CHECK(once.hash() == twice.hash());
    CHECK(once.hash() == replayed.hash());
    CHECK_THAT(once.trace.text(), ContainsSubstring("FAULT"));
  }
}
