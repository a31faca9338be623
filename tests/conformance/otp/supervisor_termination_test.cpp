// supervisor_SUITE of OTP, groups *_termination and significant: what a child's end means to its
// supervisor.
#include "supervisors.hpp"

using namespace coppice;
using namespace coppice::test;

namespace {

constexpr auto transient = Restart::transient;
constexpr auto temporary = Restart::temporary;
constexpr auto any = AutoShutdown::any_significant;
constexpr auto all = AutoShutdown::all_significant;

enum class Left { restarted, spec_only, nothing, other };

// What is left of a child of a restart type that ended for a reason.
Task<Left> after_end(Restart restart, ExitReason reason, World* w) {
  SupervisorSpec spec{.intensity = 1, .period = 1h, .children = {actor(w, "x").restart(restart)}};
  const Static sup = co_await start_static(std::move(spec));
  const Pid before = w->latest("x");
  co_await leave(w, "x", std::move(reason));
  const std::vector<ChildInfo> children = co_await sup.which_children();
  const ChildCounts n = co_await sup.count_children();
  co_await terminate(sup);
  if (children.empty()) co_return n == ChildCounts{} ? Left::nothing : Left::other;
  const ChildPid pid = children[0].pid;
  if (pid.is_none()) co_return n == counts(1, 0, 0, 1) ? Left::spec_only : Left::other;
  co_return pid.value() != before&& n == counts(1, 1, 0, 1) ? Left::restarted : Left::other;
}

Task<Static> with_significant(World* w, AutoShutdown mode, Restart restart,
                              bool significant = true) {
  SupervisorSpec spec{
      .intensity = 9,
      .period = 1h,
      .auto_shutdown = mode,
      .children = {actor(w, "a").restart(restart).significant(significant),
                   actor(w, "b").restart(restart).significant(significant), actor(w, "bystander")}};
  return start_apart(std::move(spec));
}
// Whether the supervisor has decided to end, of what was told to it before.
Task<bool> ends(Static sup) {
  const MonitorRef m = monitor(sup);
  if ((co_await sup.try_count_children()).has_value()) co_return false;
  const ExitReason why = co_await end_of(m);
  EXPECT(why == ExitReason::shutdown() || why.is_noproc());
  co_return true;
}

}  // namespace

TEST_CASE("supervisor_SUITE: permanent_normal: a permanent child is restarted after normal",
          "[otp][supervisor]") {
  World world;
  run_in(world, [](World* w) -> Task<> {
    EXPECT(co_await after_end(Restart::permanent, ExitReason::normal(), w) == Left::restarted);
  });
}
TEST_CASE("supervisor_SUITE: transient_normal: a transient child is not; its spec stays",
          "[otp][supervisor]") {
  World world;
  run_in(world, [](World* w) -> Task<> {
    EXPECT(co_await after_end(transient, ExitReason::normal(), w) == Left::spec_only);
  });
}
TEST_CASE("supervisor_SUITE: temporary_normal: of a temporary child nothing stays",
          "[otp][supervisor]") {
  World world;
  run_in(world, [](World* w) -> Task<> {
    EXPECT(co_await after_end(temporary, ExitReason::normal(), w) == Left::nothing);
  });
}
TEST_CASE(
    "supervisor_SUITE: permanent_shutdown: a permanent child is restarted after shutdown, with or "
    "without more",
    "[otp][supervisor]") {
  World world;
  run_in(world, [](World* w) -> Task<> {
    EXPECT(co_await after_end(Restart::permanent, ExitReason::shutdown(), w) == Left::restarted);
    EXPECT(co_await after_end(Restart::permanent, ExitReason::shutdown(1), w) == Left::restarted);
  });
}
TEST_CASE("supervisor_SUITE: transient_shutdown: a transient child is not; its spec stays",
          "[otp][supervisor]") {
  World world;
  run_in(world, [](World* w) -> Task<> {
    EXPECT(co_await after_end(transient, ExitReason::shutdown(), w) == Left::spec_only);
    EXPECT(co_await after_end(transient, ExitReason::shutdown(1), w) == Left::spec_only);
  });
}
TEST_CASE("supervisor_SUITE: temporary_shutdown: of a temporary child nothing stays",
          "[otp][supervisor]") {
  World world;
  run_in(world, [](World* w) -> Task<> {
    EXPECT(co_await after_end(temporary, ExitReason::shutdown(), w) == Left::nothing);
    EXPECT(co_await after_end(temporary, ExitReason::shutdown(1), w) == Left::nothing);
  });
}
TEST_CASE("supervisor_SUITE: permanent_abnormal: a permanent child is restarted after a crash",
          "[otp][supervisor]") {
  World world;
  run_in(world, [](World* w) -> Task<> {
    EXPECT(co_await after_end(Restart::permanent, word("abnormal"), w) == Left::restarted);
  });
}
TEST_CASE("supervisor_SUITE: transient_abnormal: a transient child is too", "[otp][supervisor]") {
  World world;
  run_in(world, [](World* w) -> Task<> {
    EXPECT(co_await after_end(transient, word("abnormal"), w) == Left::restarted);
  });
}
TEST_CASE("supervisor_SUITE: temporary_abnormal: a temporary child is not, and nothing stays",
          "[otp][supervisor]") {
  World world;
  run_in(world, [](World* w) -> Task<> {
    EXPECT(co_await after_end(temporary, word("abnormal"), w) == Left::nothing);
  });
}

TEST_CASE(
    "supervisor_SUITE: faulty_application_shutdown: a start that fails tells the whole way which "
    "child and why",
    "[otp][supervisor][rule-21]") {
  World world;
  world.plan("missing", {.starts = {"throw:undef"}});
  run_in(world, [](World* w) -> Task<> {
    SupervisorSpec inner{.children = {actor(w, "started"), actor(w, "missing")}};
    SupervisorSpec outer{.children = {child_supervisor("inner", std::move(inner))}};
    const ExitReason why = co_await start_failure(std::move(outer));
    EXPECT(why.is_shutdown());
    const auto* failed = why.get<supervision::FailedToStart>();
    EXPECT(failed != nullptr && failed->child == "inner" && failed->reason.is_shutdown());
    const auto* cause = failed->reason.get<supervision::FailedToStart>();
    EXPECT(cause != nullptr && cause->child == "missing" &&
           cause->reason.error_info()->message == "undef");
    EXPECT(w->saw("terminate started#1 shutdown"));
  });
}

TEST_CASE(
    "supervisor_SUITE: do_not_save_child_specs_for_temporary_children: a temporary spec is gone "
    "after any end, others stay",
    "[otp][supervisor][rule-20]") {
  World world;
  run_in(world, [](World* w) -> Task<> {
    SupervisorSpec empty;
    const Static sup = co_await start_static(std::move(empty));
    for (const char* how : {"terminate", "kill", "normal", "shutdown", "abnormal"}) {
      co_await sup.start_child(actor(w, "temporary").restart(temporary));
      const std::string reason = how;
      if (reason == "terminate") co_await sup.terminate_child("temporary");
      if (reason == "kill") co_await kill(w, "temporary");
      if (reason == "normal") co_await leave(w, "temporary", ExitReason::normal());
      if (reason == "shutdown") co_await leave(w, "temporary", ExitReason::shutdown());
      if (reason == "abnormal") co_await leave(w, "temporary", word("abnormal"));
      EXPECT(!is_alive(w->latest("temporary")));
      EXPECT((co_await sup.which_children()).empty());
    }
    for (const Restart kept : {Restart::permanent, transient}) {
      const std::string id = kept == transient ? "t" : "p";
      co_await sup.start_child(actor(w, id).restart(kept));
      co_await sup.terminate_child(id);
    }
    EXPECT(co_await tree(w, sup) == "p:none t:none");
  });
}

TEST_CASE(
    "supervisor_SUITE: nonsignificant_temporary, nonsignificant_transient: a child that is not "
    "significant ends no supervisor",
    "[otp][supervisor][rule-26]") {
  World world;
  run_in(world, [](World* w) -> Task<> {
    for (const AutoShutdown mode : {AutoShutdown::never, any, all})
      for (const Restart restart : {temporary, transient}) {
        const Static sup = co_await with_significant(w, mode, restart, false);
        co_await sup.terminate_child("a");
        EXPECT(!co_await ends(sup));
        co_await leave(w, "b", ExitReason::normal());
        EXPECT(!co_await ends(sup));
        EXPECT((co_await sup.count_children()).active == 1);
        co_await terminate(sup);
      }
  });
}

TEST_CASE(
    "supervisor_SUITE: significant_temporary: any end by itself counts, terminate_child does not; "
    "all waits for the last",
    "[otp][supervisor][rule-26]") {
  World world;
  run_in(world, [](World* w) -> Task<> {
    const std::vector<ExitReason> reasons = {ExitReason::normal(), ExitReason::shutdown(),
                                             word("abnormal")};
    for (const ExitReason& reason : reasons) {
      const Static first = co_await with_significant(w, any, temporary);
      co_await leave(w, "a", reason);
      EXPECT(co_await ends(first));
      EXPECT(!is_alive(w->latest("b")) && !is_alive(w->latest("bystander")));
      const Static last = co_await with_significant(w, all, temporary);
      co_await leave(w, "b", reason);
      EXPECT(!co_await ends(last));
      co_await leave(w, "a", reason);
      EXPECT(co_await ends(last));
    }
    const Static sup = co_await with_significant(w, any, temporary);
    co_await sup.terminate_child("a");
    EXPECT(!co_await ends(sup));
    const Static both = co_await with_significant(w, all, temporary);
    co_await both.terminate_child("a");
    co_await both.terminate_child("b");
    EXPECT(!co_await ends(both));
    co_await terminate(sup);
    co_await terminate(both);
  });
}

TEST_CASE("supervisor_SUITE: significant_transient: normal and shutdown count, a crash restarts",
          "[otp][supervisor][rule-26]") {
  World world;
  run_in(world, [](World* w) -> Task<> {
    const std::vector<ExitReason> orderly = {ExitReason::normal(), ExitReason::shutdown(),
                                             ExitReason::shutdown(1)};
    for (const ExitReason& reason : orderly) {
      const Static first = co_await with_significant(w, any, transient);
      co_await leave(w, "a", reason);
      EXPECT(co_await ends(first));
      const Static last = co_await with_significant(w, all, transient);
      co_await leave(w, "a", reason);
      EXPECT(!co_await ends(last));
      co_await leave(w, "b", reason);
      EXPECT(co_await ends(last));
    }
    for (const AutoShutdown mode : {any, all}) {
      const Static sup = co_await with_significant(w, mode, transient);
      const Pid before = w->latest("a");
      co_await leave(w, "a", word("abnormal"));
      co_await leave(w, "b", word("abnormal"));
      EXPECT(!co_await ends(sup));
      EXPECT(is_alive(w->latest("a")) && w->latest("a") != before);
      co_await sup.terminate_child("a");
      EXPECT(!co_await ends(sup));
      co_await terminate(sup);
    }
  });
}

TEST_CASE(
    "supervisor_SUITE: significant_simple: significant children of a dynamic supervisor are "
    "refused",
    "[otp][supervisor][rule-25]") {
  World world;
  run_in(world, [](World* w) -> Task<> {
    const Dynamic sup = co_await start_dynamic();
    const auto refused =
        co_await sup.try_start_child(actor(w, "s").restart(transient).significant());
    EXPECT(!refused && refused.error().is_bad_combination());
    EXPECT((co_await sup.which_children()).empty());
  });
}

TEST_CASE(
    "supervisor_SUITE: significant_bystander: who is taken down for a sibling ends no supervisor",
    "[otp][supervisor][rule-26]") {
  World world;
  run_in(world, [](World* w) -> Task<> {
    for (const Strategy strategy : {Strategy::one_for_all, Strategy::rest_for_one})
      for (const AutoShutdown mode : {any, all})
        for (const Restart restart : {temporary, transient}) {
          SupervisorSpec spec{
              .strategy = strategy,
              .intensity = 9,
              .period = 1h,
              .auto_shutdown = mode,
              .children = {actor(w, "p"), actor(w, "s").restart(restart).significant()}};
          const Static sup = co_await start_apart(std::move(spec));
          const Pid before = w->latest("s");
          co_await kill(w, "p");
          EXPECT(!co_await ends(sup));
          EXPECT(!is_alive(before) && is_alive(w->latest("p")));
          EXPECT((co_await sup.count_children()).active == (restart == temporary ? 1u : 2u));
          co_await terminate(sup);
        }
  });
}

TEST_CASE(
    "supervisor_SUITE: significant_escalation: an automatic shutdown counts in the parent if the "
    "supervisor is significant there",
    "[otp][supervisor][rule-26]") {
  World world;
  run_in(world, [](World* w) -> Task<> {
    for (const bool chained : {true, false}) {
      SupervisorSpec inner{.auto_shutdown = any,
                           .children = {actor(w, "s").restart(temporary).significant()}};
      SupervisorSpec outer{
          .auto_shutdown = any,
          .children = {
              actor(w, "a"),
              child_supervisor("inner", std::move(inner)).restart(transient).significant(chained)}};
      const Static sup = co_await start_apart(std::move(outer));
      const ChildInfo info = co_await sup.which_child("inner");
      const MonitorRef m = monitor(info.pid.value());
      co_await leave(w, "s", ExitReason::normal());
      EXPECT(co_await end_of(m) == ExitReason::shutdown());
      EXPECT(co_await ends(sup) == chained);
      EXPECT(is_alive(w->latest("a")) != chained);
      if (!chained) co_await terminate(sup);
    }
  });
}
