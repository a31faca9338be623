// supervisor_SUITE of OTP, group sup_stop and the ending of trees: how children are stopped.
#include "supervisors.hpp"

using namespace coppice;
using namespace coppice::test;

TEST_CASE(
    "supervisor_SUITE: sup_stop_infinity: workers and supervisors may have all the time they need",
    "[otp][supervisor][rule-20]") {
  World world;
  run_in(world, [](World* w) -> Task<> {
    SupervisorSpec inner;
    SupervisorSpec spec{
        .children = {actor(w, "worker").shutdown(infinity),
                     child_supervisor("super", std::move(inner)).shutdown(infinity)}};
    const Static sup = co_await start_static(std::move(spec));
    const std::vector<ChildInfo> children = co_await sup.which_children();
    const MonitorRef worker = monitor(children[0].pid.value());
    const MonitorRef super = monitor(children[1].pid.value());
    EXPECT(co_await terminate(sup) == ExitReason::shutdown());
    EXPECT(co_await end_of(worker) == ExitReason::shutdown());
    EXPECT(co_await end_of(super) == ExitReason::shutdown());
  });
}

TEST_CASE(
    "supervisor_SUITE: sup_stop_timeout: a child that overruns its time is killed, the other ends "
    "in order",
    "[otp][supervisor][rule-20]") {
  World world;
  world.plan("slow", {.hang = true});
  run_in(world, [](World* w) -> Task<> {
    SupervisorSpec spec{
        .children = {actor(w, "quick").shutdown(60s), actor(w, "slow").shutdown(5ms)}};
    const Static sup = co_await start_static(std::move(spec));
    const MonitorRef quick = monitor(w->latest("quick"));
    const MonitorRef slow = monitor(w->latest("slow"));
    EXPECT(co_await terminate(sup) == ExitReason::shutdown());
    EXPECT(co_await end_of(quick) == ExitReason::shutdown());
    EXPECT(co_await end_of(slow) == ExitReason::killed());
    EXPECT(w->saw("report shutdown_error killed slow") &&
           !w->saw("report shutdown_error killed quick"));
  });
}

TEST_CASE(
    "supervisor_SUITE: sup_stop_timeout_dynamic: each dynamic child that overruns its time is "
    "killed",
    "[otp][supervisor][rule-25]") {
  World world;
  world.plan("slow", {.hang = true});
  run_in(world, [](World* w) -> Task<> {
    const Dynamic sup = co_await start_dynamic();
    std::vector<MonitorRef> slow;
    for (int i = 0; i < 3; ++i) {
      co_await sup.start_child(actor(w, "slow").shutdown(5ms));
      slow.push_back(monitor(w->latest("slow")));
    }
    co_await sup.start_child(actor(w, "quick").shutdown(60s));
    const MonitorRef quick = monitor(w->latest("quick"));
    EXPECT(co_await terminate(sup) == ExitReason::shutdown());
    for (const MonitorRef& m : slow) EXPECT(co_await end_of(m) == ExitReason::killed());
    EXPECT(co_await end_of(quick) == ExitReason::shutdown());
  });
}

TEST_CASE("supervisor_SUITE: sup_stop_brutal_kill: who is to be killed is, at once and unreported",
          "[otp][supervisor][rule-20]") {
  World world;
  run_in(world, [](World* w) -> Task<> {
    SupervisorSpec spec{.children = {actor(w, "asked"), actor(w, "killed").shutdown(brutal_kill)}};
    const Static sup = co_await start_static(std::move(spec));
    const MonitorRef asked = monitor(w->latest("asked"));
    const MonitorRef killed = monitor(w->latest("killed"));
    w->take();
    EXPECT(co_await terminate(sup) == ExitReason::shutdown());
    EXPECT(co_await end_of(asked) == ExitReason::shutdown());
    EXPECT(co_await end_of(killed) == ExitReason::killed());
    EXPECT(w->take() == "terminate asked#1 shutdown");
  });
}

TEST_CASE("supervisor_SUITE: sup_stop_brutal_kill_dynamic: ten dynamic children are killed",
          "[otp][supervisor][rule-25]") {
  World world;
  run_in(world, [](World* w) -> Task<> {
    const Dynamic sup = co_await start_dynamic();
    std::vector<MonitorRef> children;
    for (int i = 0; i < 10; ++i) {
      co_await sup.start_child(actor(w, "x").shutdown(brutal_kill));
      children.push_back(monitor(w->latest("x")));
    }
    EXPECT(co_await terminate(sup) == ExitReason::shutdown());
    for (const MonitorRef& m : children) EXPECT(co_await end_of(m) == ExitReason::killed());
    EXPECT(!w->saw("terminate") && !w->saw("report"));
  });
}

TEST_CASE(
    "supervisor_SUITE: sup_stop_race: children that end by themselves meanwhile do not derail a "
    "shutdown",
    "[otp][supervisor][rule-20]") {
  World world;
  run_in(world, [](World* w) -> Task<> {
    for (const bool dynamic : {false, true}) {
      const int before = w->starts("n");
      Pid sup;
      if (dynamic) {
        const Dynamic d = co_await start_dynamic();
        for (const char* id : {"n", "s", "x", "last"}) co_await d.start_child(actor(w, id));
        sup = d;
      } else {
        SupervisorSpec spec{
            .children = {actor(w, "n"), actor(w, "s"), actor(w, "x"), actor(w, "last")}};
        sup = co_await start_static(std::move(spec));
      }
      const MonitorRef last = monitor(w->latest("last"));
      const MonitorRef m = monitor(sup);
      unlink(sup);
      // The ends and the shutdown are under way at the same time.
      ServerRef<Actor>{w->latest("n")}.cast<Leave>(ExitReason::normal());
      ServerRef<Actor>{w->latest("s")}.cast<Leave>(ExitReason::shutdown());
      ServerRef<Actor>{w->latest("x")}.cast<Leave>(word("other"));
      exit(sup, ExitReason::shutdown());
      EXPECT(co_await end_of(m) == ExitReason::shutdown());
      // If one of them was seen before the shutdown, it was restarted, and that process was
      // stopped.
      EXPECT(co_await end_of(last) == ExitReason::shutdown());
      for (const char* id : {"n", "s", "x"}) EXPECT(!is_alive(w->latest(id)));
      EXPECT(w->starts("n") > before);
    }
  });
}

TEST_CASE(
    "supervisor_SUITE: sup_stop_non_shutdown_exit_dynamic: dynamic children may answer a shutdown "
    "with any reason",
    "[otp][supervisor][rule-25]") {
  World world;
  world.plan("odd", {.end = "different"});
  world.plan("untrapping", {.trap = false});
  run_in(world, [](World* w) -> Task<> {
    const Dynamic sup = co_await start_dynamic();
    co_await sup.start_child(actor(w, "odd"));
    co_await sup.start_child(actor(w, "untrapping"));
    const MonitorRef odd = monitor(w->latest("odd"));
    const MonitorRef untrapping = monitor(w->latest("untrapping"));
    EXPECT(co_await terminate(sup) == ExitReason::shutdown());
    EXPECT(co_await end_of(odd) == word("different"));
    EXPECT(co_await end_of(untrapping) == ExitReason::shutdown());
    EXPECT(w->saw("report shutdown_error different odd"));
  });
}

TEST_CASE(
    "supervisor_SUITE: order_of_children: started in the order of the specs, stopped in reverse",
    "[otp][supervisor][rule-20][rule-22]") {
  World world;
  run_in(world, [](World* w) -> Task<> {
    SupervisorSpec spec{.strategy = Strategy::rest_for_one,
                        .children = {actor(w, "a"), actor(w, "b"), actor(w, "c"), actor(w, "d")}};
    const Static sup = co_await start_static(std::move(spec));
    EXPECT(w->take() == "start a#1 ok; start b#1 ok; start c#1 ok; start d#1 ok");
    co_await kill(w, "b");
    EXPECT(co_await tree(w, sup) == "a#1 b#2 c#2 d#2");
    EXPECT(w->take() ==
           "report child_terminated killed b; terminate d#1 shutdown; terminate c#1 shutdown; "
           "start b#2 ok; start c#2 ok; start d#2 ok");
    co_await terminate(sup);
    EXPECT(w->take() ==
           "terminate d#2 shutdown; terminate c#2 shutdown; terminate b#2 shutdown; terminate a#1 "
           "shutdown");
  });
}

TEST_CASE(
    "supervisor_SUITE: child_unlink: terminate_child ends a child that has taken its link away",
    "[otp][supervisor][rule-20]") {
  World world;
  run_in(world, [](World* w) -> Task<> {
    SupervisorSpec spec{.children = {actor(w, "x").shutdown(infinity)}};
    const Static sup = co_await start_static(std::move(spec));
    co_await ServerRef<Actor>{w->latest("x")}.call<UnlinkFromParent>();
    const MonitorRef m = monitor(w->latest("x"));
    co_await sup.terminate_child("x");
    EXPECT(!(co_await end_of(m)).is_noproc());
    EXPECT(co_await tree(w, sup) == "x:none");
  });
}

TEST_CASE(
    "supervisor_SUITE: tree: limits escalate to the parent, and dynamic children are not made "
    "again",
    "[otp][supervisor][rule-22]") {
  World world;
  run_in(world, [](World* w) -> Task<> {
    SupervisorSpec branch{.intensity = 2, .period = 1h, .children = {actor(w, "a"), actor(w, "b")}};
    SupervisorSpec other{.intensity = 0, .period = 1h, .children = {actor(w, "c")}};
    SupervisorSpec spec{
        .intensity = 1,
        .period = 1h,
        .children = {
            actor(w, "top"), child_supervisor("branch", std::move(branch)),
            child<DynamicSupervisor>("dynamic", DynamicSpec{.intensity = 9}).named("dynamic"),
            child_supervisor("other", std::move(other))}};
    const Static sup = co_await start_apart(std::move(spec));
    const MonitorRef end = monitor(sup);
    co_await Name<DynamicSupervisor>{"dynamic"}.resolve()->start_child(actor(w, "d"));
    EXPECT((co_await sup.count_children()) == counts(4, 4, 3, 1));

    // The first two crashes are the branch's own matter, the third is the top's.
    const ChildInfo info = co_await sup.which_child("branch");
    const auto old = as<StaticSupervisor>(info.pid.value());
    for (int crash = 1; crash <= 2; ++crash) {
      co_await kill(w, "a");
      EXPECT(co_await tree(w, *old) == fmt::format("a#{} b#1", crash + 1));
    }
    const MonitorRef limit = monitor(*old);
    co_await kill(w, "b");
    EXPECT(co_await end_of(limit) == ExitReason::shutdown());
    EXPECT((co_await sup.count_children()).active == 4);
    EXPECT(w->starts("a") == 4 && w->starts("b") == 2 && w->starts("top") == 1);

    // What the dynamic one had is not made again; its own crash ends the top, which may restart
    // once only.
    const MonitorRef dynamic = monitor(Atom{"dynamic"});
    exit(*whereis("dynamic"), ExitReason::kill());
    EXPECT(co_await end_of(dynamic) == ExitReason::killed());
    EXPECT(co_await end_of(end) == ExitReason::shutdown());
    EXPECT(w->starts("d") == 1 && !is_alive(w->latest("top")) && !is_alive(w->latest("c")));
  });
}
