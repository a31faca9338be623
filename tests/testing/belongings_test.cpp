// What a process has when it ends: unread messages, answers it has not fetched, callers it owes an
// answer, timers, frames deep in a handler. Killed at any moment, nothing of it stays behind, and
// who waits for it hears.
#include <coppice/coppice.hpp>
#include <coppice/testing.hpp>

#include <vector>

#include "catch.hpp"
#include "seeds.hpp"

using namespace coppice;
using namespace coppice::testing;
using namespace std::chrono_literals;

namespace {

// Counts itself: what is not freed is seen though it comes from nobody's pool.
struct Thing {
  static inline int alive = 0;
  Thing() { ++alive; }
  Thing(const Thing&) { ++alive; }
  Thing& operator=(const Thing&) = default;
  ~Thing() { --alive; }
};

struct Letter {
  Thing thing;
};
struct Never {};
struct Ask {
  Thing thing;
};
struct Keep {
  Thing thing;
};
struct Done {};

std::chrono::milliseconds some_ms(std::uint64_t most) {
  return std::chrono::milliseconds{random_number(most)};
}

// Answers some at once, some when others ask, some never.
class Keeper : public GenServer {
 public:
  Keeper() { trap_exit(random_number(2) == 0); }

  Thing handle_call(Ask ask) { return ask.thing; }
  Reply<Thing> handle_call(Keep, From<Thing> from) {
    kept_.push_back(std::move(from));
    if (kept_.size() > 3) {
      kept_.front().reply();
      kept_.erase(kept_.begin());
    }
    return no_reply;
  }
  void handle_cast(Letter) {}
  void terminate(const ExitReason&) {
    for (From<Thing>& from : kept_)
      if (random_number(2) == 0) from.reply();
  }

 private:
  Thing thing_;
  std::vector<From<Thing>> kept_;
};

Task<> wait_deep(ServerRef<Keeper> keeper, std::uint64_t levels) {
  const Thing local;
  if (levels > 0) {
    co_await wait_deep(keeper, levels - 1);
    co_return;
  }
  switch (random_number(5)) {
    case 0: co_await sleep(1s); break;
    case 1: co_await receive<Never>(1s); break;
    case 2: (void)co_await keeper.within(some_ms(300)).try_call<Keep>(); break;
    case 3: (void)co_await try_start_link<Keeper>(); break;
    default: {
      auto work = [thing = Thing{}] { return thing; };
      (void)co_await blocking(std::move(work));
    }
  }
}

Task<> holder(ServerRef<Keeper> keeper, Pid other) {
  const Thing mine;
  trap_exit(random_number(2) == 0);
  std::vector<RequestHandle<Thing>> requests;
  for (;;) {
    send<Letter>(self());
    send<Letter>(other);
    keeper.cast<Letter>();
    send_after<Letter>(some_ms(100), self());
    send_after<Letter>(some_ms(100), other);
    (void)monitor(keeper.pid());
    (void)monitor(other);
    requests.push_back(keeper.send_request<Ask>());
    requests.push_back(keeper.send_request<Keep>());
    if (random_number(4) == 0) requests.clear();
    (void)co_await keeper.within(some_ms(50)).try_call<Ask>();
    co_await wait_deep(keeper, random_number(4));
  }
}

Task<> belongings_main() {
  const auto started = co_await try_start<Keeper>();
  if (!started) co_return;  // killed before it had started
  const ServerRef<Keeper> keeper = *started;
  Pid latest = self();
  for (int i = 0; i < 4; ++i) latest = spawn(holder, keeper, latest);
  std::vector<Pid> all{keeper.pid()};
  for (int i = 0; i < 4; ++i) all.push_back(spawn(holder, keeper, latest));
  for (int i = 0; i < 3; ++i) {
    co_await sleep(some_ms(100));
    const Pid one = all[random_number(all.size())];
    exit(one, random_number(2) == 0 ? ExitReason::kill() : ExitReason::shutdown());
  }
}

// ---- who waits for an answer

struct Number {
  int number;
};
struct Throw {
  int number;
};
struct StopWith {
  int number;
};
struct Slow {
  int number;
};
struct Drop {};
struct Forget {};
struct Defer {
  int number;
};

class Unsteady : public GenServer {
 public:
  int handle_call(Number n) { return n.number; }
  int handle_call(Throw) { throw std::runtime_error{"as it was told"}; }
  Reply<int> handle_call(StopWith n) { return Reply<int>::stop(ExitReason::shutdown(), n.number); }
  Reply<int> handle_call(Forget, From<int> from) {
    auto forgets = [](From<int> kept) -> Task<> {
      co_await sleep(some_ms(5));
      check(kept.is_open(), "nobody else answers");
    };
    spawn(forgets, std::move(from));
    return no_reply;
  }
  Task<int> handle_call(Slow n) {
    co_await sleep(some_ms(20));
    co_return n.number;
  }
  Reply<int> handle_call(Drop, From<int>) { return no_reply; }
  Reply<int> handle_call(Defer n, From<int> from) {
    if (!late_.empty() && random_number(2) == 0) late_.back().reply(n.number - 1);
    late_.push_back(std::move(from));
    return no_reply;
  }
  Task<> terminate(const ExitReason&) { co_await sleep(some_ms(20)); }

 private:
  std::vector<From<int>> late_;
};

Task<> asker(int first, Pid tell) {
  const Name<Unsteady> server{"unsteady"};
  for (int i = first; i < first + 8; ++i) {
    std::expected<int, CallError> got = co_await server.within(10ms).try_call<Number>(i);
    check(!got || *got == i, "an answer is one's own");
    switch (random_number(8)) {
      case 0: got = co_await server.within(some_ms(30)).try_call<Throw>(i); break;
      case 1: got = co_await server.within(some_ms(30)).try_call<StopWith>(i); break;
      case 2: got = co_await server.within(some_ms(30)).try_call<Drop>(); break;
      default: {
        auto deferred = server.send_request<Defer>(i);
        got = co_await deferred.response(some_ms(5));
        got = co_await deferred.response(some_ms(10));
        check(!got, "a request that was answered, or given up, is answered again");
        continue;
      }
    }
    check(!got || *got == i, "an answer is one's own");
    auto request = server.send_request<Number>(i);
    auto other = server.send_request<Number>(i + 1000);
    co_await sleep(some_ms(3));
    got = co_await other.response(some_ms(30));
    check(!got || *got == i + 1000, "what was requested is one's own");
    got = co_await request.response(some_ms(30));
    check(!got || *got == i, "what was requested is one's own");
    got = co_await request.response(some_ms(5));
    check(!got, "a request gives one answer");
  }
  send<Done>(tell);
}

// Waits for ever if need be: whatever becomes of the server, there is an answer, or an error.
Task<> patient_asker(Pid tell) {
  const auto server = Name<Unsteady>{"unsteady"}.within(infinity);
  for (int i = 0; i < 10; ++i) {
    std::expected<int, CallError> got = co_await server.try_call<Number>(i);
    check(!got || *got == i, "an answer is one's own");
    switch (random_number(5)) {
      case 0: got = co_await server.try_call<Throw>(i); break;
      case 1: got = co_await server.try_call<StopWith>(i); break;
      case 2: got = co_await server.try_call<Slow>(i); break;
      case 3: got = co_await server.try_call<Forget>(); break;
      default: got = co_await server.try_call<Drop>();
    }
    check(!got || *got == i, "an answer is one's own");
    co_await sleep(some_ms(10));
  }
  send<Done>(tell);
}

Task<> kills_at_times() {
  for (int i = 0; i < 10; ++i) {
    co_await sleep(some_ms(40));
    if (const std::optional<Pid> server = whereis("unsteady")) exit(*server, ExitReason::kill());
  }
}

Task<> askers_main() {
  SupervisorSpec spec;
  spec.intensity = 1000;
  spec.children.push_back(child<Unsteady>("unsteady").named("unsteady"));
  (void)co_await start_link<StaticSupervisor>(std::move(spec));
  for (int i = 0; i < 3; ++i) spawn_link(asker, i * 100, self());
  spawn_link(patient_asker, self());
  spawn(kills_at_times);
  for (int i = 0; i < 4; ++i) co_await receive<Done>();
}

Exploration explore_things(const ExploreOptions& options) {
  const auto program = [](const SimulationOptions& each) {
    Thing::alive = 0;
    SimulationResult result = Simulation{each}.run(belongings_main);
    if (result.ok() && Thing::alive != 0)
      result.failures.push_back(
          {SimulationFailure::Kind::left_behind, fmt::format("{} things", Thing::alive)});
    return result;
  };
  return explore_program(program, options);
}

}  // namespace

TEST_CASE("belongings: nothing that a process had stays behind, whenever it is killed",
          "[testing]") {
  Faults faults;
  faults.kill = 0.01;
  faults.stall = 0.02;
  const Exploration found = explore_things({.seeds = seeds(500), .faults = faults});
  INFO(found.report());
  CHECK(found.ok());
}

TEST_CASE(
    "belongings: who asks a server that throws, stops, drops and defers has one answer to each "
    "question",
    "[testing]") {
  Faults faults;
  faults.stall = 0.02;
  faults.stall_for = 10ms;
  const Exploration found = explore(askers_main, {.seeds = seeds(500), .faults = faults});
  INFO(found.report());
  CHECK(found.ok());
}
