// supervisor_SUITE of OTP: what supervisors are asked, and which specifications they refuse.
#include "supervisors.hpp"

using namespace coppice;
using namespace coppice::test;

namespace {

using ChildFlags = supervision::ChildSettings;

// The kind of error that a supervisor's start gives, and that the check of the spec alone gives
// too.
Task<SpecKind> refused_child(ChildSpec spec, AutoShutdown mode = AutoShutdown::never) {
  const auto checked = supervision::check_child(spec.id(), spec.rules(), mode);
  SupervisorSpec all{.auto_shutdown = mode, .children = {std::move(spec)}};
  const SpecKind kind = kind_of(co_await start_failure(std::move(all)));
  EXPECT(checked && checked->kind() == kind);
  co_return kind;
}

}  // namespace

TEST_CASE(
    "supervisor_SUITE: child_adm: start, terminate, restart, delete, which and count, each with "
    "its refusals",
    "[otp][supervisor][rule-24]") {
  World world;
  run_in(world, [](World* w) -> Task<> {
    SupervisorSpec empty;
    const Static sup = co_await start_apart(std::move(empty));
    co_await sup.start_child(actor(w, "child1"));
    EXPECT(co_await tree(w, sup) == "child1#1");
    EXPECT((co_await sup.count_children()) == counts(1, 1, 0, 1));
    link(w->latest("child1"));
    unlink(w->latest("child1"));

    // A child that runs.
    auto again = co_await sup.try_start_child(actor(w, "child1"));
    EXPECT(!again && again.error().is_already_started() &&
           again.error().pid() == w->latest("child1"));
    EXPECT((co_await sup.try_restart_child("child1")).error().is_running());
    EXPECT((co_await sup.try_delete_child("child1")).error().is_running());

    // One that was stopped.
    co_await sup.terminate_child("child1");
    EXPECT(!is_alive(w->latest("child1")));
    EXPECT(co_await tree(w, sup) == "child1:none");
    EXPECT((co_await sup.count_children()) == counts(1, 0, 0, 1));
    EXPECT((co_await sup.try_start_child(actor(w, "child1"))).error().is_already_present());
    EXPECT((co_await sup.try_terminate_child("child1")).has_value());
    EXPECT((co_await sup.restart_child("child1")).value() == w->latest("child1"));
    co_await sup.terminate_child("child1");
    co_await sup.delete_child("child1");

    // One that is unknown, and a supervisor that is gone.
    EXPECT((co_await sup.try_restart_child("child1")).error().is_not_found());
    EXPECT((co_await sup.try_delete_child("child1")).error().is_not_found());
    EXPECT((co_await sup.try_terminate_child("child1")).error().is_not_found());
    EXPECT((co_await sup.which_children()).empty());
    EXPECT((co_await sup.count_children()) == ChildCounts{});
    co_await terminate(sup);
    const auto gone = co_await sup.try_start_child(actor(w, "child1"));
    EXPECT(!gone && gone.error().is_unreachable() && gone.error().reason().is_noproc());
  });
}

TEST_CASE(
    "supervisor_SUITE: child_adm_simple: dynamic children are terminated by pid; a dead pid is no "
    "error, a foreign one not_found",
    "[otp][supervisor][rule-25]") {
  World world;
  run_in(world, [](World* w) -> Task<> {
    const Dynamic sup = co_await start_dynamic();
    const StartedChild one = co_await sup.start_child(actor(w, "x"));
    const StartedChild two = co_await sup.start_child(actor(w, "x"));
    EXPECT((co_await sup.which_children()).size() == 2);
    EXPECT((co_await sup.count_children()) == counts(2, 2, 0, 2));
    co_await sup.terminate_child(one.value());
    EXPECT(!is_alive(one.value()) && is_alive(two.value()));
    EXPECT((co_await sup.count_children()) == counts(1, 1, 0, 1));
    EXPECT((co_await sup.try_terminate_child(one.value())).has_value());
    const Pid foreign = spawn([]() -> Task<> { co_await receive<Ping>(); });
    EXPECT((co_await sup.try_terminate_child(foreign)).error().is_not_found());
    EXPECT(is_alive(foreign));
    exit(foreign, ExitReason::kill());
  });
}

TEST_CASE(
    "supervisor_SUITE: extra_return: what a start function gives besides goes to who asked, not to "
    "automatic restarts",
    "[otp][supervisor][rule-23]") {
  World world;
  run_in(world, [](World* w) -> Task<> {
    SupervisorSpec empty;
    const Static sup = co_await start_static(std::move(empty));
    const ChildSpec spec = child_from("x", [w]() -> Task<StartedChild> {
      const ServerRef<Actor> x = co_await start_link<Actor>(w, "x");
      co_return StartedChild{x, std::string{"extra"}};
    });
    const StartedChild started = co_await sup.start_child(spec);
    EXPECT(started.value() == w->latest("x") && *started.info<std::string>() == "extra");
    EXPECT((co_await sup.try_start_child(spec)).error().is_already_started());
    co_await sup.terminate_child("x");
    const StartedChild restarted = co_await sup.restart_child("x");
    EXPECT(restarted.value() == w->latest("x") && *restarted.info<std::string>() == "extra");
    co_await kill(w, "x");
    EXPECT(co_await tree(w, sup) == "x#3");
  });
}

TEST_CASE("supervisor_SUITE: child_specs: each malformed setting is refused with its own error",
          "[otp][supervisor][rule-21]") {
  World world;
  run_in(world, [](World* w) -> Task<> {
    EXPECT(co_await refused_child(actor(w, "")) == SpecKind::missing_id);
    EXPECT(co_await refused_child(actor(w, "x").restart(static_cast<Restart>(9))) ==
           SpecKind::invalid_restart);
    EXPECT(co_await refused_child(actor(w, "x").shutdown(-1ms)) == SpecKind::invalid_shutdown);
    EXPECT(co_await refused_child(actor(w, "x").type(static_cast<ChildType>(9))) ==
           SpecKind::invalid_type);
    SupervisorSpec twice{.children = {actor(w, "x"), actor(w, "y"), actor(w, "x")}};
    EXPECT(kind_of(co_await start_failure(std::move(twice))) == SpecKind::duplicate_id);
    EXPECT(!supervision::check_child("x", ChildFlags{}, AutoShutdown::never));
    EXPECT(!supervision::check_child("x", ChildFlags{.chosen_shutdown = Shutdown{0s}},
                                     AutoShutdown::never));
    EXPECT(w->starts("x") == 0);
  });
}

TEST_CASE("supervisor_SUITE: child_specs_map: a significant child must be able to matter",
          "[otp][supervisor][rule-24]") {
  World world;
  run_in(world, [](World* w) -> Task<> {
    const ChildSpec s = actor(w, "s").significant();
    EXPECT(co_await refused_child(s, AutoShutdown::any_significant) ==
           SpecKind::significant_but_permanent);
    ChildSpec transient = s;
    transient.restart(Restart::transient);
    EXPECT(co_await refused_child(transient, AutoShutdown::never) ==
           SpecKind::significant_but_never);
    SupervisorSpec fine{.auto_shutdown = AutoShutdown::all_significant, .children = {transient}};
    const Static sup = co_await start_static(std::move(fine));
    EXPECT((co_await sup.get_child_spec("s")).is_significant());
    const auto added = co_await sup.try_start_child(actor(w, "t").significant());
    EXPECT(!added && added.error().is_bad_combination());
  });
}

TEST_CASE("supervisor_SUITE: sup_flags: each flag that makes no sense is named",
          "[otp][supervisor][rule-21]") {
  World world;
  run_in(world, [](World*) -> Task<> {
    SupervisorSpec strategy{.strategy = static_cast<Strategy>(17)};
    EXPECT(kind_of(co_await start_failure(std::move(strategy))) == SpecKind::invalid_strategy);
    SupervisorSpec intensity{.intensity = -1};
    EXPECT(kind_of(co_await start_failure(std::move(intensity))) == SpecKind::invalid_intensity);
    SupervisorSpec none{.period = 0s};
    EXPECT(kind_of(co_await start_failure(std::move(none))) == SpecKind::invalid_period);
    SupervisorSpec negative{.period = -1s};
    EXPECT(kind_of(co_await start_failure(std::move(negative))) == SpecKind::invalid_period);
    SupervisorSpec mode{.auto_shutdown = static_cast<AutoShutdown>(9)};
    EXPECT(kind_of(co_await start_failure(std::move(mode))) == SpecKind::invalid_auto_shutdown);
    SupervisorSpec fine{.strategy = Strategy::rest_for_one, .intensity = 0, .period = 1s};
    EXPECT((co_await try_start_link<StaticSupervisor>(std::move(fine))).has_value());
  });
}

TEST_CASE("supervisor_SUITE: count_children: a thousand dynamic workers, then two thousand",
          "[otp][supervisor]") {
  World world;
  run_in(world, [](World* w) -> Task<> {
    const Dynamic sup = co_await start_dynamic();
    const ChildSpec spec = actor(w, "x");
    for (std::size_t n : {1'000u, 2'000u}) {
      for (int i = 0; i < 1'000; ++i) co_await sup.start_child(spec);
      EXPECT((co_await sup.count_children()) == counts(n, n, 0, n));
    }
  });
}

TEST_CASE("supervisor_SUITE: count_children_supervisor: the same with supervisors",
          "[otp][supervisor]") {
  World world;
  run_in(world, [](World*) -> Task<> {
    const Dynamic sup = co_await start_dynamic();
    const ChildSpec spec = child<DynamicSupervisor>("s");
    for (std::size_t n : {1'000u, 2'000u}) {
      for (int i = 0; i < 1'000; ++i) co_await sup.start_child(spec);
      EXPECT((co_await sup.count_children()) == counts(n, n, n, 0));
    }
  });
}

TEST_CASE(
    "supervisor_SUITE: count_restarting_children: a child that fails to restart counts as there, "
    "not as active",
    "[otp][supervisor][rule-24]") {
  World world;
  run_in(world, [](World* w) -> Task<> {
    const Dynamic sup = co_await start_dynamic(1'000'000'000);
    for (const char* id : {"a", "b", "c"}) co_await sup.start_child(actor(w, id));
    EXPECT((co_await sup.count_children()) == counts(3, 3, 0, 3));
    for (const char* id : {"a", "b"}) w->plan(id, {.starts = {"stop:restart"}});
    co_await kill(w, "a");
    EXPECT((co_await sup.count_children()) == counts(3, 2, 0, 3));
    co_await kill(w, "b");
    EXPECT((co_await sup.count_children()) == counts(3, 1, 0, 3));
  });
}

TEST_CASE("supervisor_SUITE: get_callback_module: a supervisor's class can be asked for",
          "[otp][supervisor]") {
  World world;
  run_in(world, [](World*) -> Task<> {
    SupervisorSpec empty;
    const Static sup = co_await start_static(std::move(empty));
    EXPECT(as<StaticSupervisor>(sup).has_value());
    const auto other = as<DynamicSupervisor>(sup);
    EXPECT(!other && other.error().kind() == CallError::Kind::wrong_server);
  });
}

TEST_CASE(
    "supervisor_SUITE: already_started_outside_supervisor: a start that finds the name taken says "
    "by whom, and leaves it alone",
    "[otp][supervisor][rule-24]") {
  World world;
  run_in(world, [](World* w) -> Task<> {
    const auto outside = co_await start<Actor>(StartOptions{.name = "taken"}, w, "outside");
    SupervisorSpec empty;
    const Static sup = co_await start_static(std::move(empty));
    const auto refused = co_await sup.try_start_child(actor(w, "x").named("taken"));
    EXPECT(!refused && refused.error().is_already_started() &&
           refused.error().pid() == outside.pid());
    co_await terminate(sup);
    EXPECT(co_await outside.call<Ping>() == "outside#1");
    co_await outside.stop();
  });
}

TEST_CASE("supervisor_SUITE: which_children: all, and one by its id",
          "[otp][supervisor][rule-24]") {
  World world;
  run_in(world, [](World* w) -> Task<> {
    SupervisorSpec spec{.children = {actor(w, "a"), actor(w, "b")}};
    const Static sup = co_await start_static(std::move(spec));
    EXPECT(co_await tree(w, sup) == "a#1 b#1");
    const ChildInfo b = co_await sup.which_child("b");
    EXPECT(b == ChildInfo("b", w->latest("b"), ChildType::worker));
    co_await sup.terminate_child("b");
    EXPECT((co_await sup.which_child("b")).pid.is_none());
    EXPECT((co_await sup.try_which_child("c")).error().is_not_found());
  });
}

TEST_CASE("supervisor_SUITE: which_children_simple_one_for_one: a dynamic child by its pid",
          "[otp][supervisor][rule-25]") {
  World world;
  run_in(world, [](World* w) -> Task<> {
    const Dynamic sup = co_await start_dynamic();
    const StartedChild a = co_await sup.start_child(actor(w, "a"));
    EXPECT((co_await sup.which_child(a.value())) == ChildInfo("a", a, ChildType::worker));
    EXPECT((co_await sup.try_which_child(self())).error().is_not_found());
    co_await sup.terminate_child(a.value());
    EXPECT((co_await sup.try_which_child(a.value())).error().is_not_found());
  });
}
