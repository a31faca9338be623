// How a supervisor starts and stops: order, failures, deadlines, its parent (sup_start_*,
// sup_stop_* of OTP's suite).
#include <stdexcept>

#include "rig.hpp"

using namespace coppice;
using namespace coppice::test;

namespace {

SupervisorSpec three(World* world) {
  return {.children = {actor(world, "a"), actor(world, "b"), actor(world, "c")}};
}

std::vector<ExitReason> any_reasons() {
  return {ExitReason::normal(), ExitReason::shutdown(), word("boom"), ExitReason::killed()};
}

// Starts a supervisor that is expected to fail.
Task<StartError> failure(SupervisorSpec spec) {
  auto started = co_await try_start_link<StaticSupervisor>(std::move(spec));
  EXPECT(!started);
  co_return std::move(started.error());
}

// Why a process that asked the supervisor had no answer.
struct Unanswered {
  ExitReason reason;
};

class Ignoring : public Supervisor {
 public:
  SupervisorSpec init() override { return SupervisorSpec::ignore(); }
};

class Failing : public Supervisor {
 public:
  SupervisorSpec init() override { throw std::runtime_error{"no children today"}; }
};

class FailingToBe : public Supervisor {
 public:
  FailingToBe() { throw std::runtime_error{"not even constructed"}; }
  SupervisorSpec init() override { return {}; }
};

}  // namespace

TEST_CASE("supervisor: children start in order and stop in reverse") {
  World world;
  run_in(world, [](World* w) -> Task<> {
    auto sup = co_await start_link<StaticSupervisor>(three(w));
    EXPECT(w->take() == "start a#1 ok; start b#1 ok; start c#1 ok");
    EXPECT(co_await tree(w, sup) == "a#1 b#1 c#1");
    co_await sup.stop();
    EXPECT(w->take() == "terminate c#1 shutdown; terminate b#1 shutdown; terminate a#1 shutdown");
    EXPECT(!is_alive(sup));
  });
}

TEST_CASE("supervisor: its parent's exit ends it whatever the reason, normal included") {
  World world;
  run_in(world, [](World* w) -> Task<> {
    trap_exit(true);
    const std::vector<ExitReason> reasons = any_reasons();
    for (const ExitReason& reason : reasons) {
      auto sup = co_await start_link<StaticSupervisor>(three(w));
      w->take();
      const MonitorRef m = monitor(sup);
      exit(sup, reason);
      const ExitReason why = co_await receive(on(m, [](Down d) { return std::move(d.reason); }));
      EXPECT(why == reason);
      const int n = w->starts("a");
      EXPECT(
          w->take() ==
          fmt::format(
              "terminate c#{0} shutdown; terminate b#{0} shutdown; terminate a#{0} shutdown", n));
      EXPECT((co_await receive<Exit>(1s)).has_value());
    }
    EXPECT(w->starts("c") == 4);
  });
}

TEST_CASE("supervisor: it traps exits, and those of strangers do nothing") {
  World world;
  run_in(world, [](World* w) -> Task<> {
    auto sup = co_await start_link<StaticSupervisor>(three(w));
    w->take();
    Pid stranger = spawn(
        [](Pid target) -> Task<> {
          exit(target, word("go away"));
          link(target);
          co_return;
        },
        sup.pid());
    (void)co_await end_of(stranger);
    EXPECT(co_await tree(w, sup) == "a#1 b#1 c#1");
    EXPECT(w->take().empty());
  });
}

TEST_CASE("supervisor: an unknown message is told of and dropped") {
  World world;
  run_in(world, [](World* w) -> Task<> {
    auto sup = co_await start_link<StaticSupervisor>(three(w));
    w->take();
    send<Ping>(sup.pid());
    EXPECT(co_await tree(w, sup) == "a#1 b#1 c#1");
    EXPECT(w->take() == "unhandled coppice::test::Ping");
  });
}

TEST_CASE("supervisor: init may say ignore, and no Exit reaches the parent") {
  World world;
  run_in(world, [](World*) -> Task<> {
    trap_exit(true);
    auto started = co_await try_start_link<Ignoring>();
    EXPECT(!started && started.error().is_ignored());
    EXPECT(process_info(self()).message_queue_len == 0);
  });
}

TEST_CASE("supervisor: what init or the constructor throws is a failed start") {
  World world;
  run_in(world, [](World*) -> Task<> {
    auto init = co_await try_start_link<Failing>();
    EXPECT(!init && init.error().reason().is_error());
    EXPECT(init.error().reason().text().find("no children today") != std::string::npos);
    auto made = co_await try_start_link<FailingToBe>();
    EXPECT(!made && made.error().reason().text().find("not even constructed") != std::string::npos);
  });
}

TEST_CASE("supervisor: a failed start of a child stops those started, in reverse, and says which") {
  World world;
  world.plan("c", {.starts = {"stop:bad"}});
  run_in(world, [](World* w) -> Task<> {
    trap_exit(true);
    StartError error = co_await failure(three(w));
    EXPECT(w->take() ==
           "start a#1 ok; start b#1 ok; start c#1 stop:bad; report start_error bad c; "
           "terminate b#1 shutdown; terminate a#1 shutdown");
    const ExitReason expected = ExitReason::shutdown(supervision::FailedToStart{"c", word("bad")});
    EXPECT(error.reason() == expected);
    EXPECT(process_info(self()).message_queue_len == 0);
  });
}

TEST_CASE("supervisor: a failed start of a supervisor's supervisor tells the whole way down") {
  World world;
  world.plan("c", {.starts = {"throw:no disk"}});
  run_in(world, [](World* w) -> Task<> {
    SupervisorSpec spec{.children = {actor(w, "x"), child_supervisor("inner", three(w))}};
    StartError error = co_await failure(std::move(spec));
    const auto* outer = error.reason().get<supervision::FailedToStart>();
    EXPECT(outer != nullptr && outer->child == "inner");
    const auto* inner = outer->reason.get<supervision::FailedToStart>();
    EXPECT(inner != nullptr && inner->child == "c" && inner->reason.is_error());
    EXPECT(w->saw("terminate x#1 shutdown"));
  });
}

TEST_CASE("supervisor: ignore keeps the spec without a process, but not a temporary child's") {
  World world;
  world.plan("b", {.starts = {"ignore"}});
  run_in(world, [](World* w) -> Task<> {
    auto sup = co_await start_link<StaticSupervisor>(three(w));
    EXPECT(co_await tree(w, sup) == "a#1 b:none c#1");
    SupervisorSpec temporary{
        .children = {actor(w, "a"), actor(w, "b").restart(Restart::temporary), actor(w, "c")}};
    auto other = co_await start_link<StaticSupervisor>(std::move(temporary));
    EXPECT(co_await tree(w, other) == "a#2 c#2");
  });
}

TEST_CASE("supervisor: bad flags and specs fail the start with an error that says which") {
  using Kind = supervision::SpecError::Kind;
  World world;
  run_in(world, [](World* w) -> Task<> {
    const auto kind_of = [](const StartError& e) {
      const auto* error = e.reason().get<supervision::SpecError>();
      EXPECT(error != nullptr);
      return error->kind();
    };
    SupervisorSpec negative{.intensity = -1};
    StartError flags = co_await failure(std::move(negative));
    EXPECT(kind_of(flags) == Kind::invalid_intensity);
    SupervisorSpec no_period{.period = 0s};
    StartError period = co_await failure(std::move(no_period));
    EXPECT(kind_of(period) == Kind::invalid_period);
    SupervisorSpec twice{.children = {actor(w, "a"), actor(w, "b"), actor(w, "a")}};
    StartError duplicate = co_await failure(std::move(twice));
    EXPECT(kind_of(duplicate) == Kind::duplicate_id);
    EXPECT(duplicate.text().find("\"a\"") != std::string::npos);
    SupervisorSpec never{.children = {actor(w, "s").restart(Restart::transient).significant()}};
    StartError combination = co_await failure(std::move(never));
    EXPECT(kind_of(combination) == Kind::significant_but_never);
    SupervisorSpec permanent{.auto_shutdown = AutoShutdown::any_significant,
                             .children = {actor(w, "s").significant()}};
    StartError always = co_await failure(std::move(permanent));
    EXPECT(kind_of(always) == Kind::significant_but_permanent);
    EXPECT(w->take().empty());  // nothing was started
  });
}

TEST_CASE(
    "supervisor: a child that overruns its time is killed and reported, the others end in order") {
  World world;
  world.plan("b", {.hang = true});
  run_in(world, [](World* w) -> Task<> {
    SupervisorSpec spec{.children = {actor(w, "a"), actor(w, "b").shutdown(20ms), actor(w, "c")}};
    auto sup = co_await start_link<StaticSupervisor>(std::move(spec));
    const MonitorRef b = monitor(w->latest("b"));
    w->take();
    co_await sup.stop();
    EXPECT(w->take() ==
           "terminate c#1 shutdown; terminate b#1 shutdown; report shutdown_error killed b; "
           "terminate a#1 shutdown");
    const ExitReason why = co_await receive(on(b, [](Down d) { return std::move(d.reason); }));
    EXPECT(why == ExitReason::killed());
  });
}

TEST_CASE("supervisor: brutal_kill kills at once, without a word") {
  World world;
  world.plan("b", {.hang = true});
  run_in(world, [](World* w) -> Task<> {
    SupervisorSpec spec{.children = {actor(w, "a"), actor(w, "b").shutdown(brutal_kill)}};
    auto sup = co_await start_link<StaticSupervisor>(std::move(spec));
    const MonitorRef b = monitor(w->latest("b"));
    w->take();
    co_await sup.stop();
    EXPECT(w->take() == "terminate a#1 shutdown");
    const ExitReason why = co_await receive(on(b, [](Down d) { return std::move(d.reason); }));
    EXPECT(why == ExitReason::killed());
  });
}

TEST_CASE("supervisor: infinity is allowed for workers and supervisors") {
  World world;
  run_in(world, [](World* w) -> Task<> {
    SupervisorSpec spec{
        .children = {actor(w, "a").shutdown(infinity), child_supervisor("s", three(w))}};
    auto sup = co_await start_link<StaticSupervisor>(std::move(spec));
    w->take();
    co_await sup.stop();
    EXPECT(w->take() ==
           "terminate c#1 shutdown; terminate b#1 shutdown; terminate a#2 shutdown; "
           "terminate a#1 shutdown");
  });
}

TEST_CASE(
    "supervisor: a child that ends with another reason while it is stopped is reported, unless "
    "that is expected") {
  World world;
  for (const char* id : {"perm", "trans", "temp"}) world.plan(id, {.end = "late"});
  run_in(world, [](World* w) -> Task<> {
    SupervisorSpec spec{.children = {actor(w, "perm"),
                                     actor(w, "trans").restart(Restart::transient),
                                     actor(w, "temp").restart(Restart::temporary)}};
    auto sup = co_await start_link<StaticSupervisor>(std::move(spec));
    w->take();
    co_await sup.stop();
    EXPECT(w->take() ==
           "terminate temp#1 shutdown; report shutdown_error late temp; "
           "terminate trans#1 shutdown; report shutdown_error late trans; "
           "terminate perm#1 shutdown; report shutdown_error late perm");
  });
}

TEST_CASE("supervisor: a child that was dead when its turn came shows its own reason") {
  World world;
  run_in(world, [](World* w) -> Task<> {
    SupervisorSpec spec{.intensity = 0,
                        .children = {actor(w, "a"), actor(w, "b").restart(Restart::transient),
                                     actor(w, "c"), actor(w, "d")}};
    auto sup = co_await start<StaticSupervisor>(std::move(spec));
    w->take();
    const MonitorRef m = monitor(sup);
    co_await sup.suspend();
    (void)co_await leave(w, "d", word("first"));
    (void)co_await leave(w, "c", word("second"));
    (void)co_await leave(w, "b", ExitReason::normal());
    w->take();
    co_await sup.resume();
    co_await receive(on(m, [](const Down& d) { EXPECT(d.reason == ExitReason::shutdown()); }));
    EXPECT(w->take() ==
           "report child_terminated first d; report shutdown reached_max_restart_intensity d; "
           "report shutdown_error second c; terminate a#1 shutdown");
  });
}

TEST_CASE("supervisor: a child that took its link away is stopped all the same") {
  World world;
  run_in(world, [](World* w) -> Task<> {
    auto sup = co_await start_link<StaticSupervisor>(three(w));
    co_await ServerRef<Actor>{w->latest("b")}.call<UnlinkFromParent>();
    w->take();
    co_await sup.terminate_child("b");
    EXPECT(co_await tree(w, sup) == "a#1 b:none c#1");
    co_await sup.restart_child("b");
    co_await ServerRef<Actor>{w->latest("b")}.call<UnlinkFromParent>();
    w->take();
    co_await sup.stop();
    EXPECT(!is_alive(w->latest("b")));
  });
}

TEST_CASE("supervisor: one that is killed takes its children along, one that it is stopping too") {
  World world;
  world.plan("b", {.trap = false});
  world.plan("c", {.hang = true});
  run_in(world, [](World* w) -> Task<> {
    SupervisorSpec spec{
        .children = {actor(w, "a"), actor(w, "b"), actor(w, "c").shutdown(infinity)}};
    auto sup = co_await start<StaticSupervisor>(std::move(spec));
    const MonitorRef a = monitor(w->latest("a"));
    const MonitorRef b = monitor(w->latest("b"));
    spawn([sup, me = self()]() -> Task<> {
      const auto answer = co_await sup.try_terminate_child("c");
      EXPECT(!answer && answer.error().is_unreachable());
      send<Unanswered>(me, answer.error().reason());
    });
    while (!w->saw("terminate c#1")) co_await sleep(1ms);
    exit(sup, ExitReason::kill());
    const ExitReason why_a = co_await receive(on(a, [](Down d) { return std::move(d.reason); }));
    const ExitReason why_b = co_await receive(on(b, [](Down d) { return std::move(d.reason); }));
    EXPECT(why_a == ExitReason::killed() && why_b == ExitReason::killed());
    const Unanswered unanswered = co_await receive<Unanswered>();
    EXPECT(unanswered.reason == ExitReason::killed());
    // "c" traps exits and hangs in its terminate: only a kill ends it, as in OTP.
    EXPECT(is_alive(w->latest("c")));
    (void)co_await kill(w, "c");
  });
}
