// supervisor_SUITE of OTP, groups sup_start and sup_start_map: how supervisors and children start.
#include <stdexcept>

#include "supervisors.hpp"

using namespace coppice;
using namespace coppice::test;

namespace {

class Ignoring : public Supervisor {
 public:
  SupervisorSpec init() override { return SupervisorSpec::ignore(); }
};

class Raising : public Supervisor {
 public:
  SupervisorSpec init() override { throw std::runtime_error{"init raised"}; }
};

}  // namespace

TEST_CASE(
    "supervisor_SUITE: sup_start_normal: without children it starts, and ends as its parent asks",
    "[otp][supervisor][rule-19]") {
  World world;
  run_in(world, [](World*) -> Task<> {
    SupervisorSpec empty;
    const Static sup = co_await start_static(std::move(empty));
    EXPECT((co_await sup.count_children()) == ChildCounts{});
    EXPECT(co_await terminate(sup) == ExitReason::shutdown());
  });
}

TEST_CASE(
    "supervisor_SUITE: sup_start_ignore_init: an init that gives ignore leaves no Exit behind",
    "[otp][supervisor][rule-10]") {
  World world;
  run_in(world, [](World*) -> Task<> {
    trap_exit(true);
    const auto started = co_await try_start_link<Ignoring>();
    EXPECT(!started && started.error().is_ignored());
    EXPECT(queued() == 0 && process_info(self()).links.empty());
  });
}

TEST_CASE(
    "supervisor_SUITE: sup_start_ignore_child: a child that gives ignore has a spec and no process",
    "[otp][supervisor][rule-23]") {
  World world;
  world.plan("one", {.starts = {"ignore"}});
  run_in(world, [](World* w) -> Task<> {
    SupervisorSpec empty;
    const Static sup = co_await start_static(std::move(empty));
    const StartedChild one = co_await sup.start_child(actor(w, "one"));
    const StartedChild two = co_await sup.start_child(actor(w, "two"));
    EXPECT(one.is_none() && two.value() == w->latest("two"));
    EXPECT(co_await tree(w, sup) == "one:none two#1");
    EXPECT((co_await sup.count_children()) == counts(2, 1, 0, 2));
  });
}

TEST_CASE(
    "supervisor_SUITE: sup_start_ignore_temporary_child: of a temporary child in init that gives "
    "ignore nothing is kept",
    "[otp][supervisor][rule-23]") {
  World world;
  world.plan("one", {.starts = {"ignore"}});
  run_in(world, [](World* w) -> Task<> {
    SupervisorSpec spec{.children = {actor(w, "one").restart(Restart::temporary), actor(w, "two")}};
    const Static sup = co_await start_static(std::move(spec));
    EXPECT(co_await tree(w, sup) == "two#1");
    EXPECT((co_await sup.count_children()) == counts(1, 1, 0, 1));
  });
}

TEST_CASE(
    "supervisor_SUITE: sup_start_ignore_temporary_child_start_child: the same of one that is added",
    "[otp][supervisor][rule-23]") {
  World world;
  world.plan("one", {.starts = {"ignore"}});
  run_in(world, [](World* w) -> Task<> {
    SupervisorSpec empty;
    const Static sup = co_await start_static(std::move(empty));
    EXPECT((co_await sup.start_child(actor(w, "one").restart(Restart::temporary))).is_none());
    EXPECT((co_await sup.start_child(actor(w, "two"))).has_value());
    EXPECT(co_await tree(w, sup) == "two#1");
    EXPECT((co_await sup.count_children()) == counts(1, 1, 0, 1));
  });
}

TEST_CASE(
    "supervisor_SUITE: sup_start_ignore_temporary_child_start_child_simple, "
    "sup_start_ignore_permanent_child_start_child_simple: a dynamic child that gives ignore is not "
    "remembered",
    "[otp][supervisor][rule-23]") {
  World world;
  world.plan("i", {.starts = {"ignore"}});
  run_in(world, [](World* w) -> Task<> {
    for (const Restart restart : {Restart::temporary, Restart::permanent}) {
      const Dynamic sup = co_await start_dynamic();
      EXPECT((co_await sup.start_child(actor(w, "i").restart(restart))).is_none());
      EXPECT((co_await sup.which_children()).empty());
      EXPECT((co_await sup.count_children()) == ChildCounts{});
      EXPECT(co_await terminate(sup) == ExitReason::shutdown());
    }
  });
}

TEST_CASE(
    "supervisor_SUITE: sup_start_error_return: an init that gives what makes no sense fails the "
    "start, without an Exit",
    "[otp][supervisor][rule-10]") {
  World world;
  run_in(world, [](World*) -> Task<> {
    trap_exit(true);
    SupervisorSpec wrong{.strategy = static_cast<Strategy>(77)};
    EXPECT(kind_of(co_await start_failure(std::move(wrong))) == SpecKind::invalid_strategy);
    EXPECT(queued() == 0);
  });
}

TEST_CASE(
    "supervisor_SUITE: sup_start_fail: an init that throws fails the start with what it threw, "
    "without an Exit",
    "[otp][supervisor][rule-10]") {
  World world;
  run_in(world, [](World*) -> Task<> {
    trap_exit(true);
    const auto started = co_await try_start_link<Raising>();
    EXPECT(!started && started.error().reason().is_error());
    EXPECT(started.error().reason().error_info()->message == "init raised");
    EXPECT(queued() == 0);
  });
}

TEST_CASE(
    "supervisor_SUITE: sup_start_child_returns_error: start_child hands on why the start failed, "
    "and keeps no spec",
    "[otp][supervisor][rule-24]") {
  World world;
  world.plan("one", {.starts = {"stop:function_error", "throw:crashed", "ok"}});
  run_in(world, [](World* w) -> Task<> {
    SupervisorSpec empty;
    const Static sup = co_await start_static(std::move(empty));
    const auto refused = co_await sup.try_start_child(actor(w, "one"));
    EXPECT(!refused && refused.error().is_start_failed());
    EXPECT(refused.error().reason() == word("function_error") && refused.error().child() == "one");
    const auto crashed = co_await sup.try_start_child(actor(w, "one"));
    EXPECT(!crashed && crashed.error().reason().is_error());
    EXPECT((co_await sup.which_children()).empty());
    EXPECT((co_await sup.start_child(actor(w, "one"))).value() == w->latest("one"));
  });
}

TEST_CASE(
    "supervisor_SUITE: sup_start_restart_child_returns_error: a restart_child whose start crashes "
    "keeps the child without a process",
    "[otp][supervisor][rule-24]") {
  World world;
  world.plan("one", {.starts = {"ok", "throw:crashed"}});
  run_in(world, [](World* w) -> Task<> {
    SupervisorSpec spec{.children = {actor(w, "one").restart(Restart::transient)}};
    const Static sup = co_await start_static(std::move(spec));
    co_await sup.terminate_child("one");
    const auto failed = co_await sup.try_restart_child("one");
    EXPECT(!failed && failed.error().is_start_failed() && failed.error().reason().is_error());
    EXPECT(co_await tree(w, sup) == "one:none");
  });
}

TEST_CASE(
    "supervisor_SUITE: sup_start_child_returns_error_simple: a dynamic child's failed start is "
    "told and forgotten",
    "[otp][supervisor][rule-24]") {
  World world;
  world.plan("one", {.starts = {"stop:function_error"}});
  run_in(world, [](World* w) -> Task<> {
    const Dynamic sup = co_await start_dynamic();
    const auto refused = co_await sup.try_start_child(actor(w, "one"));
    EXPECT(!refused && refused.error().reason() == word("function_error"));
    EXPECT((co_await sup.count_children()) == ChildCounts{});
  });
}

TEST_CASE(
    "supervisor_SUITE: sup_start_map: a spec has OTP's defaults, and get_child_spec gives it back",
    "[otp][supervisor][rule-24]") {
  World world;
  run_in(world, [](World* w) -> Task<> {
    SupervisorSpec inner;
    SupervisorSpec spec{
        .children = {actor(w, "one"), child_supervisor("two", std::move(inner)),
                     actor(w, "three").restart(Restart::transient).shutdown(brutal_kill)}};
    const Static sup = co_await start_static(std::move(spec));
    const ChildSpec one = co_await sup.get_child_spec("one");
    EXPECT(one.restart() == Restart::permanent && one.shutdown() == 5s);
    EXPECT(one.type() == ChildType::worker && !one.is_significant());
    const ChildSpec two = co_await sup.get_child_spec("two");
    EXPECT(two.restart() == Restart::permanent && two.shutdown() == infinity);
    EXPECT(two.type() == ChildType::supervisor);
    const ChildSpec three = co_await sup.get_child_spec("three");
    EXPECT(three.restart() == Restart::transient && three.shutdown() == brutal_kill);
    const auto none = co_await sup.try_get_child_spec("nobody");
    EXPECT(!none && none.error().is_not_found());
  });
}

TEST_CASE("supervisor_SUITE: sup_start_map_simple: a dynamic child's spec is found by its pid",
          "[otp][supervisor][rule-25]") {
  World world;
  run_in(world, [](World* w) -> Task<> {
    const Dynamic sup = co_await start_dynamic();
    const StartedChild one = co_await sup.start_child(actor(w, "one").restart(Restart::transient));
    const ChildSpec spec = co_await sup.get_child_spec(one.value());
    EXPECT(spec.id() == "one" && spec.restart() == Restart::transient && spec.shutdown() == 5s);
    const auto none = co_await sup.try_get_child_spec(self());
    EXPECT(!none && none.error().is_not_found());
  });
}

TEST_CASE(
    "supervisor_SUITE: sup_start_map_faulty_specs: a spec without an id is refused, in init and "
    "when it is added",
    "[otp][supervisor][rule-21]") {
  World world;
  run_in(world, [](World* w) -> Task<> {
    SupervisorSpec faulty{.children = {actor(w, "good"), actor(w, "")}};
    EXPECT(kind_of(co_await start_failure(std::move(faulty))) == SpecKind::missing_id);
    EXPECT(w->starts("good") == 0);
    SupervisorSpec empty;
    const Static sup = co_await start_static(std::move(empty));
    const auto refused = co_await sup.try_start_child(actor(w, ""));
    EXPECT(!refused && refused.error().spec_error()->kind() == SpecKind::missing_id);
  });
}
