// Simulation: one thread, virtual time, all choices from a seed.
#include <coppice/coppice.hpp>
#include <coppice/testing/simulation.hpp>

#include <memory>
#include <set>
#include <thread>
#include <vector>

#include "catch.hpp"

using namespace coppice;
using namespace coppice::testing;
using namespace std::chrono_literals;
using Catch::Matchers::ContainsSubstring;
using Kind = SimulationFailure::Kind;

namespace {

struct Get {};
struct Add {
  int by;
};
struct Done {};
struct Boom {};

class Counter : public GenServer {
 public:
  int handle_call(Get) { return value_; }
  void handle_cast(Add add) { value_ += add.by; }
  void handle_cast(Boom) { throw std::runtime_error{"boom"}; }

 private:
  int value_ = 0;
};

// Several processes that meet at one server, sleep, are watched and end.
Task<int> busy_main() {
  auto counter = co_await start_link<Counter>();
  std::vector<MonitorRef> ends;
  for (int i = 0; i < 5; ++i) {
    const SpawnedMonitor worker = spawn_monitor(
        [](ServerRef<Counter> to, int by) -> Task<> {
          to.cast<Add>(by);
          co_await sleep(std::chrono::milliseconds{random_number(3)});
          co_await to.call<Get>();
          to.cast<Add>(-by);
        },
        counter, i);
    ends.push_back(worker.ref);
  }
  for (const MonitorRef end : ends) co_await receive(on(end, [](const Down&) {}));
  co_return co_await counter.call<Get>();
}

// The order in which three equal processes come to write.
Task<> three(std::vector<int>& order) {
  const Pid me = self();
  for (int i = 0; i < 3; ++i)
    spawn(
        [&order](Pid to, int n) -> Task<> {
          order.push_back(n);
          send<Done>(to);
          co_return;
        },
        me, i);
  for (int i = 0; i < 3; ++i) co_await receive<Done>();
}

}  // namespace

TEST_CASE("simulation: runs a program and gives what its main process returned", "[testing]") {
  const SimulationResult ok = Simulation{}.run(busy_main);
  INFO(ok.report());
  CHECK(ok.ok());
  CHECK(ok.exit_code == 0);
  CHECK(ok.steps > 10);
  CHECK(ok.trace.count() > 20);

  const SimulationResult code = Simulation{}.run([]() -> Task<int> { co_return 3; });
  REQUIRE_FALSE(code.ok());
  CHECK(code.exit_code == 3);
  CHECK(code.failure().kind == Kind::main_failed);
}

TEST_CASE("simulation: what leaves the main process is its failure", "[testing]") {
  const SimulationResult thrown = Simulation{}.run([]() -> Task<> {
    throw std::runtime_error{"the text"};
    co_return;
  });
  REQUIRE_FALSE(thrown.ok());
  CHECK_THAT(thrown.failure().text, ContainsSubstring("the text"));
  const SimulationResult exits = Simulation{}.run([]() -> Task<> {
    exit(ExitReason::shutdown());
    co_return;
  });
  REQUIRE_FALSE(exits.ok());
  CHECK_THAT(exits.failure().text, ContainsSubstring("shutdown"));
  CHECK_THROWS_AS(simulate(5, []() -> Task<int> { co_return 1; }), SimulationFailed);
}

TEST_CASE("simulation: a seed gives one run, wherever things lie in memory", "[testing]") {
  std::set<std::uint64_t> hashes;
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    const Simulation simulation{{.seed = seed}};
    const SimulationResult once = simulation.run(busy_main);
    REQUIRE(once.ok());
    // Blocks taken and given back in another order: what comes next lies elsewhere.
    std::vector<void*> taken;
    for (std::size_t size : {32u, 48u, 64u, 96u, 128u, 256u, 512u})
      for (std::size_t i = 0; i < 40 + seed; ++i) taken.push_back(base::pool_allocate(size));
    const SimulationResult twice = simulation.run(busy_main);
    std::size_t at = 0;
    for (std::size_t size : {32u, 48u, 64u, 96u, 128u, 256u, 512u})
      for (std::size_t i = 0; i < 40 + seed; ++i) base::pool_free(taken[at++], size);
    CHECK(once.hash() == twice.hash());
    CHECK(once.trace.text() == twice.trace.text());
    CHECK(once.schedule == twice.schedule);
    CHECK(once.time == twice.time);
    hashes.insert(once.hash());
  }
  CHECK(hashes.size() >= 19);
}

TEST_CASE("simulation: every order of three processes comes up", "[testing]") {
  std::set<std::vector<int>> orders;
  for (std::uint64_t seed = 1; seed <= 100; ++seed) {
    std::vector<int> order;
    REQUIRE(Simulation{{.seed = seed}}.run([&order]() -> Task<> { return three(order); }).ok());
    orders.insert(order);
  }
  CHECK(orders.size() == 6);
}

TEST_CASE("simulation: time jumps, is never early, and stands still for the clock", "[testing]") {
  const auto began = std::chrono::steady_clock::now();
  timing::Duration slept{};
  const SimulationResult result = Simulation{}.run([&slept]() -> Task<> {
    const timing::Instant before = now();
    co_await sleep(24h);
    slept = now() - before;
    const std::optional<Done> none = co_await receive<Done>(10min);
    CHECK_FALSE(none);
  });
  INFO(result.report());
  CHECK(result.ok());
  CHECK(slept >= 24h);
  CHECK(slept < 24h + 1s);
  CHECK(result.time >= 24h + 10min);
  CHECK(std::chrono::steady_clock::now() - began < 1min);
}

TEST_CASE("simulation: a call's timeout is virtual time", "[testing]") {
  struct Slow {};
  class Server : public GenServer {
   public:
    Task<int> handle_call(Slow) {
      co_await sleep(1h);
      co_return 1;
    }
  };
  const SimulationResult result = Simulation{}.run([]() -> Task<> {
    auto server = co_await start<Server>();
    const timing::Instant before = now();
    auto reply = co_await server.try_call<Slow>();
    CHECK_FALSE(reply);
    CHECK(now() - before >= 5s);
    CHECK(now() - before < 6s);
  });
  INFO(result.report());
  CHECK(result.ok());
}

TEST_CASE("simulation: blocking work is a step on the same thread, outside of any process", "[testing]") {
  const auto here = std::this_thread::get_id();
  const SimulationResult result = Simulation{}.run([here]() -> Task<> {
    const int n = co_await blocking([here](int x) {
      CHECK(std::this_thread::get_id() == here);
      CHECK(process::current() == nullptr);
      return x + 1;
    }, 4);
    CHECK(n == 5);
    co_await blocking([] {});
  });
  INFO(result.report());
  CHECK(result.ok());
}

TEST_CASE("simulation: what runs outside of any process has its time and its numbers, too", "[testing]") {
  const auto numbers_of = [](std::uint64_t seed) {
    std::vector<std::uint64_t> drawn;
    const SimulationResult result = Simulation{{.seed = seed}}.run([&drawn]() -> Task<> {
      co_await sleep(24h);
      const timing::Instant before = now();
      const timing::Instant inside = co_await blocking([] { return now(); });
      CHECK(inside >= before);
      CHECK(inside < before + 1s);
      for (int i = 0; i < 4; ++i) {
        const std::uint64_t number = co_await blocking([] { return random_number(1000); });
        drawn.push_back(number);
      }
    });
    INFO(result.report());
    CHECK(result.ok());
    return drawn;
  };
  const std::vector<std::uint64_t> first = numbers_of(5);
  CHECK(numbers_of(5) == first);
  CHECK(numbers_of(6) != first);
}

TEST_CASE("simulation: processes on threads of their own run like the others", "[testing]") {
  const auto here = std::this_thread::get_id();
  const SimulationResult result = Simulation{}.run([here]() -> Task<> {
    // Each is woken after the next has been made.
    std::vector<MonitorRef> ends;
    for (int i = 0; i < 3; ++i) {
      const SpawnedMonitor own = spawn_monitor(SpawnOptions{.thread = dedicated}, [here]() -> Task<> {
        co_await sleep(1s);
        CHECK(std::this_thread::get_id() == here);
      });
      ends.push_back(own.ref);
    }
    for (const MonitorRef end : ends) co_await receive(on(end, [](const Down& down) { CHECK(down.reason.is_normal()); }));
  });
  INFO(result.report());
  CHECK(result.ok());
}

TEST_CASE("simulation: pids, references and drawn numbers are the seed's", "[testing]") {
  const auto draw = [](std::uint64_t seed) {
    std::vector<std::string> seen;
    const SimulationResult result = Simulation{{.seed = seed}}.run([&seen]() -> Task<> {
      for (int i = 0; i < 6; ++i) {
        const SpawnedMonitor child = spawn_monitor([]() -> Task<> { co_return; });
        seen.push_back(fmt::format("{} {} {}", child.pid, make_ref(), random_number(1000)));
        co_await receive(on(child.ref, [](const Down&) {}));
      }
    });
    REQUIRE(result.ok());
    return seen;
  };
  const std::vector<std::string> first = draw(3);
  CHECK(draw(3) == first);
  CHECK(draw(4) != first);
}

namespace {

// Timers of several processes: cancelled, fired, and set anew in the places of both.
Task<> set_timers(std::vector<TimerRef>* timers) {
  for (int i = 0; i < 10; ++i) {
    const TimerRef kept = send_after(1ms, self(), Done{});
    const TimerRef dropped = send_after(1h, self(), Done{});
    CHECK(read_timer(dropped) > 59min);
    CHECK(cancel_timer(dropped));
    CHECK_FALSE(cancel_timer(dropped));
    co_await receive<Done>();
    CHECK_FALSE(read_timer(kept));
    timers->insert(timers->end(), {kept, dropped});
  }
}

std::vector<TimerRef> timers_of(std::uint64_t seed) {
  std::vector<std::vector<TimerRef>> by_process(4);
  const SimulationResult result = Simulation{{.seed = seed}}.run([&by_process]() -> Task<> {
    for (auto& timers : by_process) {
      const SpawnedMonitor setter = spawn_monitor(set_timers, &timers);
      if (&timers == &by_process.back()) co_await receive(on(setter.ref, [](const Down&) {}));
    }
    co_await sleep(1min);
  });
  INFO(result.report());
  CHECK(result.ok());
  std::vector<TimerRef> all;
  for (const auto& timers : by_process) all.insert(all.end(), timers.begin(), timers.end());
  return all;
}

}  // namespace

TEST_CASE("simulation: the numbers of timers are the seed's, and none comes twice", "[testing]") {
  const std::vector<TimerRef> first = timers_of(3);
  REQUIRE(first.size() == 80);
  CHECK(std::set<TimerRef>(first.begin(), first.end()).size() == first.size());
  // In between a real run takes timers, and so changes which slots come next.
  CHECK(run([]() -> Task<> {
          std::vector<TimerRef> taken;
          for (int i = 0; i < 7; ++i) taken.push_back(send_after(1h, self(), Done{}));
          for (const TimerRef timer : taken) CHECK(cancel_timer(timer));
          co_return;
        }) == 0);
  CHECK(timers_of(3) == first);
  const std::vector<TimerRef> other = timers_of(4);
  for (std::size_t i = 0; i < first.size(); ++i) CHECK(other[i] != first[i]);
  // What a simulation has shown is nobody's after it.
  CHECK(run([&first]() -> Task<> {
          CHECK_FALSE(cancel_timer(first.front()));
          CHECK_FALSE(read_timer(first.back()));
          co_return;
        }) == 0);
}

TEST_CASE("simulation: the user branch is there", "[testing]") {
  const SimulationResult result = Simulation{}.run([]() -> Task<> {
    ChildSpec spec = child<Counter>("counter").named("counter");
    co_await runtime().user().start_child(std::move(spec));
    Name<Counter>{"counter"}.cast<Boom>();
    co_await advance(1s);
    const int value = co_await Name<Counter>{"counter"}.call<Get>();
    CHECK(value == 0);
  });
  INFO(result.report());
  CHECK(result.ok());
  CHECK_THAT(result.trace.text(), ContainsSubstring("restarts counter") && ContainsSubstring("\"counter\""));
}

TEST_CASE("simulation: a program that never ends is too long", "[testing]") {
  const SimulationResult spins = Simulation{{.max_steps = 1000}}.run([]() -> Task<> {
    for (;;) co_await sleep(0s);
  });
  REQUIRE_FALSE(spins.ok());
  CHECK(spins.failure().kind == Kind::too_long);
  const SimulationResult waits = Simulation{{.max_time = 1h}}.run([]() -> Task<> {
    for (;;) co_await sleep(1min);
  });
  REQUIRE_FALSE(waits.ok());
  CHECK(waits.failure().kind == Kind::too_long);
}

TEST_CASE("simulation: what is left behind in memory is found", "[testing]") {
  void* lost = nullptr;
  const SimulationResult result = Simulation{}.run([&lost]() -> Task<> {
    lost = base::pool_allocate(64);
    co_return;
  });
  REQUIRE_FALSE(result.ok());
  CHECK(result.failure().kind == Kind::left_behind);
  base::pool_free(lost, 64);
  CHECK(Simulation{}.run(busy_main).ok());
}

TEST_CASE("simulation: a user's own check fails it", "[testing]") {
  const SimulationResult result = Simulation{}.run([]() -> Task<> {
    check(true, "holds");
    check(1 > 2, "one is more than two");
    co_return;
  });
  REQUIRE_FALSE(result.ok());
  CHECK(result.failure().text == "one is more than two");
  CHECK_THROWS_AS(check(false, "outside"), std::logic_error);
}

TEST_CASE("simulation: what must always hold is looked at after every slice", "[testing]") {
  const SimulationResult result = Simulation{}.run([]() -> Task<> {
    int level = 0;
    always("the level is low", [&level] { return level < 3; });
    for (; level < 5; ++level) co_await sleep(1s);
  });
  REQUIRE_FALSE(result.ok());
  CHECK(result.failure().text == "the level is low");
  CHECK(result.time < 4s);
}

TEST_CASE("simulation: the same program runs outside of one", "[testing]") {
  CHECK(run(busy_main) == 0);
  CHECK_FALSE(simulated());
  CHECK_FALSE(buggify("nothing"));
  note("nowhere");
  CHECK(run([]() -> Task<> { co_await advance(1ms); }) == 0);
}
