// Faults of messages, memory and by plan: each strikes what it is meant for, is in the trace, and ends with heal().
#include <coppice/coppice.hpp>
#include <coppice/testing.hpp>

#include <functional>
#include <memory>
#include <new>
#include <string>
#include <vector>

#include "catch.hpp"

using namespace coppice;
using namespace coppice::testing;
using namespace std::chrono_literals;
using Catch::Matchers::ContainsSubstring;

namespace {

struct Order {
  int number;
};
struct Other {
  int number;
};
struct Unique {
  std::unique_ptr<int> number;
};
struct Get {};

class Book : public GenServer {
 public:
  std::vector<int> handle_call(Get) { return orders_; }
  void handle_cast(Order order) { orders_.push_back(order.number); }

 private:
  std::vector<int> orders_;
};

std::string trace_of(const SimulationResult& result) { return result.trace.text(10'000); }

// Three orders, by casts.
Task<> three_orders(std::vector<int>& seen) {
  auto book = co_await start_link<Book>();
  for (int i = 1; i <= 3; ++i) book.cast<Order>(i);
  co_await advance(1s);
  seen = co_await book.call<Get>();
}

std::vector<int> orders_under(const Faults& faults, std::string* trace = nullptr) {
  std::vector<int> seen;
  const SimulationResult result = Simulation{{.faults = faults}}.run([&seen]() -> Task<> { return three_orders(seen); });
  INFO(result.report());
  CHECK(result.ok());
  if (trace != nullptr) *trace = trace_of(result);
  return seen;
}

Task<> sends(Pid to, int first, int count) {
  for (int i = 0; i < count; ++i) send<Order>(to, first + i);
  co_return;
}

}  // namespace

TEST_CASE("message faults: a message comes twice, and only of the chosen type", "[testing]") {
  Faults faults;
  faults.messages = {duplicate<Order>(0).at(2)};
  std::string trace;
  CHECK(orders_under(faults, &trace) == std::vector{1, 2, 2, 3});
  CHECK_THAT(trace, ContainsSubstring("FAULT") && ContainsSubstring("sends twice a"));
  faults.messages = {duplicate<Other>(1)};
  CHECK(orders_under(faults) == std::vector{1, 2, 3});
  faults.messages = {duplicate<Order>(1)};
  CHECK(orders_under(faults) == std::vector{1, 1, 2, 2, 3, 3});
}

TEST_CASE("message faults: a message comes changed, by a number that is the seed's", "[testing]") {
  Faults faults;
  faults.messages = {mutate<Order>(0, [](Order& order, std::uint64_t drawn) { order.number += 100 + int(drawn % 7); }).at(3)};
  const std::vector<int> seen = orders_under(faults);
  REQUIRE(seen.size() == 3);
  CHECK(seen[1] == 2);
  CHECK(seen[2] >= 103);
  CHECK(orders_under(faults) == seen);
}

TEST_CASE("message faults: what comes late comes after others' messages, and before its sender's own", "[testing]") {
  Faults faults;
  faults.messages = {reorder<Order>(0.5)};
  faults.reorder_by = 5ms;
  int overtaken = 0;
  for (std::uint64_t seed = 1; seed <= 40; ++seed) {
    std::vector<int> seen;
    const SimulationResult result = Simulation{{.seed = seed, .faults = faults}}.run([&seen]() -> Task<> {
      spawn(sends, self(), 10, 3);
      spawn(sends, self(), 20, 3);
      for (int i = 0; i < 6; ++i) {
        const Order order = co_await receive<Order>();
        seen.push_back(order.number);
      }
    });
    INFO(result.report());
    REQUIRE(result.ok());
    std::vector<int> tens, twenties;
    for (const int n : seen) (n < 20 ? tens : twenties).push_back(n);
    // Between two processes order is kept.
    CHECK(tens == std::vector{10, 11, 12});
    CHECK(twenties == std::vector{20, 21, 22});
    overtaken += trace_of(result).find("sends late a") != std::string::npos;
  }
  CHECK(overtaken > 20);
}

TEST_CASE("message faults: a sender's end does not overtake what it sent, and what is late reaches a dead process as a dead letter",
          "[testing]") {
  Faults faults;
  faults.messages = {reorder<Order>(1)};
  const SimulationResult kept = Simulation{{.faults = faults}}.run([]() -> Task<> {
    trap_exit(true);
    spawn_link(sends, self(), 1, 1);
    bool first = true;
    co_await receive(on<Order>([](Order) {}), on<Exit>([&first](const Exit&) { first = false; }));
    check(first, "the order comes before its sender's exit");
  });
  INFO(kept.report());
  CHECK(kept.ok());
  const SimulationResult dead = Simulation{{.faults = faults}}.run([]() -> Task<> {
    const SpawnedMonitor brief = spawn_monitor([]() -> Task<> { co_await sleep(1us); });
    const Pid sender = spawn(sends, brief.pid, 1, 1);
    co_await receive(on(brief.ref, [](const Down&) {}));
    co_await advance(1s);
    (void)sender;
  });
  INFO(dead.report());
  CHECK(dead.ok());
  CHECK_THAT(trace_of(dead), ContainsSubstring("dead letter"));
}

TEST_CASE("message faults: heal() ends them, and lets go what was held back", "[testing]") {
  Faults faults;
  faults.messages = {reorder<Unique>(1), duplicate<Order>(1)};
  faults.reorder_by = 1h;
  const SimulationResult result = Simulation{{.faults = faults}}.run([]() -> Task<> {
    const Pid me = self();
    spawn([me]() -> Task<> {
      send<Unique>(me, std::make_unique<int>(7));
      co_return;
    });
    co_await settle();
    const std::optional<Unique> none = co_await receive<Unique>(1s);
    check(!none, "it is held back");
    heal();
    const std::optional<Unique> late = co_await receive<Unique>(1ms);
    check(late && *late->number == 7, "it comes when the faults have ended");
    send<Order>(me, 1);
    co_await receive<Order>();
    const std::optional<Order> second = co_await receive<Order>(1s);
    check(!second, "nothing comes twice any more");
  });
  INFO(result.report());
  CHECK(result.ok());
}

TEST_CASE("message faults: the schedule replays them", "[testing]") {
  Faults faults;
  faults.messages = {reorder<Order>(0.3), duplicate<Order>(0.3),
                     mutate<Order>(0.3, [](Order& order, std::uint64_t drawn) { order.number = int(drawn); })};
  for (std::uint64_t seed = 1; seed <= 10; ++seed) {
    std::vector<int> seen;
    const auto program = [&seen]() -> Task<> { return three_orders(seen); };
    const SimulationResult once = Simulation{{.seed = seed, .faults = faults}}.run(program);
    const std::vector<int> once_seen = seen;
    const SimulationResult again =
        Simulation{{.seed = seed, .scheduling = Scheduling::replay(once.schedule.text()), .faults = faults}}.run(program);
    CHECK(once.hash() == again.hash());
    CHECK(once_seen == seen);
  }
}

TEST_CASE("kill plans: at a suspension, at a time, whoever is meant, once", "[testing]") {
  const auto steps_of = [](const KillPlan& plan) {
    Faults faults;
    faults.kill_plans = {plan};
    int steps = 0;
    const SimulationResult result =
        Simulation{{.scheduling = Scheduling::in_order(), .faults = faults}}.run([&steps]() -> Task<> {
          const SpawnedMonitor prey = spawn_monitor(SpawnOptions{.label = "prey"}, [&steps]() -> Task<> {
            for (; steps < 5; ++steps) co_await sleep(1s);
          });
          const Pid other = spawn(SpawnOptions{.label = "other"}, []() -> Task<> { co_await sleep(3s); });
          co_await receive(on(prey.ref, [](const Down&) {}));
          (void)other;
        });
    INFO(result.report());
    CHECK(result.ok());
    CHECK((trace_of(result).find("is killed as planned") != std::string::npos) == (steps != 5));
    return steps;
  };
  CHECK(steps_of({.whom = "prey", .at_suspension = 1}) == 0);
  CHECK(steps_of({.whom = "prey", .at_suspension = 4}) == 3);
  CHECK(steps_of({.whom = "prey", .at_suspension = 40}) == 5);
  CHECK(steps_of({.whom = "prey", .at = 2500ms}) == 2);
  CHECK(steps_of({.whom = "nobody", .at = 2500ms}) == 5);
}

TEST_CASE("allocation faults: bad_alloc where the library promises it, and nothing is lost", "[testing]") {
  Faults faults;
  faults.allocations = {{.point = "spawn", .nth = 1}, {.point = "send_after", .nth = 1}};
  const SimulationResult result = Simulation{{.faults = faults}}.run([]() -> Task<> {
    // The main process is never struck.
    const SpawnedMonitor victim = spawn_monitor([]() -> Task<> {
      int failed = 0;
      for (int i = 0; i < 2; ++i) try {
          spawn([]() -> Task<> { co_return; });
        } catch (const std::bad_alloc&) {
          ++failed;
        }
      const Pid me = self();
      for (int i = 0; i < 2; ++i) try {
          send_after<Order>(1s, me, i);
        } catch (const std::bad_alloc&) {
          ++failed;
        }
      check(failed == 2, "the first of each fails");
      const Order order = co_await receive<Order>();
      check(order.number == 1, "the second is there");
    });
    const Down down = co_await receive(on(victim.ref, [](const Down& d) { return d; }));
    check(down.reason.is_normal(), "no more than that");
  });
  INFO(result.report());
  CHECK(result.ok());
  CHECK_THAT(trace_of(result), ContainsSubstring("has no memory at spawn") && ContainsSubstring("has no memory at send_after"));
}

TEST_CASE("allocation faults: a child for which there is no memory is started again", "[testing]") {
  for (const char* const point : {"start_child", "spawn"}) {
    Faults faults;
    faults.allocations = {{.point = point, .nth = 2}};
    const SimulationResult result = Simulation{{.faults = faults}}.run([]() -> Task<> {
      trap_exit(true);
      SupervisorSpec spec;
      spec.intensity = 3;
      spec.children.push_back(child<Book>("book").named("book"));
      const auto supervisor = co_await start_link<StaticSupervisor>(std::move(spec));
      for (int i = 0; i < 2; ++i) {
        const std::optional<Pid> book = whereis("book");
        check(book.has_value(), "the book is there");
        if (book) exit(*book, ExitReason::kill());
        co_await advance(1s);
      }
      const std::vector<int> none = co_await Name<Book>{"book"}.call<Get>();
      check(none.empty(), "it answers");
      (void)supervisor;
    });
    INFO(point << "\n" << result.report());
    CHECK(result.ok());
    CHECK_THAT(trace_of(result), ContainsSubstring("has no memory at"));
  }
}
