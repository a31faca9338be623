// The oracle: what is seen of a run, told to it, and what it says. Each rule with a run that keeps it and one that breaks it.
#include <coppice/coppice.hpp>
#include <coppice/process/control_signals.hpp>
#include <coppice/process/seam.hpp>
#include <coppice/testing.hpp>

#include <vector>

#include "catch.hpp"
#include "src/testing/oracle.hpp"

using namespace coppice;
using namespace coppice::testing;
using namespace std::chrono_literals;
using Catch::Matchers::ContainsSubstring;

namespace {

using Run = std::vector<Observation>;

std::string broken(const Run& run) { return first_broken(run).value_or("nothing"); }

timing::Instant at(timing::Duration since) { return timing::Instant{1h} + since; }

seen::Restarts restart(timing::Duration since, bool allowed, std::uint64_t intensity = 2) {
  return {.supervisor = 1, .at = at(since), .intensity = intensity, .period = 5s, .allowed = allowed};
}

}  // namespace

TEST_CASE("oracle: a call is answered once", "[testing]") {
  const Run once{seen::Called{1, 7, 2, "Get"}, seen::Answered{1, 7}, seen::Called{1, 8, 2, "Get"}, seen::Answered{1, 8},
                 seen::Answered{3, 7}, seen::Ended{2}, seen::Quiet{{}, {}}};
  CHECK(broken(once) == "nothing");
  Run twice = once;
  twice.push_back(seen::Answered{1, 8});
  CHECK_THAT(broken(twice), ContainsSubstring("call 8 by #1 is answered a second time"));
}

TEST_CASE("oracle: a call is failed by its server's end", "[testing]") {
  const Run never{seen::Called{1, 7, 2, "Get"}, seen::Ended{2}, seen::Quiet{{}, {{1, 7}}}};
  CHECK_THAT(broken(never), ContainsSubstring("#1 waits for the answer to its call of Get, and #2 has ended without one"));
  // Answered; or put off by the server, so that somebody else may answer it; or the caller has ended.
  CHECK(broken({seen::Called{1, 7, 2, "Get"}, seen::Ended{2}, seen::Answered{1, 7}, seen::Quiet{{}, {{1, 8}}}}) == "nothing");
  CHECK(broken({seen::Called{1, 7, 2, "Get"}, seen::Ended{2}, seen::Quiet{{}, {}}}) == "nothing");
  CHECK(broken({seen::Called{1, 7, 2, "Get"}, seen::Ended{1}, seen::Ended{2}, seen::Quiet{{}, {}}}) == "nothing");
  // A server that lives may take its time.
  CHECK(broken({seen::Called{1, 7, 2, "Get"}, seen::Quiet{{}, {{1, 7}}}}) == "nothing");
}

TEST_CASE("oracle: a monitor gives one Down, no more and no less", "[testing]") {
  const seen::Monitored monitored{5, 1, 2};
  CHECK(broken({monitored, seen::Downed{5}, seen::Ended{2}, seen::Quiet{{}, {}}}) == "nothing");
  CHECK_THAT(broken({monitored, seen::Downed{5}, seen::Downed{5}}), ContainsSubstring("#Monitor<5> gives a second Down"));
  CHECK_THAT(broken({monitored, seen::Ended{2}, seen::Quiet{{}, {}}}),
             ContainsSubstring("#1 monitors #2, which has ended, and gets no Down"));
  // Taken back; the watcher has ended; the target lives.
  CHECK(broken({monitored, seen::Demonitored{5}, seen::Ended{2}, seen::Quiet{{}, {}}}) == "nothing");
  CHECK(broken({monitored, seen::Ended{1}, seen::Ended{2}, seen::Quiet{{}, {}}}) == "nothing");
  CHECK(broken({monitored, seen::Quiet{{}, {}}}) == "nothing");
}

TEST_CASE("oracle: names are free in time", "[testing]") {
  CHECK(broken({seen::EndTold{2, ""}, seen::NamesLeft{}}) == "nothing");
  CHECK_THAT(broken({seen::EndTold{2, "it"}}), ContainsSubstring("the end of #2 is told, and it still has the name \"it\""));
  CHECK_THAT(broken({seen::NamesLeft{{"it"}}}), ContainsSubstring("the name \"it\" is still taken"));
}

TEST_CASE("oracle: children start in order and stop in reverse", "[testing]") {
  const Run good{seen::Starts{1, {}},     seen::Started{1, 2}, seen::Starts{1, {}}, seen::Started{1, 3},
                 seen::Stops{1, 3, {}},   seen::Ended{3},      seen::Stops{1, 2, {3}}, seen::Ended{2},
                 seen::Starts{1, {2, 3}}, seen::Started{1, 4}};
  CHECK(broken(good) == "nothing");
  CHECK_THAT(broken({seen::Starts{1, {}}, seen::Starts{1, {}}}), ContainsSubstring("before the start of the one before it is over"));
  CHECK_THAT(broken({seen::Started{1, 3}, seen::Starts{1, {3}}}), ContainsSubstring("#1 starts a child while #3, which comes after it"));
  CHECK_THAT(broken({seen::Started{1, 2}, seen::Started{1, 3}, seen::Stops{1, 2, {3}}}),
             ContainsSubstring("#1 stops #2 while #3, which comes after it, lives"));
}

TEST_CASE("oracle: a supervisor restarts if and only if it may", "[testing]") {
  CHECK(broken({restart(0s, true), restart(1s, true), restart(2s, false)}) == "nothing");
  CHECK(broken({restart(0s, false, 0)}) == "nothing");
  // A restart at the very end of the period counts no more.
  CHECK(broken({restart(0s, true), restart(1s, true), restart(5s, true), restart(6s, true), restart(9s, false)}) == "nothing");
  CHECK_THAT(broken({restart(0s, true), restart(1s, true), restart(4999ms, true)}),
             ContainsSubstring("#1 restarts a child after 2 restarts in 5 s, of 2 that it may make"));
  CHECK_THAT(broken({restart(0s, true), restart(1s, false)}), ContainsSubstring("#1 gives up after 1 restarts"));
  CHECK_THAT(broken({restart(0s, true), restart(1s, true), restart(5s, false)}), ContainsSubstring("gives up after 1 restarts"));
  CHECK_THAT(broken({restart(0s, false, 0), seen::Starts{1, {}}}), ContainsSubstring("#1 has given up, and starts a child"));
  CHECK_THAT(broken({restart(0s, false, 0), seen::Started{1, 2}}), ContainsSubstring("#1 has given up, and has started #2"));
}

TEST_CASE("oracle: no child lives on without its supervisor", "[testing]") {
  const Run orphan{seen::Started{1, 2}, seen::Started{1, 3}, seen::Ended{3}, seen::Ended{1}};
  Oracle oracle;
  for (const Observation& observation : orphan) CHECK_FALSE(oracle.see(observation));
  CHECK(oracle.suspects() == std::vector<seen::Actor>{2});
  // It has something to do still.
  CHECK_FALSE(oracle.see(seen::Quiet{{}, {}}));
  CHECK_THAT(oracle.see(seen::Quiet{{2}, {}}).value_or(""), ContainsSubstring("#2 lives on, and its supervisor is dead"));
  CHECK_FALSE(oracle.see(seen::Ended{2}));
  CHECK_FALSE(oracle.has_suspects());
  // Whoever takes its link away is on its own.
  CHECK(broken({seen::Started{1, 2}, seen::Unlinked{2, 1}, seen::Ended{1}, seen::Quiet{{2}, {}}}) == "nothing");
  CHECK_THAT(broken({seen::Ended{2}, seen::Ended{2}}), ContainsSubstring("ends a second time"));
}

// ---- planted in a simulation, by the library's own means

namespace {

struct Never {};

class Plain : public GenServer {};

std::string failure_of(const SimulationResult& result) {
  REQUIRE_FALSE(result.ok());
  CHECK(result.failure().kind == SimulationFailure::Kind::invariant);
  return result.failure().text;
}

}  // namespace

TEST_CASE("oracle: in a simulation a second Down is seen", "[testing]") {
  const std::string text = failure_of(Simulation{}.run([]() -> Task<> {
    const SpawnedMonitor child = spawn_monitor([]() -> Task<> { co_return; });
    co_await sleep(1s);
    process::send_down({child.ref, self(), {}}, child.pid, ExitReason::normal());
    co_await sleep(1s);
  }));
  CHECK_THAT(text, ContainsSubstring("gives a second Down"));
}

TEST_CASE("oracle: in a simulation a supervisor that breaks its rules is seen", "[testing]") {
  using What = process::ChildStep::What;
  const auto with = [](process::ChildStep step) {
    return failure_of(Simulation{}.run([step]() -> Task<> {
      SupervisorSpec spec;
      spec.children.push_back(child<Plain>("first"));
      const auto supervisor = co_await start_link<StaticSupervisor>(std::move(spec));
      const ChildInfo first = co_await supervisor.which_child("first");
      process::ChildStep told = step;
      told.supervisor = supervisor.pid();
      told.child = told.what == What::stops ? Pid{} : told.child;
      if (told.what == What::starts || told.what == What::stops) told.later = {first.pid.value()};
      process::seam_here()->child_step(told);
      co_await sleep(1s);
    }));
  };
  CHECK_THAT(with({.what = What::starts}), ContainsSubstring("starts a child while #"));
  CHECK_THAT(with({.what = What::stops}), ContainsSubstring("stops #"));
  CHECK_THAT(with({.what = What::restarts, .intensity = 0, .period = 5s}), ContainsSubstring("restarts a child after 0 restarts"));
  CHECK_THAT(with({.what = What::gives_up, .intensity = 1, .period = 5s}), ContainsSubstring("gives up after 0 restarts"));
}

TEST_CASE("oracle: in a simulation a child whose supervisor died unnoticed is seen", "[testing]") {
  const std::string text = failure_of(Simulation{}.run([]() -> Task<> {
    // A process that has no part in it is said to be a child of one that ends.
    const SpawnedMonitor supervisor = spawn_monitor([]() -> Task<> { co_await sleep(1s); });
    const Pid orphan = spawn([]() -> Task<> { co_await receive<Never>(); });
    process::seam_here()->child_step(
        {.what = process::ChildStep::What::started, .supervisor = supervisor.pid, .child = orphan});
    co_await receive(on(supervisor.ref, [](const Down&) {}));
    co_await sleep(1s);
  }));
  CHECK_THAT(text, ContainsSubstring("lives on, and its supervisor is dead"));
}

TEST_CASE("oracle: has nothing to say of supervisors that do what they must", "[testing]") {
  struct Crash {};
  class Fragile : public GenServer {
   public:
    void handle_cast(Crash) { throw std::runtime_error{"crash"}; }
  };
  for (const Strategy strategy : {Strategy::one_for_one, Strategy::one_for_all, Strategy::rest_for_one}) {
    const Exploration found = explore(
        [strategy]() -> Task<> {
          trap_exit(true);
          SupervisorSpec spec;
          spec.strategy = strategy;
          spec.intensity = 2;
          spec.children.push_back(child<Fragile>("a").named("a").restart(Restart::transient));
          spec.children.push_back(child<Fragile>("b").named("b"));
          spec.children.push_back(child<Fragile>("c").named("c").restart(Restart::temporary));
          const auto supervisor = co_await start_link<StaticSupervisor>(std::move(spec));
          for (int i = 0; i < 4; ++i) {
            Name<Fragile>{i % 2 == 0 ? "a" : "b"}.cast<Crash>();
            co_await advance(1s);
          }
          check(!is_alive(supervisor.pid()), "the fourth crash is one too many");
        },
        {.seeds = 50});
    INFO(found.report());
    CHECK(found.ok());
  }
}
