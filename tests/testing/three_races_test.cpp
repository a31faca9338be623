// Races of three processes, and of both sides of a link, in every order that a few delays give.
#include "races.hpp"

using namespace coppice;
using namespace coppice::test;
using namespace coppice::testing;
using namespace std::chrono_literals;

namespace {

struct Never {};
struct Won {
  bool name;
};
struct Ask {};
struct AskSlowly {};
struct Born {
  Pid pid;
};

Task<> waits_for_ever() { co_await receive<Never>(); }

bool is_killed(const ExitReason& reason) { return reason.kind() == process::ReasonKind::killed; }

Task<> sends_exit(Pid to, ExitReason reason) {
  exit(to, std::move(reason));
  co_return;
}

// How many messages of a type come, waited for longer than anything takes.
template <class M>
Task<int> count_of() {
  int count = 0;
  for (bool more = true; more;) {
    const std::optional<M> came = co_await receive<M>(1s);
    more = came.has_value();
    count += more;
  }
  co_return count;
}

Task<ExitReason> reason_of(MonitorRef end) {
  co_return co_await receive(on(end, [](const Down& down) { return down.reason; }));
}

class Answers : public GenServer {
 public:
  int handle_call(Ask) { return 1; }
  Task<int> handle_call(AskSlowly) {
    co_await sleep(1ms);
    co_return 1;
  }
};

template <class T>
std::string outcome_of(const std::expected<T, CallError>& reply) {
  if (reply) return "reply";
  if (reply.error().is_timeout()) return "timeout";
  return reply.error().is_noproc() ? "noproc" : reply.error().is_exit() ? "exit" : "?";
}

}  // namespace

TEST_CASE("races of both sides: each unlinks, and one ends", "[testing]") {
  in_every_order(
      []() -> Task<> {
        trap_exit(true);
        const Pid other = spawn_link([main = self()]() -> Task<> {
          co_await receive<Go>();
          unlink(main);
          exit(ExitReason::custom(std::string{"over"}));
        });
        send<Go>(other);
        unlink(other, flush);
        const int exits = co_await count_of<Exit>();
        check(exits == 0, "an Exit after unlink");
      },
      3);
}

TEST_CASE("races of both sides: each links, and one ends", "[testing]") {
  Outcomes outcomes;
  in_every_order(
      [&outcomes]() -> Task<> {
        trap_exit(true);
        const Pid other = spawn([main = self()]() -> Task<> {
          link(main);
          exit(ExitReason::custom(std::string{"over"}));
          co_return;
        });
        link(other);
        const Exit first = co_await receive<Exit>();
        outcomes.insert(fmt::format("{}", first.reason));
        // A link that was made after the other's end tells of it once more: noproc, as the link is another.
        const int more = co_await count_of<Exit>();
        check(more == 0 || (more == 1 && !first.reason.is_noproc()), "a link tells twice");
      },
      3);
  CHECK(outcomes.size() >= 1);
}

TEST_CASE("races of three: unlink against the other's death by a third", "[testing]") {
  Outcomes outcomes;
  in_every_order([&outcomes]() -> Task<> {
    trap_exit(true);
    const Pid other = spawn_link(waits_for_ever);
    const MonitorRef end = monitor(other);
    spawn(sends_exit, other, ExitReason::kill());
    co_await sleep(0s);
    unlink(other);
    std::optional<Exit> before = co_await receive<Exit>(0s);
    const ExitReason reason = co_await reason_of(end);
    check(is_killed(reason), "it was killed");
    outcomes.insert(before ? "told" : "unlinked");
    const int late = co_await count_of<Exit>();
    check(late == 0, "an Exit after unlink");
  });
  CHECK(outcomes == Outcomes{"told", "unlinked"});
}

TEST_CASE("races of three: a chain of links that is cut in the middle while its end dies", "[testing]") {
  Outcomes outcomes;
  in_every_order([&outcomes]() -> Task<> {
    trap_exit(true);
    const Pid last = spawn(ends_when_told);
    const Pid middle = spawn_link([last]() -> Task<> {
      link(last);
      co_await receive<Go>();
      unlink(last);
      co_await receive<Go>();
    });
    send<Go>(last);
    send<Go>(middle);
    co_await settle();
    const bool lives = is_alive(middle);
    send<Go>(middle);
    const Exit exit = co_await receive<Exit>();
    check(exit.from == middle, "only the middle is linked to the main process");
    check(exit.reason.is_normal() == lives, "the middle dies of the end's reason, or not at all");
    outcomes.insert(fmt::format("{}", exit.reason));
    const int more = co_await count_of<Exit>();
    check(more == 0, "one Exit for one link");
  });
  CHECK(outcomes.size() >= 2);
  CHECK(outcomes.contains("normal"));
}

TEST_CASE("races of three: one demonitors, and the other gets its Down all the same", "[testing]") {
  Outcomes outcomes;
  in_every_order([&outcomes]() -> Task<> {
    const Pid other = spawn(ends_when_told);
    const SpawnedMonitor watcher = spawn_monitor([other, &outcomes]() -> Task<> {
      const MonitorRef ref = monitor(other);
      const ExitReason reason = co_await reason_of(ref);
      outcomes.insert(reason.is_noproc() ? "late" : "in time");
      const int more = co_await count_of<Down>();
      check(more == 0, "one Down for one monitor");
    });
    const MonitorRef ref = monitor(other);
    send<Go>(other);
    co_await sleep(0s);
    demonitor(ref, flush);
    const ExitReason end = co_await reason_of(watcher.ref);
    check(end.is_normal(), "the watcher has its Down");
    const int late = co_await count_of<Down>();
    check(late == 0, "a Down after demonitor with flush");
  }, 3);
  CHECK(outcomes == Outcomes{"late", "in time"});
}

TEST_CASE("races of three: two want the name of one that ends, and one gets it at most", "[testing]") {
  Outcomes outcomes;
  in_every_order([&outcomes]() -> Task<> {
    const Pid first = spawn(ends_when_told);
    check(register_name("it", first).has_value(), "a living process gets a name");
    auto wants = [](Pid tell) -> Task<> {
      const bool won = register_name("it", self()).has_value();
      send<Won>(tell, won);
      co_await receive<Never>();
    };
    const MonitorRef end = monitor(first);
    send<Go>(first);
    spawn(wants, self());
    spawn(wants, self());
    int won = 0;
    for (int i = 0; i < 2; ++i) {
      const Won one = co_await receive<Won>();
      won += one.name;
    }
    check(won <= 1, "two processes have one name");
    co_await reason_of(end);
    const std::optional<Pid> holder = whereis("it");
    check(holder.has_value() == (won == 1), "who won has the name");
    check(!holder || (*holder != first && is_alive(*holder)), "the name is a living process's");
    outcomes.insert(std::to_string(won));
  });
  CHECK(outcomes == Outcomes{"0", "1"});
}

TEST_CASE("races of three: a process that takes a name while a third kills it leaves none", "[testing]") {
  Outcomes outcomes;
  in_every_order([&outcomes]() -> Task<> {
    const SpawnedMonitor other = spawn_monitor([&outcomes]() -> Task<> {
      co_await sleep(0s);
      outcomes.insert(register_name("it", self()).has_value() ? "named" : "refused");
      co_await receive<Never>();
    });
    spawn(sends_exit, other.pid, ExitReason::kill());
    co_await reason_of(other.ref);
    check(!whereis("it"), "the name is free when the Down is there");
    check(register_name("it", self()).has_value(), "and can be taken");
    outcomes.insert("ended");
  });
  CHECK(outcomes == Outcomes{"named", "ended"});
}

TEST_CASE("races of three: a name that is given up against the holder's death and a third who takes it", "[testing]") {
  in_every_order([]() -> Task<> {
    const Pid first = spawn([]() -> Task<> {
      (void)register_name("it", self());
      co_await receive<Go>();
      (void)unregister_name("it");
      exit(ExitReason::custom(std::string{"over"}));
    });
    co_await settle();
    const MonitorRef end = monitor(first);
    send<Go>(first);
    const Pid second = spawn([]() -> Task<> {
      for (bool named = false; !named;) {
        named = register_name("it", self()).has_value();
        if (!named) co_await sleep(1us);
      }
      co_await receive<Never>();
    });
    co_await reason_of(end);
    co_await advance(1ms);
    check(whereis("it") == second, "the end of the first does not take the second's name");
  });
}

TEST_CASE("races of three: two exit signals, of which one ends the process", "[testing]") {
  Outcomes outcomes;
  in_every_order([&outcomes]() -> Task<> {
    trap_exit(true);
    const Pid other = spawn_link(waits_for_ever);
    const MonitorRef end = monitor(other);
    spawn(sends_exit, other, ExitReason::kill());
    spawn(sends_exit, other, ExitReason::shutdown());
    const ExitReason down = co_await reason_of(end);
    const Exit exit = co_await receive<Exit>();
    check(is_killed(down) || down.is_shutdown(), "one of the two");
    check(is_killed(down) == is_killed(exit.reason), "link and monitor tell the same");
    outcomes.insert(fmt::format("{}", down));
    const int more = co_await count_of<Down>();
    check(more == 0, "it ends once");
  });
  CHECK(outcomes == Outcomes{"killed", "shutdown"});
}

TEST_CASE("races of three: a server whose parent is killed while it starts does not stay", "[testing]") {
  class Server : public GenServer {
   public:
    explicit Server(Pid tell) { send<Born>(tell, self()); }
  };
  Outcomes outcomes;
  in_every_order([&outcomes]() -> Task<> {
    const SpawnedMonitor parent = spawn_monitor([main = self()]() -> Task<> {
      co_await start_link<Server>(main);
      co_await receive<Never>();
    });
    spawn(sends_exit, parent.pid, ExitReason::kill());
    const ExitReason reason = co_await reason_of(parent.ref);
    check(is_killed(reason), "the parent was killed");
    co_await advance(1s);
    const std::optional<Born> born = co_await receive<Born>(0s);
    if (born) check(!is_alive(born->pid), "a server lives whose parent was killed");
    outcomes.insert(born ? "born" : "not born");
  });
  CHECK(outcomes == Outcomes{"born", "not born"});
}

TEST_CASE("races of three: a call that may take too long against the server's death", "[testing]") {
  Outcomes outcomes;
  in_every_order([&outcomes]() -> Task<> {
    const auto server = co_await start<Answers>();
    spawn([pid = server.pid()]() -> Task<> {
      co_await sleep(1ms);
      exit(pid, ExitReason::kill());
    });
    const auto reply = co_await server.within(1ms).try_call<AskSlowly>();
    outcomes.insert(outcome_of(reply));
    // Nothing of the call comes later, and the next one is answered or fails by itself.
    const auto second = co_await server.within(1s).try_call<Ask>();
    if (second) check(*second == 1, "an answer is one's own");
    const bool quiet = co_await receive(on_any([](Message&) { return false; }), after(1s, [] { return true; }));
    check(quiet, "something comes after the call");
  });
  CHECK(outcomes.contains("timeout"));
  CHECK(outcomes.size() > 1);
  CHECK_FALSE(outcomes.contains("?"));
}

TEST_CASE("races of three: a call by name while its server is killed and started again", "[testing]") {
  Outcomes outcomes;
  in_every_order([&outcomes]() -> Task<> {
    SupervisorSpec spec;
    spec.children.push_back(child<Answers>("answers").named("answers"));
    const auto supervisor = co_await start_link<StaticSupervisor>(std::move(spec));
    const Pid first = whereis("answers").value();
    spawn(sends_exit, first, ExitReason::kill());
    const Name<Answers> name{"answers"};
    const auto reply = co_await name.within(1s).try_call<Ask>();
    outcomes.insert(outcome_of(reply));
    const Pid second = co_await expect_restart(supervisor, "answers", first);
    check(whereis("answers") == second, "the name is the new one's");
    const int answer = co_await name.call<Ask>();
    check(answer == 1, "the new one answers");
  });
  CHECK(outcomes.contains("reply"));
  CHECK(outcomes.size() > 1);
  CHECK_FALSE(outcomes.contains("?"));
}
