// What a simulation refuses: other threads, and the world outside.
#include <coppice/coppice.hpp>
#include <coppice/testing/simulation.hpp>

#include <functional>
#include <stdexcept>
#include <thread>

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

class Counter : public GenServer {
 public:
  int handle_call(Get) { return value_; }
  void handle_cast(Add add) { value_ += add.by; }

 private:
  int value_ = 0;
};

Task<> drawing() { co_await sleep(std::chrono::milliseconds{random_number(5)}); }

// What a plain thread may try, and what it does it to.
struct Outside {
  Runtime* runtime;
  ServerRef<Counter> counter;
  TimerRef timer;
};
using Attempt = std::function<void(const Outside&)>;

void on_a_thread(const Attempt& attempt, const Outside& outside) {
  std::thread{[&attempt, &outside] { attempt(outside); }}.join();
}

// A program that begins something, lets a plain thread try, and goes on.
SimulationResult tried(const Attempt& attempt, std::uint64_t seed) {
  return Simulation{{.seed = seed}}.run([&attempt]() -> Task<> {
    auto counter = co_await start_link<Counter>();
    for (int i = 0; i < 3; ++i) spawn(drawing);
    const TimerRef timer = send_after(1s, self(), Done{});
    co_await sleep(1ms);
    on_a_thread(attempt, Outside{&runtime(), counter, timer});
    for (int i = 0; i < 3; ++i) spawn(drawing);
    counter.cast<Add>(2);
    const int value = co_await counter.call<Get>();
    check(value == 2, "the counter has what was added");
    co_await receive<Done>();
  });
}

// The error that the attempt got.
std::string error_of(const Attempt& attempt, const Outside& outside) {
  try {
    attempt(outside);
  } catch (const std::logic_error& error) {
    return error.what();
  }
  return "none";
}

}  // namespace

TEST_CASE("simulation: what a plain thread asks of it is refused, and it goes on as if nobody had asked", "[testing]") {
  const std::vector<std::pair<std::string, Attempt>> attempts = {
      {"spawn of", [](const Outside& o) { o.runtime->spawn(drawing); }},
      {"Runtime::start()", [](const Outside& o) { o.runtime->start<Counter>(); }},
      {"Runtime::run()", [](const Outside& o) { o.runtime->start_child(child<Counter>("late")); }},
      {"a blocking call", [](const Outside& o) { o.runtime->call<Get>(o.counter, 1s); }},
      {"spawn of", [](const Outside& o) { o.runtime->async_call<Get>(o.counter, 1s); }},
      {"wait()", [](const Outside& o) { o.runtime->wait(o.counter.pid(), 1s); }},
      {"Runtime::stop()", [](const Outside& o) { o.runtime->stop(); }},
      {"a look at a timer", [](const Outside& o) { cancel_timer(o.timer); }},
      {"Runtime::subscribe_dead_letters()", [](const Outside& o) { o.runtime->subscribe_dead_letters(o.counter.pid()); }},
      {"Runtime::unsubscribe_dead_letters()",
       [](const Outside& o) { o.runtime->unsubscribe_dead_letters(o.counter.pid()); }},
  };
  constexpr std::uint64_t seed = 7;
  const SimulationResult alone = tried([](const Outside&) {}, seed);
  INFO(alone.report());
  REQUIRE(alone.ok());
  for (const auto& [what, attempt] : attempts) {
    std::string error;
    const SimulationResult result = tried([&](const Outside& o) { error = error_of(attempt, o); }, seed);
    INFO(what << ": " << error << "\n" << result.report());
    CHECK_THAT(error, ContainsSubstring(what) && ContainsSubstring("by the plain thread ") && ContainsSubstring("one thread"));
    // A timer's number does not say whose it is.
    if (what != "a look at a timer") CHECK_THAT(error, ContainsSubstring("of seed 7"));
    CHECK(result.ok());
    CHECK(result.hash() == alone.hash());
    CHECK(result.schedule == alone.schedule);
    CHECK(result.time == alone.time);
  }
}

TEST_CASE("simulation: what needs a process says on a plain thread that the Runtime's functions are no way round", "[testing]") {
  const SimulationResult result = tried(
      [](const Outside&) {
        CHECK_THROWS_WITH(spawn(drawing), ContainsSubstring("outside any process") && ContainsSubstring("its own thread alone"));
        CHECK_THROWS_AS(start<Counter>(), ProcessError);
        CHECK_THROWS_AS(send_after(1s, Pid{}, Done{}), ProcessError);
      },
      1);
  INFO(result.report());
  CHECK(result.ok());
}

TEST_CASE("simulation: a plain thread's signal does not arrive, and fails it", "[testing]") {
  const std::vector<std::pair<std::string, Attempt>> attempts = {
      {"Done", [](const Outside& o) { send<Done>(o.counter.pid()); }},
      {"Done", [](const Outside& o) { o.runtime->send<Done>(o.counter.pid()); }},
      {"Add", [](const Outside& o) { o.runtime->cast<Add>(o.counter, 1); }},
      {"Exit", [](const Outside& o) { o.runtime->exit(o.counter.pid(), ExitReason::kill()); }},
  };
  for (const auto& [what, attempt] : attempts) {
    const SimulationResult result = tried(attempt, 7);
    REQUIRE_FALSE(result.ok());
    const std::string& text = result.failure().text;
    CHECK(result.failure().kind == Kind::other_thread);
    CHECK_THAT(text, ContainsSubstring(what + " that the plain thread ") && ContainsSubstring("Counter was refused") &&
                         ContainsSubstring("of seed 7"));
    CHECK_THAT(result.trace.text(), !ContainsSubstring("dead letter"));
  }
  // Also as the last thing that happens.
  const SimulationResult last = Simulation{}.run([]() -> Task<> {
    const Pid me = self();
    std::thread{[me] { send<Done>(me); }}.join();
    const std::optional<Done> none = co_await receive<Done>(0s);
    CHECK_FALSE(none);
  });
  REQUIRE_FALSE(last.ok());
  CHECK(last.failure().kind == Kind::other_thread);
}

TEST_CASE("simulation: what needs another thread is refused to its own", "[testing]") {
  const SimulationResult result = Simulation{}.run([]() -> Task<> {
    CHECK_THROWS_WITH(Runtime{}, ContainsSubstring("inside a simulation"));
    auto counter = co_await start_link<Counter>();
    CHECK_THROWS_WITH(runtime().call<Get>(counter, 1s), ContainsSubstring("a simulation has one"));
    CHECK_THROWS_WITH(runtime().start<Counter>(), ContainsSubstring("a simulation has one"));
    CHECK_THROWS_WITH(runtime().wait(counter.pid(), 1s), ContainsSubstring("a simulation has one"));
    CHECK_THROWS_WITH(runtime().stop(), ContainsSubstring("a simulation has one"));
    CHECK_THROWS_WITH(Simulation{}.run(drawing), ContainsSubstring("inside a process"));
    co_await sleep(1s);
  });
  INFO(result.report());
  CHECK(result.ok());
}

TEST_CASE("simulation: blocking work runs in place as one step, and may use the runtime", "[testing]") {
  for (std::uint64_t seed = 1; seed <= 50; ++seed) {
    int others = 0;
    const SimulationResult result = Simulation{{.seed = seed}}.run([&others]() -> Task<> {
      Runtime& here = runtime();
      const auto busy = [&others]() -> Task<> {
        for (int i = 0; i < 5; ++i) {
          ++others;
          co_await sleep(0s);
        }
      };
      for (int i = 0; i < 3; ++i) spawn(busy);
      const int seen = co_await blocking([&others, &here, busy] {
        const int before = others;
        here.spawn(busy);
        here.send<Done>(here.spawn(busy));
        return others - before;
      });
      CHECK(seen == 0);
      co_await sleep(1s);
      CHECK(others == 25);
    });
    INFO(result.report());
    CHECK(result.ok());
  }
}

TEST_CASE("simulation: real input and output is refused where it is marked", "[testing]") {
  const SimulationResult result = Simulation{{.seed = 9}}.run([]() -> Task<> {
    const Pid reader = spawn([]() -> Task<> {
      set_label("reader");
      co_await sleep(1s);
      try {
        real_io("reads accounts.csv");
        check(false, "it goes on");
      } catch (const std::logic_error& error) {
        CHECK_THAT(error.what(), ContainsSubstring("reads accounts.csv"));
      }
    });
    const MonitorRef end = monitor(reader);
    co_await receive(on(end, [](const Down&) {}));
  });
  REQUIRE_FALSE(result.ok());
  CHECK(result.failure().kind == Kind::real_io);
  CHECK_THAT(result.failure().text, ContainsSubstring("refusals_test.cpp:") && ContainsSubstring("reads accounts.csv") &&
                                        ContainsSubstring("reader") && ContainsSubstring("of seed 9"));

  const SimulationResult blocked = Simulation{}.run([]() -> Task<> { co_await blocking([] { real_io("asks a server"); }); });
  REQUIRE_FALSE(blocked.ok());
  CHECK_THAT(blocked.failure().text, ContainsSubstring("asks a server") && ContainsSubstring("outside of any process"));
  CHECK(run([]() -> Task<> {
    real_io("reads accounts.csv");
    co_return;
  }) == 0);
}
