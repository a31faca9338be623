// Probe and the expectations: what they see, and what they say when it does not come.
#include <coppice/coppice.hpp>
#include <coppice/testing.hpp>

#include "catch.hpp"

using namespace coppice;
using namespace coppice::testing;
using namespace std::chrono_literals;
using Catch::Matchers::ContainsSubstring;

namespace {

struct Ping {
  Pid from;
  int number;
};
struct Pong {
  int number;
};
struct Text {
  std::string text;
};
struct Crash {};

class Fragile : public GenServer {
 public:
  void handle_cast(Crash) { throw std::runtime_error{"crash"}; }
};

// The text that an awaited task fails with.
template <class T>
Task<std::string> failure_of(Task<T> task) {
  std::string text;
  try {
    (void)co_await task;
  } catch (const ExpectationFailed& failure) {
    text = failure.what();
  }
  co_return text;
}

void in_simulation_and_really(std::function<Task<>()> program) {
  const SimulationResult result = Simulation{}.run([&program]() -> Task<> { return program(); });
  INFO(result.report());
  CHECK(result.ok());
  CHECK(run_with({.crash_reports = false}, [&program]() -> Task<> { return program(); }) == 0);
}

}  // namespace

TEST_CASE("probe: expects by type and test, and leaves the rest", "[testing]") {
  in_simulation_and_really([]() -> Task<> {
    const Probe probe;
    send<Text>(probe.pid(), "first");
    send<Pong>(probe.pid(), 1);
    send<Pong>(probe.pid(), 2);
    const Pong second = co_await probe.expect_that<Pong>([](const Pong& p) { return p.number == 2; });
    CHECK(second.number == 2);
    send<Pong>(probe.pid(), 3);
    send<Pong>(probe.pid(), 4);
    const Pong fourth = co_await probe.expect(field(&Pong::number) == 4);
    CHECK(fourth.number == 4);
    Task<Pong> fifth = probe.expect(field(&Pong::number) == 5, 1ms);
    const std::string none = co_await failure_of(std::move(fifth));
    CHECK_THAT(none, ContainsSubstring("Pong within 1 ms: there came"));
    send<Text>(probe.pid(), "first");
    send<Pong>(probe.pid(), 1);
    const Pong first = co_await probe.expect<Pong>();
    CHECK(first.number == 1);
    co_await probe.expect_none<Pong>(1ms);
    const Text text = co_await probe.expect<Text>();
    CHECK(text.text == "first");
    co_await probe.expect_silence(1ms);
  });
}

TEST_CASE("probe: says what came instead", "[testing]") {
  in_simulation_and_really([]() -> Task<> {
    const Probe probe;
    Task<Pong> none = probe.expect<Pong>(1ms);
    const std::string nothing = co_await failure_of(std::move(none));
    CHECK_THAT(nothing, ContainsSubstring("Pong within 1 ms: nothing came"));
    send<Text>(probe.pid(), "other");
    send<Ping>(probe.pid(), self(), 1);
    co_await probe.expect<Ping>();  // so the text has been caught, too
    Task<Pong> other = probe.expect<Pong>(1ms);
    const std::string instead = co_await failure_of(std::move(other));
    CHECK_THAT(instead, ContainsSubstring("there came") && ContainsSubstring("Text"));
    send<Pong>(probe.pid(), 1);
    Task<> silent = probe.expect_silence(5s);
    const std::string noise = co_await failure_of(std::move(silent));
    CHECK_THAT(noise, ContainsSubstring("expected nothing") && ContainsSubstring("Pong"));
  });
}

TEST_CASE("probe: answers and forwards", "[testing]") {
  in_simulation_and_really([]() -> Task<> {
    const Probe probe, second;
    probe.answer<Ping>([](Ping& ping) { send<Pong>(ping.from, ping.number); });
    send<Ping>(probe.pid(), self(), 7);
    const Pong pong = co_await receive<Pong>();
    CHECK(pong.number == 7);
    probe.forward_to(second.pid());
    send<Text>(probe.pid(), "on");
    const Text text = co_await second.expect<Text>();
    CHECK(text.text == "on");
    probe.forward_to(Pid{});
    send<Text>(probe.pid(), "here");
    const Text here = co_await probe.expect<Text>();
    CHECK(here.text == "here");
  });
}

TEST_CASE("probe: sees exits and dead letters", "[testing]") {
  in_simulation_and_really([]() -> Task<> {
    const Probe letters = dead_letter_probe();
    const Pid gone = spawn([]() -> Task<> { co_return; });
    const ExitReason reason = co_await expect_exit(gone);
    CHECK((reason.is_normal() || reason.is_noproc()));
    send<Text>(gone, "too late");
    const DeadLetter letter = co_await letters.expect<DeadLetter>();
    CHECK(letter.to == gone);
  });
}

TEST_CASE("expect: exits, restarts and conditions", "[testing]") {
  in_simulation_and_really([]() -> Task<> {
    SupervisorSpec spec;
    spec.intensity = 5;
    spec.children.push_back(child<Fragile>("fragile"));
    auto supervisor = co_await start_link<StaticSupervisor>(std::move(spec));
    const ChildInfo info = co_await supervisor.which_child("fragile");
    const Pid before = info.pid.value();
    const ServerRef<Fragile> fragile{before};
    fragile.cast<Crash>();
    const Pid after_it = co_await expect_restart(supervisor, "fragile", before);
    CHECK(after_it != before);
    const Pid third = co_await expect_restart(supervisor, "fragile", [after_it] { exit(after_it, ExitReason::kill()); });
    CHECK(third != after_it);
    const Pid there = co_await expect_child_of(supervisor.pid(), "fragile");
    CHECK(there == third);
    Task<Pid> again = expect_restart(supervisor, "fragile", third, 5ms);
    const std::string none = co_await failure_of(std::move(again));
    CHECK_THAT(none, ContainsSubstring("expected a restart of fragile within 5 ms"));
    Task<ExitReason> end = expect_exit(third, 5ms);
    const std::string lives = co_await failure_of(std::move(end));
    CHECK_THAT(lives, ContainsSubstring("it lives"));
    int asked = 0;
    co_await await_until([&asked] { return ++asked == 3; });
    CHECK(asked == 3);
  });
}
