// Runtimes beside each other: their processes reach each other, and their ends do not hurt.
#include <chrono>
#include <memory>

#include <coppice/core.hpp>

#include "processes.hpp"

using namespace coppice;
using namespace coppice::test;
using namespace std::chrono_literals;

namespace {

struct Go {};
struct Ball {
  Pid from;
  int bounces;
};

// Sends each ball back, until one has bounced enough.
Task<> player() {
  for (bool playing = true; playing;)
    co_await receive([&playing](Ball b) {
      playing = b.bounces > 0;
      if (b.bounces >= 0) send(b.from, Ball{self(), b.bounces - 1});
    });
}

}  // namespace

TEST_CASE("two runtimes: processes send to each other", "[process][two_runtimes]") {
  const LeavesNothing check;
  Runtime one{quiet(1)};
  Runtime two{quiet()};
  const Pid a = one.spawn(player);
  const Pid b = two.spawn(player);
  one.send(a, Ball{b, static_cast<int>(scaled(20'000, 2'000))});
  CHECK(one.wait(a, 60s).has_value());
  CHECK(two.wait(b, 60s).has_value());
  one.stop();
  two.stop();
}

TEST_CASE("two runtimes: links, monitors and exit signals go across", "[process][two_runtimes]") {
  const LeavesNothing check;
  Runtime far{quiet(1)};
  const Pid first = far.spawn([]() -> Task<> {
    co_await receive([](Go) {});
    exit(ExitReason::custom("far"));
  });
  const Pid second = far.spawn([]() -> Task<> { co_await receive([](Go) {}); });
  Runtime near{quiet(1)};
  near.run([first, second]() -> Task<> {
    trap_exit(true);
    link(first);
    const MonitorRef ref = monitor(first);
    send(first, Go{});
    const Exit e = co_await receive<Exit>();
    EXPECT(e.from == first);
    EXPECT(e.reason == ExitReason::custom("far"));
    co_await receive(on(ref, [](const Down& d) { EXPECT(d.reason == ExitReason::custom("far")); }));
    const MonitorRef victim = monitor(second);
    exit(second, ExitReason::kill());
    co_await receive(on(victim, [](const Down& d) { EXPECT(d.reason == ExitReason::killed()); }));
  });
  near.stop();
  far.stop();
}

TEST_CASE("two runtimes: the end of one is told to the other", "[process][two_runtimes]") {
  const LeavesNothing check;
  auto far = std::make_unique<Runtime>(quiet(1));
  const Pid there = far->spawn([]() -> Task<> { co_await receive([](Go) {}); });
  Runtime near{quiet(1)};
  base::Atomic<bool> watching{false};
  const Pid watcher = near.spawn([there, &watching]() -> Task<> {
    trap_exit(true);
    link(there);
    const MonitorRef ref = monitor(there);
    watching = true;
    const Exit e = co_await receive<Exit>();
    EXPECT(e.from == there);
    co_await receive(on(ref, [](const Down&) {}));
  });
  while (!watching) base::yield_thread();
  far.reset();
  const std::optional<ExitReason> why = near.wait(watcher, 60s);  // noproc: it had ended before
  CHECK((why == ExitReason::normal() || why == ExitReason::noproc()));
  near.stop();
}

TEST_CASE("two runtimes: one may stop while the other sends to it", "[process][two_runtimes]") {
  const LeavesNothing check;
  Runtime sender{quiet()};
  constexpr int rounds = static_cast<int>(scaled(60, 15));
  base::Atomic<bool> sending;
  for (int round = 0; round < rounds; ++round) {
    sending = false;
    auto target = std::make_unique<Runtime>(quiet(1));
    std::vector<Pid> targets;
    for (int i = 0; i < 4; ++i)
      targets.push_back(target->spawn([]() -> Task<> {
        for (;;) co_await receive([](Go) {});
      }));
    const Pid busy = sender.spawn([targets, &sending]() -> Task<> {
      trap_exit(true);
      for (const Pid p : targets) monitor(p);
      std::size_t down = 0;
      while (down < targets.size()) {
        for (const Pid p : targets) send(p, Go{});
        sending = true;
        if (co_await receive<Down>(0ms)) ++down;
      }
    });
    while (!sending) base::yield_thread();
    target.reset();
    const std::optional<ExitReason> why = sender.wait(busy, 60s);  // noproc: it had ended before
    CHECK((why == ExitReason::normal() || why == ExitReason::noproc()));
  }
  sender.stop();
}

TEST_CASE("two runtimes: a process that is spawned belongs to its parent's runtime", "[process][two_runtimes]") {
  const LeavesNothing check;
  Runtime one{quiet(1)};
  Runtime two{quiet(1)};
  Pid child;
  one.run([&child]() -> Task<> {
    child = spawn([]() -> Task<> { co_await receive([](Go) {}); });
    co_return;
  });
  two.stop();
  CHECK(is_alive(child));
  one.stop();
  CHECK_FALSE(is_alive(child));
}
