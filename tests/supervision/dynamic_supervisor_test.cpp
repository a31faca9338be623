// DynamicSupervisor: children by pid, the template form, limits, stopping all at once
// (child_adm_simple and the
// *_simple_one_for_one and *_dynamic cases of OTP's suite).
#include <algorithm>
#include <stdexcept>

#include "rig.hpp"

using namespace coppice;
using namespace coppice::test;

namespace {

ChildSpec lasting(World* w, std::string_view id, Restart restart = Restart::permanent) {
  return actor(w, id).restart(restart);
}

Task<ServerRef<DynamicSupervisor>> supervisor_of(int intensity = 9, std::int64_t most = 1'000'000) {
  return start<DynamicSupervisor>(
      DynamicSpec{.intensity = intensity, .period = 1h, .max_children = most});
}

// The template form.
class Sessions : public DynamicSupervisor {
 public:
  explicit Sessions(World* world) : world_{world} {}
  DynamicSpec init() override { return {.intensity = 2, .period = 1h}; }
  ChildSpec child_spec(std::string user, int priority) {
    if (user.empty()) throw std::invalid_argument{"a session needs a user"};
    ++made_;
    return actor(world_, user).restart(priority > 1 ? Restart::permanent : Restart::temporary);
  }

 private:
  World* world_;
  int made_ = 0;
};

class Ignoring : public DynamicSupervisor {
 public:
  DynamicSpec init() override { return DynamicSpec::ignore(); }
};

Task<ExitReason> reason_of(MonitorRef m) {
  co_return co_await receive(on(m, [](Down d) { return std::move(d.reason); }));
}

}  // namespace

TEST_CASE("dynamic: children come and go, and are known by their pids") {
  World world;
  run_in(world, [](World* w) -> Task<> {
    auto sup = co_await supervisor_of();
    EXPECT((co_await sup.count_children()) == ChildCounts{});
    StartedChild a = co_await sup.start_child(lasting(w, "a"));
    StartedChild b = co_await sup.start_child(lasting(w, "b", Restart::temporary));
    StartedChild a2 = co_await sup.start_child(lasting(w, "a"));  // ids need not differ
    EXPECT((co_await sup.count_children()) ==
           ChildCounts{.specs = 3, .active = 3, .supervisors = 0, .workers = 3});
    ChildInfo info = co_await sup.which_child(b.value());
    EXPECT(info == ChildInfo("b", b, ChildType::worker));
    EXPECT((co_await sup.get_child_spec(a.value())).id() == "a");
    w->take();
    co_await sup.terminate_child(a.value());
    EXPECT(w->take() == "terminate a#1 shutdown");
    EXPECT((co_await sup.which_children()).size() == 2);
    (void)co_await leave(w, "b", ExitReason::normal());
    EXPECT(co_await tree(w, sup) == "a#2");
    EXPECT(a2.value() == w->latest("a"));
    co_await sup.stop();
    EXPECT(!is_alive(a2.value()));
  });
}

TEST_CASE(
    "dynamic: terminating a process that is dead is no error, one that is no child is not_found") {
  World world;
  run_in(world, [](World* w) -> Task<> {
    auto sup = co_await supervisor_of();
    StartedChild a = co_await sup.start_child(lasting(w, "a", Restart::temporary));
    (void)co_await leave(w, "a", ExitReason::normal());
    EXPECT((co_await sup.try_terminate_child(a.value())).has_value());
    auto foreign = co_await sup.try_terminate_child(self());
    EXPECT(!foreign && foreign.error().is_not_found());
    auto which = co_await sup.try_which_child(self());
    EXPECT(!which && which.error().is_not_found());
    auto spec = co_await sup.try_get_child_spec(self());
    EXPECT(!spec && spec.error().is_not_found());
  });
}

TEST_CASE("dynamic: a failed or ignored start is not remembered") {
  World world;
  world.plan("bad", {.starts = {"stop:no"}});
  world.plan("i", {.starts = {"ignore"}});
  run_in(world, [](World* w) -> Task<> {
    auto sup = co_await supervisor_of();
    auto bad = co_await sup.try_start_child(lasting(w, "bad"));
    EXPECT(!bad && bad.error().is_start_failed() && bad.error().reason() == word("no"));
    StartedChild ignored = co_await sup.start_child(lasting(w, "i"));
    EXPECT(ignored.is_none());
    StartedChild temporary = co_await sup.start_child(lasting(w, "i", Restart::temporary));
    EXPECT(temporary.is_none());
    EXPECT((co_await sup.count_children()) == ChildCounts{});
    EXPECT(!w->saw("report"));
    co_await sup.stop();
  });
}

TEST_CASE("dynamic: significant children and bad specs are refused") {
  using Kind = supervision::SpecError::Kind;
  World world;
  run_in(world, [](World* w) -> Task<> {
    auto sup = co_await supervisor_of();
    auto significant =
        co_await sup.try_start_child(lasting(w, "s", Restart::transient).significant());
    EXPECT(!significant && significant.error().is_bad_combination());
    auto nameless = co_await sup.try_start_child(lasting(w, ""));
    EXPECT(!nameless && nameless.error().spec_error()->kind() == Kind::missing_id);
    auto started = co_await try_start<DynamicSupervisor>(DynamicSpec{.max_children = -1});
    EXPECT(!started);
    EXPECT(started.error().reason().get<supervision::SpecError>()->kind() ==
           Kind::invalid_max_children);
    auto flags = co_await try_start<DynamicSupervisor>(DynamicSpec{.period = -1s});
    EXPECT(!flags &&
           flags.error().reason().get<supervision::SpecError>()->kind() == Kind::invalid_period);
    auto ignoring = co_await try_start<Ignoring>();
    EXPECT(!ignoring && ignoring.error().is_ignored());
  });
}

TEST_CASE(
    "dynamic: only the failed child is restarted, as its restart type says, until the budget is "
    "spent") {
  World world;
  run_in(world, [](World* w) -> Task<> {
    auto sup = co_await supervisor_of(2);
    const MonitorRef m = monitor(sup);
    co_await sup.start_child(lasting(w, "p"));
    co_await sup.start_child(lasting(w, "t", Restart::transient));
    co_await sup.start_child(lasting(w, "m", Restart::temporary));
    w->take();
    (void)co_await leave(w, "m", word("boom"));
    EXPECT(co_await tree(w, sup) == "p#1 t#1");
    (void)co_await leave(w, "t", word("boom"));
    std::string now_there = co_await tree(w, sup);
    EXPECT(now_there == "p#1 t#2");
    (void)co_await leave(w, "t", ExitReason::normal());
    EXPECT(co_await tree(w, sup) == "p#1");
    (void)co_await leave(w, "p", ExitReason::normal());
    EXPECT(co_await tree(w, sup) == "p#2");
    EXPECT(w->take() ==
           "terminate m#1 boom; report child_terminated boom m; "
           "terminate t#1 boom; report child_terminated boom t; start t#2 ok; "
           "terminate t#2 normal; terminate p#1 normal; report child_terminated normal p; start "
           "p#2 ok");
    (void)co_await leave(w, "p", word("enough"));
    EXPECT(co_await reason_of(m) == ExitReason::shutdown());
    EXPECT(w->saw("report shutdown reached_max_restart_intensity p"));
    EXPECT(w->last_words().find("p: enough") != std::string::npos);
  });
}

TEST_CASE(
    "dynamic: a restart that fails is tried again; meanwhile the child answers to its old pid") {
  World world;
  run_in(world, [](World* w) -> Task<> {
    auto sup = co_await supervisor_of(1'000'000'000);
    StartedChild a = co_await sup.start_child(lasting(w, "a"));
    co_await sup.start_child(lasting(w, "b"));
    w->plan("a", {.starts = {"stop:bad"}});
    (void)co_await leave(w, "a", word("boom"));
    EXPECT((co_await sup.which_child(a.value())).pid.is_restarting());
    EXPECT((co_await sup.count_children()) ==
           ChildCounts{.specs = 2, .active = 1, .supervisors = 0, .workers = 2});
    co_await sup.terminate_child(a.value());
    EXPECT(co_await tree(w, sup) == "b#1");
    w->plan("b", {.starts = {"stop:bad"}});
    (void)co_await leave(w, "b", word("boom"));
    EXPECT(co_await tree(w, sup) == "b:restarting");
    w->plan("b", {});
    while (co_await tree(w, sup) == "b:restarting") co_await sleep(1ms);
    EXPECT(is_alive(w->latest("b")));
    co_await sup.stop();
  });
}

TEST_CASE(
    "dynamic: a restart that keeps failing makes the supervisor give up, and its siblings end") {
  World world;
  run_in(world, [](World* w) -> Task<> {
    auto sup = co_await supervisor_of(3);
    const MonitorRef m = monitor(sup);
    co_await sup.start_child(lasting(w, "a"));
    co_await sup.start_child(lasting(w, "b"));
    w->plan("a", {.starts = {"throw:bad"}});
    (void)co_await leave(w, "a", word("boom"));
    EXPECT(co_await reason_of(m) == ExitReason::shutdown());
    EXPECT(w->starts("a") == 4);
    EXPECT(!is_alive(w->latest("b")));
  });
}

TEST_CASE("dynamic: a child whose restart gives ignore is forgotten") {
  World world;
  run_in(world, [](World* w) -> Task<> {
    auto sup = co_await supervisor_of();
    co_await sup.start_child(lasting(w, "a"));
    w->plan("a", {.starts = {"ignore"}});
    (void)co_await leave(w, "a", word("boom"));
    EXPECT((co_await sup.count_children()) == ChildCounts{});
  });
}

TEST_CASE("dynamic: max_children counts those that wait for their restart too") {
  World world;
  run_in(world, [](World* w) -> Task<> {
    auto sup = co_await supervisor_of(1'000'000'000, 2);
    co_await sup.start_child(lasting(w, "a"));
    co_await sup.start_child(lasting(w, "b", Restart::temporary));
    auto third = co_await sup.try_start_child(lasting(w, "c"));
    EXPECT(!third && third.error().is_max_children());
    EXPECT(w->starts("c") == 0);
    w->plan("a", {.starts = {"stop:bad"}});
    (void)co_await leave(w, "a", word("boom"));
    EXPECT((co_await sup.count_children()).active == 1);
    third = co_await sup.try_start_child(lasting(w, "c"));
    EXPECT(!third && third.error().is_max_children());
    (void)co_await leave(w, "b", ExitReason::normal());
    EXPECT((co_await sup.try_start_child(lasting(w, "c"))).has_value());
    co_await sup.stop();
  });
}

TEST_CASE(
    "dynamic: all children stop at once, each with its own deadline; what they end of is reported "
    "by reason") {
  World world;
  for (const char* id : {"x", "y"}) world.plan(id, {.hang = true});
  world.plan("odd", {.end = "late"});
  run_in(world, [](World* w) -> Task<> {
    auto sup = co_await supervisor_of();
    std::vector<MonitorRef> ends;
    for (int i = 0; i < 3; ++i) {
      StartedChild x = co_await sup.start_child(lasting(w, "x").shutdown(20ms));
      ends.push_back(monitor(x.value()));
    }
    StartedChild y = co_await sup.start_child(lasting(w, "y").shutdown(brutal_kill));
    ends.push_back(monitor(y.value()));
    co_await sup.start_child(lasting(w, "a").shutdown(infinity));
    co_await sup.start_child(lasting(w, "odd"));
    w->take();
    co_await sup.stop();
    for (const MonitorRef& m : ends) EXPECT(co_await reason_of(m) == ExitReason::killed());
    EXPECT(w->saw("terminate a#1 shutdown"));
    EXPECT(!w->saw("terminate y#1"));
    EXPECT(w->saw("report shutdown_error killed x x3"));
    EXPECT(!w->saw("report shutdown_error killed y"));
    EXPECT(w->saw("report shutdown_error late odd"));
  });
}

TEST_CASE(
    "dynamic: children that die meanwhile, or had taken their link away, do not hold up the stop") {
  World world;
  run_in(world, [](World* w) -> Task<> {
    auto sup = co_await supervisor_of();
    for (const char* id : {"a", "b", "c", "d"}) co_await sup.start_child(lasting(w, id));
    co_await ServerRef<Actor>{w->latest("b")}.call<UnlinkFromParent>();
    co_await sup.suspend();
    (void)co_await leave(w, "a", word("boom"));
    (void)co_await leave(w, "c", ExitReason::shutdown());
    w->take();
    exit(sup, ExitReason::kill());
    (void)co_await end_of(sup);
    EXPECT(is_alive(w->latest("b")));  // it wanted to be on its own
    (void)co_await end_of(w->latest("d"));

    auto other = co_await supervisor_of();
    for (const char* id : {"a", "b", "c", "d"}) co_await other.start_child(lasting(w, id));
    co_await ServerRef<Actor>{w->latest("b")}.call<UnlinkFromParent>();
    co_await other.stop();
    for (const char* id : {"a", "b", "c", "d"}) EXPECT(!is_alive(w->latest(id)));
  });
}

TEST_CASE(
    "dynamic: the template form makes specs in the supervisor's process, and its exceptions are "
    "failed starts") {
  World world;
  run_in(world, [](World* w) -> Task<> {
    auto sup = co_await start<Sessions>(w);
    StartedChild alice = co_await sup.start_child("alice", 1);
    StartedChild bob = co_await sup.start_child("bob", 2);
    EXPECT((co_await sup.get_child_spec(alice.value())).restart() == Restart::temporary);
    EXPECT((co_await sup.get_child_spec(bob.value())).restart() == Restart::permanent);
    auto nobody = co_await sup.try_start_child("", 1);
    EXPECT(!nobody && nobody.error().is_start_failed());
    EXPECT(nobody.error().text().find("a session needs a user") != std::string::npos);
    (void)co_await leave(w, "alice", word("boom"));
    (void)co_await leave(w, "bob", word("boom"));
    EXPECT(co_await tree(w, sup) == "bob#2");
    // A whole spec is as good.
    EXPECT((co_await sup.start_child(lasting(w, "carol"))).has_value());
    co_await sup.stop();
  });
}

TEST_CASE("dynamic: it is a child like any other") {
  World world;
  run_in(world, [](World* w) -> Task<> {
    SupervisorSpec spec{
        .intensity = 1,
        .children = {child<DynamicSupervisor>("d", DynamicSpec{.intensity = 0}).named("dyn")}};
    auto top = co_await start_link<StaticSupervisor>(std::move(spec));
    ServerRef<DynamicSupervisor> d = Name<DynamicSupervisor>{"dyn"}.resolve().value();
    EXPECT((co_await top.get_child_spec("d")).type() == ChildType::supervisor);
    co_await d.start_child(lasting(w, "a"));
    const MonitorRef m = monitor(d);
    (void)co_await leave(w, "a", word("boom"));
    EXPECT(co_await reason_of(m) == ExitReason::shutdown());
    co_await top.count_children();
    ServerRef<DynamicSupervisor> again = Name<DynamicSupervisor>{"dyn"}.resolve().value();
    EXPECT((co_await again.count_children()) == ChildCounts{});  // what it had is not made again
    co_await top.stop();
  });
}

TEST_CASE("supervisors: one whose class is not known can be asked for its children") {
  World world;
  run_in(world, [](World* w) -> Task<> {
    SupervisorSpec spec;
    spec.children.push_back(child<DynamicSupervisor>("pool"));
    spec.children.push_back(actor(w, "a"));
    const auto top = co_await start<StaticSupervisor>(std::move(spec));
    const ServerRef<AnySupervisor> any{top.pid()};
    const std::vector<ChildInfo> children = co_await any.which_children();
    const std::vector<ChildInfo> known = co_await top.which_children();
    EXPECT(children == known);
    EXPECT(children.size() == 2 && children[0].id == "pool");
    const Pid pool = children[0].pid.value_or({});
    const auto started = co_await ServerRef<DynamicSupervisor>{pool}.start_child(lasting(w, "b"));
    const std::vector<ChildInfo> below = co_await ServerRef<AnySupervisor>{pool}.which_children();
    EXPECT(below.size() == 1 && below[0].pid == started);
    const ChildCounts counts = co_await ServerRef<AnySupervisor>{pool}.count_children();
    EXPECT(counts.active == 1);
    co_await top.stop();
    const auto dead = co_await any.try_count_children();
    EXPECT(!dead && dead.error().is_unreachable());
  });
}
