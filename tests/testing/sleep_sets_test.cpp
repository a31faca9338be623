// What explore_all leaves out changes nothing: the same outcomes with sleep sets and without, and as many schedules stood for as are
// run without.
#include "races.hpp"

using namespace coppice;
using namespace coppice::test;
using namespace coppice::testing;
using namespace std::chrono_literals;

namespace {

struct Word {
  int from;
};
struct Ask {};

using Program = std::function<Task<>(Outcomes&)>;

struct Both {
  Exploration with, without;
};

// Runs it both ways and says how many schedules that took.
Both both_ways(const char* name, const Program& program, unsigned delays) {
  Outcomes with_outcomes, without_outcomes;
  const auto explored = [&](Reduction reduction, Outcomes& outcomes) {
    Exploration all = explore_all([&]() -> Task<> { return program(outcomes); },
                                  {.delays = delays, .reduction = reduction, .most_runs = 1'000'000});
    INFO(name << "\n" << all.report());
    CHECK(all.ok());
    CHECK(all.complete);
    return all;
  };
  Both both{explored(Reduction::sleep_sets, with_outcomes), explored(Reduction::none, without_outcomes)};
  INFO(name);
  CHECK(with_outcomes == without_outcomes);
  // Each state's schedules are counted when it has been gone through: what was left out is known to the last one.
  CHECK(both.with.schedules == both.without.runs);
  CHECK(both.without.schedules == both.without.runs);
  CHECK(both.with.runs <= both.without.runs);
  fmt::print("{}, {} delays: {} schedules run of {}, {} outcomes\n", name, delays, both.with.runs, both.without.runs,
             with_outcomes.size());
  return both;
}

Task<> unlink_and_end(Outcomes& outcomes) {
  trap_exit(true);
  const Pid other = spawn_link(ends_when_told);
  const MonitorRef end = monitor(other);
  send<Go>(other);
  co_await sleep(0s);
  unlink(other, flush);
  co_await receive(on(end, [](const Down&) {}));
  const std::optional<Exit> late = co_await receive<Exit>(1s);
  outcomes.insert(late ? "late" : "none");
}

Task<> demonitor_and_down(Outcomes& outcomes) {
  const Pid other = spawn(ends_when_told);
  const MonitorRef ref = monitor(other);
  send<Go>(other);
  co_await sleep(0s);
  const bool was_there = demonitor(ref, flush);
  outcomes.insert(was_there ? "before" : "after");
}

Task<> name_and_end(Outcomes& outcomes) {
  const Pid first = spawn(ends_when_told);
  (void)register_name("it", first);
  const MonitorRef end = monitor(first);
  const Pid second = spawn([]() -> Task<> { co_await receive<Word>(); });
  send<Go>(first);
  co_await sleep(0s);
  const auto early = register_name("it", second);
  outcomes.insert(early ? "free" : fmt::format("{}", early.error()));
  co_await receive(on(end, [](const Down&) {}));
}

Task<> call_and_end(Outcomes& outcomes) {
  class Server : public GenServer {
   public:
    int handle_call(Ask) { return 1; }
  };
  auto server = co_await start<Server>();
  spawn([server]() -> Task<> {
    exit(server.pid(), ExitReason::shutdown());
    co_return;
  });
  const auto reply = co_await server.try_call<Ask>();
  outcomes.insert(reply ? "reply" : reply.error().is_noproc() ? "noproc" : "exit");
}

Task<> link_and_end(Outcomes& outcomes) {
  trap_exit(true);
  const Pid other = spawn(ends_when_told);
  send<Go>(other);
  co_await sleep(0s);
  link(other);
  const std::optional<Exit> came = co_await receive<Exit>(1s);
  outcomes.insert(came ? fmt::format("{}", came->reason) : "none");
}

Task<> alive_or_not(Outcomes& outcomes) {
  const Pid other = spawn(ends_when_told);
  send<Go>(other);
  const Pid me = self();
  spawn([other, me]() -> Task<> {
    send<Word>(me, is_alive(other) ? 1 : 0);
    co_return;
  });
  const Word word = co_await receive<Word>();
  outcomes.insert(word.from == 1 ? "alive" : "dead");
}

Task<> find_by_name(Outcomes& outcomes) {
  const Pid me = self();
  spawn([]() -> Task<> {
    (void)register_name("here", self());
    co_await receive<Go>();
  });
  spawn([me]() -> Task<> {
    const std::optional<Pid> found = whereis("here");
    if (found) send<Go>(*found);
    send<Word>(me, found ? 1 : 0);
    co_return;
  });
  const Word word = co_await receive<Word>();
  outcomes.insert(word.from == 1 ? "found" : "not found");
}

// Timers of one moment, set by two processes for a third.
Task<> timers_for_another(Outcomes& outcomes) {
  const Pid me = self();
  for (int i = 0; i < 2; ++i)
    spawn([me, i]() -> Task<> {
      send_after<Word>(1s, me, i);
      co_return;
    });
  const Word first = co_await receive<Word>();
  const Word second = co_await receive<Word>();
  outcomes.insert(fmt::format("{}{}", first.from, second.from));
}

// Two pairs that have nothing to do with each other: much to leave out.
Task<> two_pairs(Outcomes& outcomes) {
  std::vector<MonitorRef> ends;
  for (int i = 0; i < 2; ++i) {
    const SpawnedMonitor one = spawn_monitor([]() -> Task<> {
      const Pid me = self();
      const Pid other = spawn([me]() -> Task<> {
        co_await receive<Go>();
        send<Word>(me, 1);
      });
      send<Go>(other);
      co_await receive<Word>();
    });
    ends.push_back(one.ref);
  }
  std::string order;
  for (std::size_t i = 0; i < 2; ++i) {
    const Down down = co_await receive<Down>();
    order += down.ref == ends[0] ? "a" : "b";
  }
  outcomes.insert(order);
}

}  // namespace

TEST_CASE("sleep sets: the same outcomes as without, of the races of two and three processes", "[testing]") {
  for (const unsigned delays : {1u, 2u, 3u}) {
    both_ways("unlink against the end", unlink_and_end, delays);
    both_ways("demonitor against the Down", demonitor_and_down, delays);
    both_ways("register against the end", name_and_end, delays);
    both_ways("call against the server's end", call_and_end, delays);
    both_ways("link against the end", link_and_end, delays);
    both_ways("is_alive against the end", alive_or_not, delays);
    both_ways("whereis against register", find_by_name, delays);
    both_ways("send_after by two", timers_for_another, delays);
  }
}

TEST_CASE("sleep sets: of steps that have nothing to do with each other most orders are left out", "[testing]") {
  const Both both = both_ways("two pairs", two_pairs, 2);
  CHECK(both.with.runs * 2 < both.without.runs);
}

TEST_CASE("sleep sets: a program that depends on what it kept from the last run is found out", "[testing]") {
  int runs = 0;
  const Exploration strays = explore_all(
      [&runs]() -> Task<> {
        const Pid other = spawn(ends_when_told);
        if (++runs % 2 == 0) send<Go>(other);
        co_await sleep(0s);
        send<Go>(other);
        co_await sleep(0s);
      },
      {.delays = 2});
  REQUIRE_FALSE(strays.ok());
  CHECK(strays.failed->failure().kind == SimulationFailure::Kind::strayed);
}
