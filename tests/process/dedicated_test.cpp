// SpawnOptions: processes on a thread of their own.
#include <chrono>
#include <thread>
#include <vector>

#include <coppice/core.hpp>

#include "processes.hpp"

using namespace coppice;
using namespace coppice::test;
using namespace std::chrono_literals;

namespace {

struct Go {};
struct Number {
  int value;
};
constexpr SpawnOptions on_its_own{.thread = dedicated};

}  // namespace

TEST_CASE("dedicated: a process stays on one thread that nobody else runs on", "[process][dedicated]") {
  in_process([]() -> Task<> {
    const Pid me = self();
    std::vector<SpawnedMonitor> all;
    for (int i = 0; i < 3; ++i)
      all.push_back(spawn_monitor(on_its_own, [me]() -> Task<> {
        const std::thread::id mine = std::this_thread::get_id();
        send(me, mine);
        for (int k = 0; k < 50; ++k) {
          co_await sleep(0ms);
          co_await receive([](Number) {});
          EXPECT(std::this_thread::get_id() == mine);
        }
      }));
    std::vector<std::thread::id> threads;
    for (int i = 0; i < 3; ++i) threads.push_back(co_await receive<std::thread::id>());
    for (int k = 0; k < 50; ++k)
      for (const SpawnedMonitor& p : all) {
        send(p.pid, Number{k});
        for (const std::thread::id t : threads) EXPECT(std::this_thread::get_id() != t);
      }
    for (const SpawnedMonitor& p : all) co_await receive(on(p.ref, [](const Down& d) { EXPECT(d.reason.is_normal()); }));
    EXPECT(threads[0] != threads[1] && threads[1] != threads[2] && threads[0] != threads[2]);
  });
}

TEST_CASE("dedicated: one that blocks its thread holds nobody up", "[process][dedicated]") {
  in_turns([]() -> Task<> {
    base::Atomic<bool> release{false};
    auto [pid, ref] = spawn_monitor(on_its_own, [&release]() -> Task<> {
      while (!release) base::yield_thread();
      co_return;
    });
    const Pid me = self();
    for (int i = 0; i < 100; ++i) {
      spawn([me]() -> Task<> {
        send(me, Go{});
        co_return;
      });
      co_await receive([](Go) {});
    }
    EXPECT(is_alive(pid));
    release = true;
    co_await receive(on(ref, [](const Down&) {}));
  });
}

TEST_CASE("dedicated: linked, monitored, killed and timed like any other", "[process][dedicated]") {
  in_process([]() -> Task<> {
    trap_exit(true);
    const Pid linked = spawn_link(on_its_own, []() -> Task<> { exit(ExitReason::custom(1)); co_return; });
    const Exit e = co_await receive<Exit>();
    EXPECT(e.from == linked);
    auto [sleeper, ref] = spawn_monitor(on_its_own, []() -> Task<> {
      EXPECT(!co_await receive<Go>(5ms));
      co_await sleep(1h);
    });
    send_after(1ms, sleeper, Number{1});
    co_await sleep(10ms);
    exit(sleeper, ExitReason::kill());
    co_await receive(on(ref, [](const Down& d) { EXPECT(d.reason == ExitReason::killed()); }));
    const Pid plain = spawn(on_its_own, []() -> Task<> { co_await receive([](Go) {}); });
    const MonitorRef m = monitor(plain);
    send(plain, Go{});
    co_await receive(on(m, [](const Down&) {}));
  });
}

TEST_CASE("dedicated: many come and go, and a runtime ends those that are left", "[process][dedicated]") {
  in_process([]() -> Task<> {
    constexpr int count = static_cast<int>(scaled(200, 40));
    for (int i = 0; i < count; ++i) {
      auto [pid, ref] = spawn_monitor(on_its_own, []() -> Task<> { co_return; });
      (void)pid;
      co_await receive(on(ref, [](const Down&) {}));
    }
    for (int i = 0; i < 8; ++i) spawn(on_its_own, []() -> Task<> { co_await receive([](Go) {}); });
  });
}
