// supervisor_SUITE of OTP, groups restart_* and hanging_restart_loop*: strategies, the budget,
// restarts that fail.
#include "supervisors.hpp"

using namespace coppice;
using namespace coppice::test;

namespace {

// Children whose ids are the letters.
SupervisorSpec children(World* w, Strategy strategy, int intensity, std::string_view ids) {
  SupervisorSpec spec{.strategy = strategy, .intensity = intensity, .period = 1h};
  for (const char id : ids) spec.children.push_back(actor(w, std::string(1, id)));
  return spec;
}
Task<Static> start_two(World* w, Strategy strategy, int intensity = 2) {
  return start_apart(children(w, strategy, intensity, "ab"));
}

// A child whose restart never succeeds makes the supervisor give up, and takes its sibling down.
Task<> escalate(World* w, Strategy strategy) {
  const Static sup = co_await start_apart(children(w, strategy, 4, "ab"));
  const MonitorRef m = monitor(sup);
  w->plan("b", {.starts = {"stop:fails"}});
  co_await kill(w, "a");
  if (strategy == Strategy::one_for_one) {
    EXPECT(co_await tree(w, sup) == "a#2 b#1");
    co_await kill(w, "b");
  }
  EXPECT(co_await end_of(m) == ExitReason::shutdown());
  EXPECT(!is_alive(w->latest("a")) && !is_alive(w->latest("b")));
  EXPECT(w->saw("report start_error fails b"));
  EXPECT(w->saw("report shutdown reached_max_restart_intensity b"));
}

}  // namespace

TEST_CASE(
    "supervisor_SUITE: one_for_one: only the dead child is restarted; the limit ends the "
    "supervisor",
    "[otp][supervisor][rule-22]") {
  World world;
  run_in(world, [](World* w) -> Task<> {
    const Static sup = co_await start_two(w, Strategy::one_for_one);
    const MonitorRef m = monitor(sup);
    co_await kill(w, "a");
    EXPECT(co_await tree(w, sup) == "a#2 b#1");
    EXPECT((co_await sup.count_children()) == counts(2, 2, 0, 2));
    co_await kill(w, "b");
    EXPECT(co_await tree(w, sup) == "a#2 b#2");
    co_await kill(w, "b");
    EXPECT(co_await end_of(m) == ExitReason::shutdown());
    EXPECT(!is_alive(w->latest("a")) && w->starts("b") == 2);
  });
}

TEST_CASE(
    "supervisor_SUITE: one_for_one_escalation: a restart that keeps failing ends the supervisor "
    "and the other child",
    "[otp][supervisor][rule-22]") {
  World world;
  run_in(world, [](World* w) -> Task<> { co_await escalate(w, Strategy::one_for_one); });
}

TEST_CASE("supervisor_SUITE: one_for_all: all children are restarted; the limit applies",
          "[otp][supervisor][rule-22]") {
  World world;
  run_in(world, [](World* w) -> Task<> {
    const Static sup = co_await start_two(w, Strategy::one_for_all);
    const MonitorRef m = monitor(sup);
    co_await kill(w, "a");
    EXPECT(co_await tree(w, sup) == "a#2 b#2");
    co_await kill(w, "b");
    EXPECT(co_await tree(w, sup) == "a#3 b#3");
    co_await kill(w, "a");
    EXPECT(co_await end_of(m) == ExitReason::shutdown());
    EXPECT(!is_alive(w->latest("b")) && w->starts("a") == 3);
  });
}

TEST_CASE(
    "supervisor_SUITE: one_for_all_escalation: a sibling that fails to restart ends the supervisor",
    "[otp][supervisor][rule-22]") {
  World world;
  run_in(world, [](World* w) -> Task<> { co_await escalate(w, Strategy::one_for_all); });
}

TEST_CASE(
    "supervisor_SUITE: one_for_all_other_child_fails_restart: those restarted already are stopped "
    "before the next try",
    "[otp][supervisor][rule-22]") {
  World world;
  world.plan("b", {.starts = {"ok", "stop:fails", "ok"}});
  run_in(world, [](World* w) -> Task<> {
    const Static sup = co_await start_apart(children(w, Strategy::one_for_all, 3, "ab"));
    w->take();
    co_await kill(w, "b");
    while (co_await tree(w, sup) != "a#3 b#3") co_await sleep(0ms);
    EXPECT(w->take() ==
           "report child_terminated killed b; terminate a#1 shutdown; start a#2 ok; start b#2 "
           "stop:fails; "
           "report start_error fails b; terminate a#2 shutdown; start a#3 ok; start b#3 ok");
    co_await terminate(sup);
  });
}

TEST_CASE(
    "supervisor_SUITE: simple_one_for_one: only the dead dynamic child is restarted; the limit "
    "applies",
    "[otp][supervisor][rule-22][rule-25]") {
  World world;
  run_in(world, [](World* w) -> Task<> {
    const Dynamic sup =
        co_await start<DynamicSupervisor>(DynamicSpec{.intensity = 2, .period = 1h});
    const MonitorRef m = monitor(sup);
    for (const char* id : {"a", "b"}) co_await sup.start_child(actor(w, id));
    co_await kill(w, "a");
    EXPECT((co_await sup.count_children()) == counts(2, 2, 0, 2));
    EXPECT(w->starts("a") == 2 && w->starts("b") == 1);
    co_await kill(w, "b");
    EXPECT((co_await sup.count_children()).active == 2);
    co_await kill(w, "a");
    EXPECT(co_await end_of(m) == ExitReason::shutdown());
    EXPECT(!is_alive(w->latest("b")));
  });
}

TEST_CASE(
    "supervisor_SUITE: simple_one_for_one_shutdown: children stop at the same time, the slow are "
    "killed when theirs is over",
    "[otp][supervisor][rule-25]") {
  World world;
  world.plan("slow", {.hang = true});
  run_in(world, [](World* w) -> Task<> {
    const Dynamic sup = co_await start_dynamic();
    std::vector<MonitorRef> slow;
    for (int i = 0; i < 40; ++i) {
      co_await sup.start_child(actor(w, "slow").shutdown(50ms));
      slow.push_back(monitor(w->latest("slow")));
    }
    const timing::Instant begin = now();
    EXPECT(co_await terminate(sup) == ExitReason::shutdown());
    const timing::Duration taken = now() - begin;
    for (const MonitorRef& m : slow) EXPECT(co_await end_of(m) == ExitReason::killed());
    EXPECT(taken >= 50ms);
    EXPECT(taken < 40 * 50ms);  // one after the other would take that long
  });
}

TEST_CASE(
    "supervisor_SUITE: simple_one_for_one_extra: what a start gives besides is dropped when the "
    "child is restarted",
    "[otp][supervisor][rule-23]") {
  World world;
  run_in(world, [](World* w) -> Task<> {
    const Dynamic sup = co_await start_dynamic();
    const ChildSpec spec = child_from("x", [w]() -> Task<StartedChild> {
      const ServerRef<Actor> x = co_await start_link<Actor>(w, "x");
      co_return StartedChild{x, std::string{"extra_info"}};
    });
    const StartedChild x = co_await sup.start_child(spec);
    EXPECT(*x.info<std::string>() == "extra_info");
    co_await kill(w, "x");
    const std::vector<ChildInfo> left = co_await sup.which_children();
    EXPECT(left.size() == 1 && left[0].pid == ChildPid{w->latest("x")} && w->starts("x") == 2);
  });
}

TEST_CASE(
    "supervisor_SUITE: simple_one_for_one_escalation: a restart that keeps failing ends the "
    "supervisor and the sibling",
    "[otp][supervisor][rule-22]") {
  World world;
  run_in(world, [](World* w) -> Task<> {
    const Dynamic sup =
        co_await start<DynamicSupervisor>(DynamicSpec{.intensity = 4, .period = 1h});
    const MonitorRef m = monitor(sup);
    for (const char* id : {"a", "b"}) co_await sup.start_child(actor(w, id));
    w->plan("a", {.starts = {"stop:error"}});
    co_await kill(w, "a");
    EXPECT(co_await end_of(m) == ExitReason::shutdown());
    EXPECT(!is_alive(w->latest("b")) && w->starts("a") == 5);
  });
}

TEST_CASE(
    "supervisor_SUITE: simple_one_for_one_restart_ignore: a dynamic child whose restart gives "
    "ignore is forgotten",
    "[otp][supervisor][rule-23]") {
  World world;
  run_in(world, [](World* w) -> Task<> {
    const Dynamic sup = co_await start_dynamic();
    co_await sup.start_child(actor(w, "a").restart(Restart::transient));
    w->plan("a", {.starts = {"ignore"}});
    co_await kill(w, "a");
    EXPECT((co_await sup.which_children()).empty());
    EXPECT(w->starts("a") == 2);
  });
}

TEST_CASE(
    "supervisor_SUITE: rest_for_one: the dead child and those after it are restarted; the limit "
    "applies",
    "[otp][supervisor][rule-22]") {
  World world;
  run_in(world, [](World* w) -> Task<> {
    const Static sup = co_await start_apart(children(w, Strategy::rest_for_one, 2, "abc"));
    const MonitorRef m = monitor(sup);
    co_await kill(w, "b");
    EXPECT(co_await tree(w, sup) == "a#1 b#2 c#2");
    co_await kill(w, "a");
    EXPECT(co_await tree(w, sup) == "a#2 b#3 c#3");
    co_await kill(w, "c");
    EXPECT(co_await end_of(m) == ExitReason::shutdown());
    for (const char* id : {"a", "b"}) EXPECT(!is_alive(w->latest(id)));
  });
}

TEST_CASE(
    "supervisor_SUITE: rest_for_one_escalation: a later child that fails to restart ends the "
    "supervisor",
    "[otp][supervisor][rule-22]") {
  World world;
  run_in(world, [](World* w) -> Task<> { co_await escalate(w, Strategy::rest_for_one); });
}

TEST_CASE(
    "supervisor_SUITE: rest_for_one_other_child_fails_restart: the next try leaves alone what was "
    "restarted before the one that failed",
    "[otp][supervisor][rule-22]") {
  World world;
  world.plan("b", {.starts = {"ok", "stop:fails", "ok"}});
  run_in(world, [](World* w) -> Task<> {
    const Static sup = co_await start_apart(children(w, Strategy::rest_for_one, 3, "ab"));
    co_await kill(w, "a");
    while (co_await tree(w, sup) != "a#2 b#3") co_await sleep(0ms);
    EXPECT(w->starts("a") == 2 && w->starts("b") == 3);
    co_await terminate(sup);
  });
}

TEST_CASE(
    "supervisor_SUITE: multiple_restarts: crashes that are further apart than the period never "
    "reach the limit",
    "[otp][supervisor][rule-22]") {
  World world;
  run_in(world, [](World* w) -> Task<> {
    SupervisorSpec spec{.intensity = 1, .period = 10ms, .children = {actor(w, "a")}};
    const Static sup = co_await start_apart(std::move(spec));
    for (int crash = 1; crash <= 5; ++crash) {
      co_await kill(w, "a");
      EXPECT(co_await tree(w, sup) == fmt::format("a#{}", crash + 1));
      co_await sleep(11ms);
    }
    co_await terminate(sup);
  });
}

TEST_CASE(
    "supervisor_SUITE: temporary_bystander: one that is taken down for a sibling is not restarted "
    "and costs nothing",
    "[otp][supervisor][rule-22]") {
  World world;
  run_in(world, [](World* w) -> Task<> {
    for (const Strategy strategy : {Strategy::one_for_all, Strategy::rest_for_one}) {
      SupervisorSpec spec{.strategy = strategy,
                          .intensity = 1,
                          .period = 1h,
                          .children = {actor(w, "p"), actor(w, "t").restart(Restart::temporary)}};
      const Static sup = co_await start_apart(std::move(spec));
      const int p = w->starts("p");
      const int t = w->starts("t");
      co_await kill(w, "p");
      EXPECT(co_await tree(w, sup) == fmt::format("p#{}", p + 1));
      EXPECT(w->starts("t") == t && !is_alive(w->latest("t")));
      co_await terminate(sup);
    }
  });
}

TEST_CASE(
    "supervisor_SUITE: hanging_restart_loop: while a restart keeps failing the supervisor answers, "
    "and can be told to stop it",
    "[otp][supervisor][rule-22][rule-24]") {
  World world;
  run_in(world, [](World* w) -> Task<> {
    const Static sup = co_await start_apart(children(w, Strategy::one_for_one, 1'000'000'000, "a"));
    w->plan("a", {.starts = {"stop:fails"}});
    co_await kill(w, "a");
    EXPECT(co_await tree(w, sup) == "a:restarting");
    EXPECT((co_await sup.count_children()) == counts(1, 0, 0, 1));
    EXPECT((co_await sup.try_restart_child("a")).error().is_restarting());
    EXPECT((co_await sup.try_delete_child("a")).error().is_restarting());
    EXPECT((co_await sup.try_start_child(actor(w, "a"))).error().is_already_present());
    co_await sup.terminate_child("a");
    EXPECT(co_await tree(w, sup) == "a:none");
    EXPECT((co_await sup.try_restart_child("a")).error().is_start_failed());
    w->plan("a", {});
    EXPECT((co_await sup.restart_child("a")).has_value());
    w->plan("a", {.starts = {"stop:fails"}});
    co_await kill(w, "a");
    EXPECT(co_await tree(w, sup) == "a:restarting");
    EXPECT(co_await terminate(sup) == ExitReason::shutdown());
  });
}

TEST_CASE(
    "supervisor_SUITE: hanging_restart_loop_rest_for_one: the siblings behind have no process "
    "meanwhile",
    "[otp][supervisor][rule-22][rule-24]") {
  World world;
  run_in(world, [](World* w) -> Task<> {
    const Static sup =
        co_await start_apart(children(w, Strategy::rest_for_one, 1'000'000'000, "abc"));
    w->plan("b", {.starts = {"stop:fails"}});
    co_await kill(w, "b");
    EXPECT(co_await tree(w, sup) == "a#1 b:restarting c:none");
    EXPECT((co_await sup.try_restart_child("b")).error().is_restarting());
    EXPECT((co_await sup.try_delete_child("b")).error().is_restarting());
    co_await sup.terminate_child("b");
    EXPECT(co_await tree(w, sup) == "a#1 b:none c:none");
    w->plan("b", {});
    EXPECT((co_await sup.restart_child("b")).has_value());
    EXPECT((co_await sup.restart_child("c")).has_value());
    EXPECT((co_await sup.count_children()) == counts(3, 3, 0, 3));
    EXPECT(co_await terminate(sup) == ExitReason::shutdown());
  });
}

TEST_CASE(
    "supervisor_SUITE: hanging_restart_loop_simple: a dynamic child that fails to restart is "
    "terminated by its old pid",
    "[otp][supervisor][rule-24][rule-25]") {
  World world;
  run_in(world, [](World* w) -> Task<> {
    const Dynamic sup = co_await start_dynamic(1'000'000'000);
    const StartedChild a = co_await sup.start_child(actor(w, "a"));
    w->plan("a", {.starts = {"stop:fails"}});
    co_await kill(w, "a");
    EXPECT(co_await tree(w, sup) == "a:restarting");
    EXPECT((co_await sup.count_children()) == counts(1, 0, 0, 1));
    co_await sup.terminate_child(a.value());
    EXPECT((co_await sup.which_children()).empty());
    EXPECT(co_await terminate(sup) == ExitReason::shutdown());
  });
}
