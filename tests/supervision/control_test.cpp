// The control functions and their errors (child_adm, extra_return,
// already_started_outside_supervisor and which_children of OTP's suite).
#include "rig.hpp"

using namespace coppice;
using namespace coppice::test;

namespace {

Task<ServerRef<StaticSupervisor>> supervisor_of(World* w, AutoShutdown mode = AutoShutdown::never) {
  SupervisorSpec spec{
      .intensity = 9, .auto_shutdown = mode, .children = {actor(w, "a"), actor(w, "b")}};
  return start_link<StaticSupervisor>(std::move(spec));
}

}  // namespace

TEST_CASE("control: start_child adds behind all others") {
  World world;
  run_in(world, [](World* w) -> Task<> {
    auto sup = co_await supervisor_of(w);
    StartedChild c = co_await sup.start_child(actor(w, "c"));
    EXPECT(c.value() == w->latest("c"));
    EXPECT(co_await tree(w, sup) == "a#1 b#1 c#1");
    EXPECT((co_await sup.count_children()) ==
           ChildCounts{.specs = 3, .active = 3, .supervisors = 0, .workers = 3});
    w->take();
    co_await sup.stop();
    EXPECT(w->take() == "terminate c#1 shutdown; terminate b#1 shutdown; terminate a#1 shutdown");
  });
}

TEST_CASE("control: start_child of a known id is refused, whether it runs or not") {
  World world;
  run_in(world, [](World* w) -> Task<> {
    auto sup = co_await supervisor_of(w);
    auto running = co_await sup.try_start_child(actor(w, "a"));
    EXPECT(!running && running.error().is_already_started());
    EXPECT(running.error().pid() == w->latest("a"));
    co_await sup.terminate_child("a");
    auto present = co_await sup.try_start_child(actor(w, "a"));
    EXPECT(!present && present.error().is_already_present());
    EXPECT(w->starts("a") == 1);
  });
}

TEST_CASE("control: a start_child that fails says why, keeps no spec and is not reported") {
  World world;
  world.plan("bad", {.starts = {"stop:no"}});
  world.plan("worse", {.starts = {"throw:oops"}});
  run_in(world, [](World* w) -> Task<> {
    auto sup = co_await supervisor_of(w);
    w->take();
    auto bad = co_await sup.try_start_child(actor(w, "bad"));
    EXPECT(!bad && bad.error().is_start_failed() && bad.error().reason() == word("no"));
    EXPECT(bad.error().child() == "bad");
    auto worse = co_await sup.try_start_child(actor(w, "worse"));
    EXPECT(!worse && worse.error().reason().is_error());
    EXPECT(w->take() == "start bad#1 stop:no; start worse#1 throw:oops");
    EXPECT(co_await tree(w, sup) == "a#1 b#1");
    bool thrown = false;
    try {
      co_await sup.start_child(actor(w, "bad"));
    } catch (const SupervisorError& error) {
      thrown = error.is_start_failed();
    }
    EXPECT(thrown);
  });
}

TEST_CASE(
    "control: start_child of a child that gives ignore keeps its spec, unless it is temporary") {
  World world;
  world.plan("i", {.starts = {"ignore"}});
  run_in(world, [](World* w) -> Task<> {
    auto sup = co_await supervisor_of(w);
    StartedChild temporary = co_await sup.start_child(actor(w, "i").restart(Restart::temporary));
    EXPECT(temporary.is_none());
    EXPECT(co_await tree(w, sup) == "a#1 b#1");
    StartedChild kept = co_await sup.start_child(actor(w, "i"));
    EXPECT(kept.is_none());
    EXPECT(co_await tree(w, sup) == "a#1 b#1 i:none");
    EXPECT((co_await sup.count_children()) ==
           ChildCounts{.specs = 3, .active = 2, .supervisors = 0, .workers = 3});
  });
}

TEST_CASE("control: a spec that makes no sense is refused by name") {
  World world;
  run_in(world, [](World* w) -> Task<> {
    auto never = co_await supervisor_of(w);
    auto wrong =
        co_await never.try_start_child(actor(w, "s").restart(Restart::transient).significant());
    EXPECT(!wrong && wrong.error().is_bad_combination());
    EXPECT(wrong.error().spec_error()->kind() ==
           supervision::SpecError::Kind::significant_but_never);
    auto any = co_await supervisor_of(w, AutoShutdown::any_significant);
    auto permanent = co_await any.try_start_child(actor(w, "s").significant());
    EXPECT(!permanent && permanent.error().is_bad_combination());
    auto late = co_await any.try_start_child(actor(w, "s").shutdown(-1s));
    EXPECT(!late && late.error().is_invalid_spec() && !late.error().is_bad_combination());
    // A bad spec is refused before its id is looked at, as in OTP.
    auto both = co_await any.try_start_child(actor(w, "a").significant());
    EXPECT(!both && both.error().is_bad_combination());
  });
}

TEST_CASE("control: terminate_child keeps the spec, except a temporary child's") {
  World world;
  run_in(world, [](World* w) -> Task<> {
    auto sup = co_await supervisor_of(w);
    co_await sup.start_child(actor(w, "t").restart(Restart::temporary));
    w->take();
    co_await sup.terminate_child("a");
    co_await sup.terminate_child("t");
    EXPECT(w->take() == "terminate a#1 shutdown; terminate t#1 shutdown");
    EXPECT(co_await tree(w, sup) == "a:none b#1");
    co_await sup.terminate_child("a");  // no process: nothing to do, and no error
    auto gone = co_await sup.try_terminate_child("t");
    EXPECT(!gone && gone.error().is_not_found());
  });
}

TEST_CASE("control: restart_child starts a child that has no process, and no other") {
  World world;
  world.plan("b", {.starts = {"ok", "stop:no", "ignore", "ok"}});
  run_in(world, [](World* w) -> Task<> {
    auto sup = co_await supervisor_of(w);
    auto running = co_await sup.try_restart_child("a");
    EXPECT(!running && running.error().is_running());
    auto unknown = co_await sup.try_restart_child("x");
    EXPECT(!unknown && unknown.error().is_not_found());
    co_await sup.terminate_child("b");
    auto failed = co_await sup.try_restart_child("b");
    EXPECT(!failed && failed.error().is_start_failed() && failed.error().reason() == word("no"));
    EXPECT(co_await tree(w, sup) == "a#1 b:none");
    EXPECT(!w->saw("report"));
    StartedChild ignored = co_await sup.restart_child("b");
    EXPECT(ignored.is_none());
    StartedChild started = co_await sup.restart_child("b");
    EXPECT(started.value() == w->latest("b"));
    EXPECT(co_await tree(w, sup) == "a#1 b#4");
  });
}

TEST_CASE("control: delete_child forgets a child that has no process, and no other") {
  World world;
  run_in(world, [](World* w) -> Task<> {
    auto sup = co_await supervisor_of(w);
    auto running = co_await sup.try_delete_child("a");
    EXPECT(!running && running.error().is_running());
    co_await sup.terminate_child("a");
    co_await sup.delete_child("a");
    EXPECT(co_await tree(w, sup) == "b#1");
    auto unknown = co_await sup.try_delete_child("a");
    EXPECT(!unknown && unknown.error().is_not_found());
    co_await sup.start_child(actor(w, "a"));
    EXPECT(co_await tree(w, sup) == "b#1 a#2");
  });
}

TEST_CASE("control: which_child and get_child_spec tell of one child") {
  World world;
  run_in(world, [](World* w) -> Task<> {
    auto sup = co_await supervisor_of(w);
    co_await sup.start_child(actor(w, "c").restart(Restart::transient).shutdown(2s).named("cee"));
    ChildInfo info = co_await sup.which_child("c");
    EXPECT(info == ChildInfo("c", w->latest("c"), ChildType::worker));
    ChildSpec spec = co_await sup.get_child_spec("c");
    EXPECT(fmt::format("{}", spec) == "c: transient worker, shutdown 2000 ms, named cee");
    auto unknown = co_await sup.try_which_child("x");
    EXPECT(!unknown && unknown.error().is_not_found());
    auto none = co_await sup.try_get_child_spec("x");
    EXPECT(!none && none.error().is_not_found());
    // What is told can start a child elsewhere.
    SupervisorSpec empty;
    auto other = co_await start_link<StaticSupervisor>(std::move(empty));
    co_await sup.terminate_child("c");
    EXPECT((co_await other.start_child(spec)).has_value());
  });
}

TEST_CASE("control: children of type supervisor are counted as such") {
  World world;
  run_in(world, [](World* w) -> Task<> {
    auto sup = co_await supervisor_of(w);
    SupervisorSpec inner{.children = {actor(w, "x")}};
    co_await sup.start_child(child_supervisor("s", std::move(inner)));
    co_await sup.start_child(child<DynamicSupervisor>("d"));
    EXPECT((co_await sup.count_children()) ==
           ChildCounts{.specs = 4, .active = 4, .supervisors = 2, .workers = 2});
    co_await sup.terminate_child("s");
    EXPECT((co_await sup.count_children()) ==
           ChildCounts{.specs = 4, .active = 3, .supervisors = 2, .workers = 2});
    EXPECT((co_await sup.get_child_spec("s")).shutdown() == infinity);
  });
}

TEST_CASE("control: a supervisor that is gone is an error of its own") {
  World world;
  run_in(world, [](World* w) -> Task<> {
    auto sup = co_await supervisor_of(w);
    co_await sup.stop();
    auto children = co_await sup.try_which_children();
    EXPECT(!children && children.error().is_unreachable() && children.error().reason().is_noproc());
    auto started = co_await sup.try_start_child(actor(w, "c"));
    EXPECT(!started && started.error().is_unreachable());
    ExitReason why;
    try {
      co_await sup.which_children();
    } catch (const ExitSignal& signal) {
      why = signal.reason();
    }
    EXPECT(why.is_noproc());
  });
}

TEST_CASE("control: a plain thread can ask a supervisor too") {
  World world;
  Runtime runtime{RuntimeOptions{.schedulers = 1, .events = &world}};
  SupervisorSpec spec{.children = {actor(&world, "a")}};
  auto sup = runtime.start<StaticSupervisor>(std::move(spec));
  const auto children =
      runtime.run([sup]() -> Task<std::vector<ChildInfo>> { co_return co_await sup.which_children(); });
  REQUIRE(children.size() == 1);
  CHECK(children[0].id == "a");
}
