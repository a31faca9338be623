// How a supervisor restarts: restart types, strategies, the budget, starts that fail meanwhile (the
// restart_* and
// *_termination groups of OTP's suite).
#include "rig.hpp"

using namespace coppice;
using namespace coppice::test;

namespace {

SupervisorSpec four(World* w, Strategy strategy, int intensity = 2) {
  return {.strategy = strategy,
          .intensity = intensity,
          .period = 1h,
          .children = {actor(w, "a"), actor(w, "b"), actor(w, "c"), actor(w, "d")}};
}

// One child of a restart type ends for a reason: what is left of it.
Task<std::string> after_end(World* w, Restart restart, ExitReason reason) {
  SupervisorSpec spec{.intensity = 1, .period = 1h, .children = {actor(w, "x").restart(restart)}};
  auto sup = co_await start_link<StaticSupervisor>(std::move(spec));
  const int before = w->starts("x");
  (void)co_await leave(w, "x", std::move(reason));
  std::string left = co_await tree(w, sup);
  if (w->starts("x") > before) left = "restarted";
  co_await sup.stop();
  co_return left;
}

Task<ExitReason> reason_of(MonitorRef m) {
  co_return co_await receive(on(m, [](Down d) { return std::move(d.reason); }));
}

}  // namespace

TEST_CASE(
    "restart: a permanent child always, a transient one unless it ended in order, a temporary one "
    "never") {
  World world;
  run_in(world, [](World* w) -> Task<> {
    EXPECT(co_await after_end(w, Restart::permanent, ExitReason::normal()) == "restarted");
    EXPECT(co_await after_end(w, Restart::permanent, ExitReason::shutdown()) == "restarted");
    EXPECT(co_await after_end(w, Restart::permanent, ExitReason::shutdown(1)) == "restarted");
    EXPECT(co_await after_end(w, Restart::permanent, word("boom")) == "restarted");
    EXPECT(co_await after_end(w, Restart::transient, ExitReason::normal()) == "x:none");
    EXPECT(co_await after_end(w, Restart::transient, ExitReason::shutdown()) == "x:none");
    EXPECT(co_await after_end(w, Restart::transient, ExitReason::shutdown(1)) == "x:none");
    EXPECT(co_await after_end(w, Restart::transient, word("boom")) == "restarted");
    EXPECT(co_await after_end(w, Restart::temporary, ExitReason::normal()) == "");
    EXPECT(co_await after_end(w, Restart::temporary, ExitReason::shutdown()) == "");
    EXPECT(co_await after_end(w, Restart::temporary, ExitReason::shutdown(1)) == "");
    EXPECT(co_await after_end(w, Restart::temporary, word("boom")) == "");
  });
}

TEST_CASE(
    "restart: an unexpected end is reported, an orderly one of a child that is not permanent is "
    "not") {
  World world;
  run_in(world, [](World* w) -> Task<> {
    SupervisorSpec spec{.intensity = 9,
                        .children = {actor(w, "p"), actor(w, "t").restart(Restart::transient),
                                     actor(w, "m").restart(Restart::temporary)}};
    auto sup = co_await start_link<StaticSupervisor>(std::move(spec));
    w->take();
    (void)co_await leave(w, "p", ExitReason::normal());
    co_await tree(w, sup);
    EXPECT(w->take() == "terminate p#1 normal; report child_terminated normal p; start p#2 ok");
    (void)co_await leave(w, "t", ExitReason::normal());
    co_await tree(w, sup);
    EXPECT(w->take() == "terminate t#1 normal");
    (void)co_await leave(w, "m", word("boom"));
    co_await tree(w, sup);
    EXPECT(w->take() == "terminate m#1 boom; report child_terminated boom m");
  });
}

TEST_CASE("restart: one_for_one restarts the failed child only, until the budget is spent") {
  World world;
  run_in(world, [](World* w) -> Task<> {
    auto sup = co_await start<StaticSupervisor>(four(w, Strategy::one_for_one));
    const MonitorRef m = monitor(sup);
    (void)co_await leave(w, "b", word("boom"));
    EXPECT(co_await tree(w, sup) == "a#1 b#2 c#1 d#1");
    (void)co_await leave(w, "c", word("boom"));
    EXPECT(co_await tree(w, sup) == "a#1 b#2 c#2 d#1");
    w->take();
    (void)co_await leave(w, "d", word("enough"));
    EXPECT(co_await reason_of(m) == ExitReason::shutdown());
    EXPECT(w->take() ==
           "terminate d#1 enough; report child_terminated enough d; "
           "report shutdown reached_max_restart_intensity d; "
           "terminate c#2 shutdown; terminate b#2 shutdown; terminate a#1 shutdown");
    EXPECT(w->last_words() ==
           "more than 2 restarts in 3600 s; last crashes: b: boom; c: boom; d: enough");
  });
}

TEST_CASE("restart: one_for_all stops the others in reverse and starts all in order") {
  World world;
  run_in(world, [](World* w) -> Task<> {
    auto sup = co_await start<StaticSupervisor>(four(w, Strategy::one_for_all));
    const MonitorRef m = monitor(sup);
    w->take();
    (void)co_await leave(w, "b", word("boom"));
    EXPECT(co_await tree(w, sup) == "a#2 b#2 c#2 d#2");
    EXPECT(w->take() ==
           "terminate b#1 boom; report child_terminated boom b; "
           "terminate d#1 shutdown; terminate c#1 shutdown; terminate a#1 shutdown; "
           "start a#2 ok; start b#2 ok; start c#2 ok; start d#2 ok");
    (void)co_await leave(w, "a", word("boom"));
    EXPECT(co_await tree(w, sup) == "a#3 b#3 c#3 d#3");  // one event costs one restart
    (void)co_await leave(w, "a", word("boom"));
    EXPECT(co_await reason_of(m) == ExitReason::shutdown());
  });
}

TEST_CASE("restart: rest_for_one stops those behind in reverse and starts from the failed one on") {
  World world;
  run_in(world, [](World* w) -> Task<> {
    auto sup = co_await start<StaticSupervisor>(four(w, Strategy::rest_for_one));
    const MonitorRef m = monitor(sup);
    w->take();
    (void)co_await leave(w, "b", word("boom"));
    EXPECT(co_await tree(w, sup) == "a#1 b#2 c#2 d#2");
    EXPECT(w->take() ==
           "terminate b#1 boom; report child_terminated boom b; "
           "terminate d#1 shutdown; terminate c#1 shutdown; "
           "start b#2 ok; start c#2 ok; start d#2 ok");
    (void)co_await leave(w, "d", word("boom"));
    EXPECT(co_await tree(w, sup) == "a#1 b#2 c#2 d#3");
    (void)co_await leave(w, "a", word("boom"));
    EXPECT(co_await reason_of(m) == ExitReason::shutdown());
  });
}

TEST_CASE("restart: intensity 0 means that the first crash ends the supervisor") {
  World world;
  run_in(world, [](World* w) -> Task<> {
    auto sup = co_await start<StaticSupervisor>(four(w, Strategy::one_for_one, 0));
    const MonitorRef m = monitor(sup);
    (void)co_await leave(w, "b", word("boom"));
    EXPECT(co_await reason_of(m) == ExitReason::shutdown());
    EXPECT(!is_alive(w->latest("a")));
    EXPECT(w->starts("b") == 1);
  });
}

TEST_CASE("restart: a restart that is out of the period does not count") {
  World world;
  run_in(world, [](World* w) -> Task<> {
    SupervisorSpec spec{.intensity = 1, .period = 1ns, .children = {actor(w, "a")}};
    auto sup = co_await start_link<StaticSupervisor>(std::move(spec));
    for (int i = 2; i < 20; ++i) {
      (void)co_await leave(w, "a", word("boom"));
      EXPECT(co_await tree(w, sup) == fmt::format("a#{}", i));
    }
  });
}

TEST_CASE("restart: temporary bystanders vanish, are not restarted and cost nothing") {
  World world;
  run_in(world, [](World* w) -> Task<> {
    for (const bool all : {true, false}) {
      SupervisorSpec spec{
          .strategy = all ? Strategy::one_for_all : Strategy::rest_for_one,
          .intensity = 1,
          .period = 1h,
          .children = {actor(w, "a"), actor(w, "t").restart(Restart::temporary), actor(w, "c")}};
      auto sup = co_await start_link<StaticSupervisor>(std::move(spec));
      const int t = w->starts("t");
      (void)co_await leave(w, "a", word("boom"));
      std::vector<ChildInfo> left = co_await sup.which_children();
      EXPECT(left.size() == 2 && left[0].id == "a" && left[1].id == "c");
      EXPECT(w->starts("t") == t);
      co_await sup.stop();
    }
  });
}

TEST_CASE(
    "restart: a start that fails is tried again, each try from the budget, until the supervisor "
    "gives up") {
  World world;
  world.plan("b", {.starts = {"ok", "stop:bad"}});
  run_in(world, [](World* w) -> Task<> {
    auto sup = co_await start<StaticSupervisor>(four(w, Strategy::one_for_one, 3));
    const MonitorRef m = monitor(sup);
    w->take();
    (void)co_await leave(w, "b", word("boom"));
    EXPECT(co_await reason_of(m) == ExitReason::shutdown());
    EXPECT(w->take() ==
           "terminate b#1 boom; report child_terminated boom b; "
           "start b#2 stop:bad; report start_error bad b; start b#3 stop:bad; report start_error "
           "bad b; "
           "start b#4 stop:bad; report start_error bad b; report shutdown "
           "reached_max_restart_intensity b; "
           "terminate d#1 shutdown; terminate c#1 shutdown; terminate a#1 shutdown");
  });
}

TEST_CASE("restart: a restart whose start gives ignore keeps the spec without a process") {
  World world;
  world.plan("b", {.starts = {"ok", "ignore"}});
  run_in(world, [](World* w) -> Task<> {
    auto sup = co_await start_link<StaticSupervisor>(four(w, Strategy::one_for_one));
    (void)co_await leave(w, "b", word("boom"));
    EXPECT(co_await tree(w, sup) == "a#1 b:none c#1 d#1");
  });
}

TEST_CASE(
    "restart: under one_for_all a sibling's failed start takes down those already restarted before "
    "the next try") {
  World world;
  world.plan("c", {.starts = {"ok", "stop:bad", "ok"}});
  run_in(world, [](World* w) -> Task<> {
    auto sup = co_await start_link<StaticSupervisor>(four(w, Strategy::one_for_all));
    w->take();
    (void)co_await leave(w, "a", word("boom"));
    while (co_await tree(w, sup) != "a#3 b#3 c#3 d#2") co_await sleep(1ms);
    EXPECT(w->take() ==
           "terminate a#1 boom; report child_terminated boom a; "
           "terminate d#1 shutdown; terminate c#1 shutdown; terminate b#1 shutdown; "
           "start a#2 ok; start b#2 ok; start c#2 stop:bad; report start_error bad c; "
           "terminate b#2 shutdown; terminate a#2 shutdown; "
           "start a#3 ok; start b#3 ok; start c#3 ok; start d#2 ok");
  });
}

TEST_CASE("restart: under rest_for_one the next try starts only from the one that failed") {
  World world;
  world.plan("c", {.starts = {"ok", "stop:bad", "ok"}});
  run_in(world, [](World* w) -> Task<> {
    auto sup = co_await start_link<StaticSupervisor>(four(w, Strategy::rest_for_one));
    w->take();
    (void)co_await leave(w, "b", word("boom"));
    while (co_await tree(w, sup) != "a#1 b#2 c#3 d#2") co_await sleep(1ms);
    EXPECT(w->take() ==
           "terminate b#1 boom; report child_terminated boom b; "
           "terminate d#1 shutdown; terminate c#1 shutdown; "
           "start b#2 ok; start c#2 stop:bad; report start_error bad c; "
           "start c#3 ok; start d#2 ok");
  });
}

TEST_CASE("restart: the escalation of each strategy ends all children") {
  World world;
  world.plan("c", {.starts = {"ok", "throw:bad"}});
  run_in(world, [](World* w) -> Task<> {
    for (const Strategy strategy :
         {Strategy::one_for_one, Strategy::one_for_all, Strategy::rest_for_one}) {
      w->plan("c", {.starts = {"ok"}});
      auto sup = co_await start<StaticSupervisor>(four(w, strategy, 4));
      w->plan("c", {.starts = {"throw:bad"}});
      const MonitorRef m = monitor(sup);
      (void)co_await leave(w, "c", word("boom"));
      EXPECT(co_await reason_of(m) == ExitReason::shutdown());
      EXPECT(!is_alive(w->latest("a")) && !is_alive(w->latest("b")) && !is_alive(w->latest("d")));
    }
  });
}

TEST_CASE(
    "restart: while it keeps failing the supervisor answers, and can be told to give the child "
    "up") {
  World world;
  run_in(world, [](World* w) -> Task<> {
    auto sup =
        co_await start_link<StaticSupervisor>(four(w, Strategy::rest_for_one, 1'000'000'000));
    w->plan("b", {.starts = {"stop:bad"}});
    (void)co_await leave(w, "b", word("boom"));
    EXPECT(co_await tree(w, sup) == "a#1 b:restarting c:none d:none");
    EXPECT((co_await sup.count_children()) ==
           ChildCounts{.specs = 4, .active = 1, .supervisors = 0, .workers = 4});
    auto again = co_await sup.try_restart_child("b");
    EXPECT(!again && again.error().is_restarting());
    auto removed = co_await sup.try_delete_child("b");
    EXPECT(!removed && removed.error().is_restarting());
    auto twice = co_await sup.try_start_child(actor(w, "b"));
    EXPECT(!twice && twice.error().is_already_present());
    co_await sup.terminate_child("b");
    EXPECT(co_await tree(w, sup) == "a#1 b:none c:none d:none");
    w->plan("b", {});
    EXPECT((co_await sup.restart_child("b")).has_value());
    EXPECT(is_alive(w->latest("b")));
    co_await sup.stop();
  });
}

TEST_CASE("restart: a supervisor that keeps trying can be stopped") {
  World world;
  run_in(world, [](World* w) -> Task<> {
    auto sup = co_await start<StaticSupervisor>(four(w, Strategy::one_for_all, 1'000'000'000));
    w->plan("c", {.starts = {"stop:bad"}});
    (void)co_await leave(w, "a", word("boom"));
    co_await sup.stop(ExitReason::shutdown());
    EXPECT(!is_alive(sup));
    EXPECT(!is_alive(w->latest("a")) && !is_alive(w->latest("d")));
  });
}

TEST_CASE(
    "restart: several children that died before the supervisor looked are restarted one by one") {
  World world;
  run_in(world, [](World* w) -> Task<> {
    auto sup = co_await start_link<StaticSupervisor>(four(w, Strategy::one_for_one, 3));
    co_await sup.suspend();
    (void)co_await leave(w, "c", word("one"));
    (void)co_await leave(w, "a", word("two"));
    (void)co_await kill(w, "d");
    w->take();
    co_await sup.resume();
    EXPECT(co_await tree(w, sup) == "a#2 b#1 c#2 d#2");
    EXPECT(
        w->take() ==
        "report child_terminated one c; start c#2 ok; report child_terminated two a; start a#2 ok; "
        "report child_terminated killed d; start d#2 ok");
  });
}

TEST_CASE(
    "restart: a child that is taken down for another and had died meanwhile is restarted once") {
  World world;
  run_in(world, [](World* w) -> Task<> {
    auto sup = co_await start_link<StaticSupervisor>(four(w, Strategy::one_for_all, 2));
    co_await sup.suspend();
    (void)co_await leave(w, "c", word("one"));
    (void)co_await leave(w, "a", word("two"));
    w->take();
    co_await sup.resume();
    EXPECT(co_await tree(w, sup) == "a#2 b#2 c#2 d#2");
    EXPECT(w->saw("report shutdown_error two a"));
    (void)co_await leave(w, "b", word("three"));
    EXPECT(co_await tree(w, sup) == "a#3 b#3 c#3 d#3");  // the second death cost nothing
  });
}

TEST_CASE("restart: a name is free for the next process, and found by who keeps the Name") {
  World world;
  run_in(world, [](World* w) -> Task<> {
    SupervisorSpec spec{.intensity = 9, .children = {actor(w, "a").named("ay")}};
    auto sup = co_await start_link<StaticSupervisor>(std::move(spec));
    const Name<Actor> ay{"ay"};
    for (int i = 1; i < 5; ++i) {
      EXPECT(co_await ay.call<Ping>() == fmt::format("a#{}", i));
      (void)co_await kill(w, "a");
      co_await tree(w, sup);
    }
  });
}
