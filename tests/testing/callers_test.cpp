// Calls with timeouts against servers that are slow, die and are restarted; timers that are cancelled; under faults.
#include <coppice/coppice.hpp>
#include <coppice/testing.hpp>

#include "catch.hpp"
#include "seeds.hpp"

using namespace coppice;
using namespace coppice::testing;
using namespace std::chrono_literals;

namespace {

struct Echo {
  int number;
};
struct Later {
  int number;
};
struct Tick {
  int number;
};
struct Done {};

// Answers at once, after a while from a suspended handler, or from a process of its own.
class Server : public GenServer {
 public:
  int handle_call(Echo echo) { return echo.number; }
  Task<int> handle_call(Later later) {
    co_await sleep(std::chrono::milliseconds{random_number(150)});
    co_return later.number;
  }
  Reply<std::string> handle_call(Tick tick, From<std::string> from) {
    auto answer = [](From<std::string> caller, int number) -> Task<> {
      co_await sleep(std::chrono::milliseconds{random_number(150)});
      caller.reply(std::to_string(number));
    };
    spawn_link(answer, std::move(from), tick.number);
    return no_reply;
  }
};

// Dropped: the process that held the From was linked to the server and ended with it.
bool is_expected(const CallError& error) {
  return error.is_timeout() || error.is_noproc() || error.is_exit() || error.kind() == CallError::Kind::dropped;
}

Task<> caller(int first, Pid tell) {
  const Name<Server> server{"server"};
  for (int i = first; i < first + 10; ++i) {
    const auto echoed = co_await server.within(50ms).try_call<Echo>(i);
    check(echoed ? *echoed == i : is_expected(echoed.error()), "an echo is one's own");
    const auto later = co_await server.within(100ms).try_call<Later>(i);
    check(later ? *later == i : is_expected(later.error()), "a late answer is one's own");
    const auto ticked = co_await server.within(100ms).try_call<Tick>(i);
    check(ticked ? *ticked == std::to_string(i) : is_expected(ticked.error()), "a deferred answer is one's own");
  }
  send<Done>(tell);
}

SupervisorSpec server_spec() {
  SupervisorSpec spec;
  spec.intensity = 1000;
  spec.children.push_back(child<Server>("server").named("server"));
  return spec;
}

Task<> callers_main() {
  // The first start may fail; a supervisor tries again from then on.
  for (bool started = false; !started;) {
    SupervisorSpec spec = server_spec();
    const auto supervisor = co_await try_start_link<StaticSupervisor>(std::move(spec));
    started = supervisor.has_value();
  }
  for (int i = 0; i < 4; ++i) spawn_link(caller, i * 100, self());
  for (int i = 0; i < 4; ++i) co_await receive<Done>();
}

// A timer that was cancelled in time sends nothing; one that was not sends once.
Task<> timers_main() {
  for (int i = 0; i < 30; ++i) {
    const timing::Duration delay = std::chrono::microseconds{random_number(3000)};
    const timing::Instant begin = now();
    const TimerRef timer = send_after<Tick>(delay, self(), i);
    co_await sleep(std::chrono::microseconds{random_number(3000)});
    const bool cancelled = cancel_timer(timer).has_value();
    const std::optional<Tick> tick = co_await receive<Tick>(10ms);
    check(cancelled != tick.has_value(), "cancelled or sent, and not both");
    if (tick) check(tick->number == i, "each timer sends its own message");
    if (tick) check(now() - begin >= delay, "a timer is never early");
  }
  const std::optional<Tick> more = co_await receive<Tick>(1s);
  check(!more, "no timer sends twice");
  for (int i = 0; i < 10; ++i) {
    const timing::Duration delay = std::chrono::microseconds{random_number(100'000)};
    for (int number = 0; number < 3; ++number) send_after<Tick>(delay, self(), number);
    for (int number = 0; number < 3; ++number) {
      const Tick tick = co_await receive<Tick>();
      check(tick.number == number, "of timers for one moment the first comes first");
    }
  }
}

}  // namespace

TEST_CASE("callers: every call is answered once or fails once, whatever happens to the server", "[testing]") {
  Faults faults;
  faults.kill = 0.01;
  faults.failing_start = 0.1;
  faults.slow_start = 0.1;
  faults.slow_start_by = 300ms;
  faults.stall = 0.01;
  faults.late_timer = 0.05;
  // The callers are to come to their end.
  faults.may_strike = [](const FaultTarget& target) { return target.what.find("Server") != std::string::npos; };
  const Exploration found = explore(callers_main, {.seeds = seeds(200), .faults = faults});
  INFO(found.report());
  CHECK(found.ok());
  CHECK(found.runs == seeds(200));
  const Exploration pct = explore(callers_main, {.seeds = seeds(50), .scheduling = Scheduling::pct(3), .faults = faults});
  INFO(pct.report());
  CHECK(pct.ok());
}

TEST_CASE("callers: a timer is cancelled or sends, never both", "[testing]") {
  Faults faults;
  faults.late_timer = 0.3;
  faults.late_timer_by = 2ms;
  faults.stall = 0.1;
  faults.stall_for = 2ms;
  const Exploration found = explore(timers_main, {.seeds = seeds(200), .faults = faults});
  INFO(found.report());
  CHECK(found.ok());
}
