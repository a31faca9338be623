// Rules that are easily missed and no case of OTP's suites asks for: supervisors.
#include "supervisors.hpp"

using namespace coppice;
using namespace coppice::test;

TEST_CASE(
    "rule 19: a supervisor always traps; only its parent's exit ends it, with any reason, normal "
    "included",
    "[otp][supervisor][rule-19]") {
  World world;
  run_in(world, [](World* w) -> Task<> {
    const std::vector<ExitReason> reasons = {ExitReason::normal(), ExitReason::shutdown(),
                                             word("boom")};
    for (const ExitReason& reason : reasons) {
      SupervisorSpec spec{.children = {actor(w, "a")}};
      const Static sup = co_await start_static(std::move(spec));
      const Pid stranger = spawn(
          [](Pid target, ExitReason why) -> Task<> {
            exit(target, why);
            link(target);
            exit(std::move(why));
            co_return;
          },
          sup.pid(), reason);
      co_await end_of(stranger);
      send<Ping>(sup.pid());
      EXPECT((co_await sup.count_children()) == counts(1, 1, 0, 1));
      EXPECT(w->saw("unhandled coppice::test::Ping"));
      w->take();
      EXPECT(co_await terminate(sup, reason) == reason);
      EXPECT(w->take() == fmt::format("terminate a#{} shutdown", w->starts("a")));
    }
  });
}

TEST_CASE("rule 20: which ends of children that are stopped are reported",
          "[otp][supervisor][rule-20]") {
  World world;
  world.plan("odd", {.end = "late"});
  run_in(world, [](World* w) -> Task<> {
    SupervisorSpec spec{
        .children = {actor(w, "p"), actor(w, "odd"), actor(w, "t").restart(Restart::transient)}};
    const Static sup = co_await start_static(std::move(spec));
    // What has ended by itself before its turn came shows its own reason.
    co_await sup.suspend();
    co_await leave(w, "t", ExitReason::normal());
    w->take();
    EXPECT(co_await terminate(sup) == ExitReason::shutdown());
    EXPECT(w->take() ==
           "terminate odd#1 shutdown; report shutdown_error late odd; terminate p#1 shutdown");
  });
}

TEST_CASE(
    "rule 21: a failed start stops those that were started, in reverse, and says which and why",
    "[otp][supervisor][rule-21]") {
  World world;
  world.plan("c", {.starts = {"stop:bad"}});
  run_in(world, [](World* w) -> Task<> {
    trap_exit(true);
    SupervisorSpec spec{.children = {actor(w, "a"), actor(w, "b"), actor(w, "c"), actor(w, "d")}};
    const ExitReason why = co_await start_failure(std::move(spec));
    const ExitReason expected = ExitReason::shutdown(supervision::FailedToStart{"c", word("bad")});
    EXPECT(why == expected && queued() == 0);
    EXPECT(w->take() ==
           "start a#1 ok; start b#1 ok; start c#1 stop:bad; report start_error bad c; "
           "terminate b#1 shutdown; terminate a#1 shutdown");
  });
}

TEST_CASE("rule 22: with intensity 0 the first crash ends the supervisor; a retry costs one",
          "[otp][supervisor][rule-22]") {
  World world;
  run_in(world, [](World* w) -> Task<> {
    SupervisorSpec none{.intensity = 0, .period = 1h, .children = {actor(w, "a"), actor(w, "b")}};
    const Static sup = co_await start_apart(std::move(none));
    const MonitorRef m = monitor(sup);
    co_await kill(w, "a");
    EXPECT(co_await end_of(m) == ExitReason::shutdown());
    EXPECT(w->starts("a") == 1 && !is_alive(w->latest("b")));

    w->plan("c", {.starts = {"ok", "stop:bad", "stop:bad", "ok"}});
    SupervisorSpec three{.intensity = 3, .period = 1h, .children = {actor(w, "c")}};
    const Static enough = co_await start_apart(std::move(three));
    co_await kill(w, "c");
    while (co_await tree(w, enough) != "c#4") co_await sleep(0ms);
    const MonitorRef end = monitor(enough);
    co_await kill(w, "c");  // the fourth within the period
    EXPECT(co_await end_of(end) == ExitReason::shutdown());
    EXPECT(w->starts("c") == 4);
  });
}

TEST_CASE("rule 25: max_children counts those that wait for their restart",
          "[otp][supervisor][rule-25]") {
  World world;
  run_in(world, [](World* w) -> Task<> {
    const DynamicSpec two{.intensity = 1'000'000'000, .max_children = 2};
    const Dynamic sup = co_await start_link<DynamicSupervisor>(two);
    co_await sup.start_child(actor(w, "a"));
    co_await sup.start_child(actor(w, "b").restart(Restart::temporary));
    EXPECT((co_await sup.try_start_child(actor(w, "c"))).error().is_max_children());
    w->plan("a", {.starts = {"stop:bad"}});
    co_await kill(w, "a");
    EXPECT((co_await sup.count_children()).active == 1);
    EXPECT((co_await sup.try_start_child(actor(w, "c"))).error().is_max_children());
    co_await leave(w, "b", ExitReason::normal());
    EXPECT((co_await sup.try_start_child(actor(w, "c"))).has_value());
  });
}
