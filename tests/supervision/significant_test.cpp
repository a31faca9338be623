// auto_shutdown and significant children (the significant group of OTP's suite).
#include "rig.hpp"

using namespace coppice;
using namespace coppice::test;

namespace {

constexpr auto transient = Restart::transient;
constexpr auto temporary = Restart::temporary;

Task<ServerRef<StaticSupervisor>> supervisor_of(World* w, AutoShutdown mode, Restart restart,
                                                Strategy strategy = Strategy::one_for_one) {
  SupervisorSpec spec{
      .strategy = strategy,
      .intensity = 9,
      .period = 1h,
      .auto_shutdown = mode,
      .children = {actor(w, "s").restart(restart).significant(),
                   actor(w, "t").restart(restart).significant(), actor(w, "n").restart(restart)}};
  return start<StaticSupervisor>(std::move(spec));
}

// Whether the supervisor has ended of itself, in order, after all that was sent to it before.
Task<bool> has_ended(ServerRef<StaticSupervisor> sup) {
  const MonitorRef m = monitor(sup);
  auto answer = co_await sup.try_count_children();
  if (answer) co_return false;
  const ExitReason why = co_await receive(on(m, [](Down d) { return std::move(d.reason); }));
  EXPECT(why == ExitReason::shutdown() || why.is_noproc());
  co_return true;
}

}  // namespace

TEST_CASE("significant: a child that is not significant never ends its supervisor") {
  World world;
  run_in(world, [](World* w) -> Task<> {
    for (const Restart restart : {transient, temporary}) {
      auto sup = co_await supervisor_of(w, AutoShutdown::any_significant, restart);
      (void)co_await leave(w, "n", ExitReason::normal());
      EXPECT(!co_await has_ended(sup));
      co_await sup.stop();
    }
  });
}

TEST_CASE(
    "significant: any_significant ends with the first that ends by itself, and stops the others") {
  World world;
  run_in(world, [](World* w) -> Task<> {
    auto sup = co_await supervisor_of(w, AutoShutdown::any_significant, transient);
    w->take();
    (void)co_await leave(w, "s", ExitReason::shutdown(7));
    EXPECT(co_await has_ended(sup));
    EXPECT(w->take() ==
           "terminate s#1 shutdown: 7; terminate n#1 shutdown; terminate t#1 shutdown");
  });
}

TEST_CASE("significant: all_significant waits for the last") {
  World world;
  run_in(world, [](World* w) -> Task<> {
    for (const Restart restart : {transient, temporary}) {
      auto sup = co_await supervisor_of(w, AutoShutdown::all_significant, restart);
      (void)co_await leave(w, "t", ExitReason::normal());
      EXPECT(!co_await has_ended(sup));
      (void)co_await leave(w, "s", ExitReason::normal());
      EXPECT(co_await has_ended(sup));
      EXPECT(!is_alive(w->latest("n")));
    }
  });
}

TEST_CASE(
    "significant: a transient one that crashes is restarted and ends nothing, a temporary one ends "
    "it") {
  World world;
  run_in(world, [](World* w) -> Task<> {
    auto restarted = co_await supervisor_of(w, AutoShutdown::any_significant, transient);
    (void)co_await leave(w, "s", word("boom"));
    EXPECT(!co_await has_ended(restarted));
    EXPECT(co_await tree(w, restarted) == "s#2 t#1 n#1");
    co_await restarted.stop();
    auto forgotten = co_await supervisor_of(w, AutoShutdown::any_significant, temporary);
    (void)co_await leave(w, "s", word("boom"));
    EXPECT(co_await has_ended(forgotten));
  });
}

TEST_CASE("significant: terminate_child ends nothing, and what is terminated counts as gone") {
  World world;
  run_in(world, [](World* w) -> Task<> {
    for (const Restart restart : {transient, temporary}) {
      auto any = co_await supervisor_of(w, AutoShutdown::any_significant, restart);
      co_await any.terminate_child("s");
      EXPECT(!co_await has_ended(any));
      co_await any.stop();
      auto all = co_await supervisor_of(w, AutoShutdown::all_significant, restart);
      co_await all.terminate_child("s");
      EXPECT(!co_await has_ended(all));
      (void)co_await leave(w, "t", ExitReason::normal());
      EXPECT(co_await has_ended(all));
    }
  });
}

TEST_CASE("significant: one that is taken down for its sibling ends nothing") {
  World world;
  run_in(world, [](World* w) -> Task<> {
    for (const Strategy strategy : {Strategy::one_for_all, Strategy::rest_for_one}) {
      SupervisorSpec spec{
          .strategy = strategy,
          .intensity = 9,
          .auto_shutdown = AutoShutdown::any_significant,
          .children = {actor(w, "p"), actor(w, "s").restart(transient).significant(),
                       actor(w, "t").restart(temporary).significant()}};
      auto sup = co_await start<StaticSupervisor>(std::move(spec));
      const int s = w->starts("s");
      (void)co_await leave(w, "p", word("boom"));
      EXPECT(!co_await has_ended(sup));
      EXPECT(w->starts("s") == s + 1);
      std::vector<ChildInfo> left = co_await sup.which_children();
      EXPECT(left.size() == 2);
      co_await sup.stop();
    }
  });
}

TEST_CASE("significant: one whose restart is still being tried counts as there") {
  World world;
  run_in(world, [](World* w) -> Task<> {
    SupervisorSpec spec{.intensity = 1'000'000'000,
                        .auto_shutdown = AutoShutdown::all_significant,
                        .children = {actor(w, "s").restart(transient).significant(),
                                     actor(w, "t").restart(transient).significant()}};
    auto sup = co_await start<StaticSupervisor>(std::move(spec));
    w->plan("s", {.starts = {"stop:bad"}});
    (void)co_await leave(w, "s", word("boom"));
    (void)co_await leave(w, "t", ExitReason::normal());
    EXPECT(!co_await has_ended(sup));
    w->plan("s", {});
    while (co_await tree(w, sup) == "s:restarting t:none") co_await sleep(1ms);
    (void)co_await leave(w, "s", ExitReason::normal());
    EXPECT(co_await has_ended(sup));
  });
}

TEST_CASE(
    "significant: a supervisor that ends so is itself a significant child's end, if it is one") {
  World world;
  run_in(world, [](World* w) -> Task<> {
    for (const bool chained : {true, false}) {
      SupervisorSpec inner{.auto_shutdown = AutoShutdown::any_significant,
                           .children = {actor(w, "s").restart(temporary).significant()}};
      SupervisorSpec outer{
          .auto_shutdown = AutoShutdown::any_significant,
          .children = {
              actor(w, "a"),
              child_supervisor("inner", std::move(inner)).restart(transient).significant(chained)}};
      auto sup = co_await start<StaticSupervisor>(std::move(outer));
      std::vector<ChildInfo> children = co_await sup.which_children();
      const MonitorRef m = monitor(children[1].pid.value());
      (void)co_await leave(w, "s", ExitReason::normal());
      co_await receive(on(m, [](const Down& d) { EXPECT(d.reason == ExitReason::shutdown()); }));
      EXPECT(co_await has_ended(sup) == chained);
      if (!chained) co_await sup.stop();
    }
  });
}
