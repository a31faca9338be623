// A pid that outlives its process never reaches another one, however often the slot was used again.
#include <chrono>
#include <unordered_set>
#include <vector>

#include <coppice/core.hpp>

#include "processes.hpp"

using namespace coppice;
using namespace coppice::test;
using namespace std::chrono_literals;

namespace {

struct Go {};
struct Stale {};

Task<> nothing() { co_return; }

// Takes what comes until it is told to go; answers whether something was not for it.
Task<> tenant(Pid owner) {
  bool wrong = false;
  bool going = false;
  while (!going)
    co_await receive([&going](Go) { going = true; },
                     [&wrong](Stale) { wrong = true; });
  send(owner, wrong);
}
Task<> end_of(SpawnedMonitor p) { co_await receive(on(p.ref, [](const Down&) {})); }

// Lets tenants of the old pid's slot come and go until `wanted` accepts one, which is then alive.
template <class Wanted>
Task<SpawnedMonitor> reuse_until(Pid old, int& reuses, Wanted wanted) {
  for (;;) {
    // Whoever gets another slot keeps it until this one has been given out.
    std::vector<SpawnedMonitor> tenants;
    do tenants.push_back(spawn_monitor(tenant, self()));
    while (tenants.back().pid.slot() != old.slot());
    ++reuses;
    const bool found = wanted(tenants.back().pid);
    const SpawnedMonitor last = tenants.back();
    if (found) tenants.pop_back();
    for (const SpawnedMonitor& other : tenants) {
      send(other.pid, Go{});
      EXPECT(!co_await receive<bool>());
      co_await end_of(other);
    }
    if (found) co_return last;
  }
}

}  // namespace

TEST_CASE("stale pid: no two processes have the same one", "[process][stale_pid]") {
  in_process([]() -> Task<> {
    std::unordered_set<Pid> seen;
    constexpr int count = static_cast<int>(scaled(200'000, 20'000));
    for (int i = 0; i < count; ++i) EXPECT(seen.insert(spawn(nothing)).second);
    co_return;
  });
}

TEST_CASE("stale pid: signals to it reach no later tenant of its slot", "[process][stale_pid]") {
  in_turns([]() -> Task<> {
    trap_exit(true);
    const SpawnedMonitor first = spawn_monitor(nothing);
    const Pid old = first.pid;
    co_await end_of(first);
    int reuses = 0;
    const SpawnedMonitor now_there = co_await reuse_until(old, reuses, [](Pid) { return true; });
    EXPECT(!is_alive(old));
    const auto before = runtime().dead_letter_count();
    send(old, Stale{});
    exit(old, ExitReason::kill());
    unlink(old);
    link(old);
    const MonitorRef ref = monitor(old);
    co_await receive([](const Exit& e) { EXPECT(e.reason.is_noproc()); });
    co_await receive(on(ref, [](const Down& d) { EXPECT(d.reason.is_noproc()); }));
    EXPECT(runtime().dead_letter_count() == before + 1);
    EXPECT(is_alive(now_there.pid));
    send(now_there.pid, Go{});
    EXPECT(!co_await receive<bool>());
    co_await end_of(now_there);
  });
}

TEST_CASE("stale pid: nor the tenant whose generation has the same low bits", "[process][stale_pid]") {
  // The inbox's word holds 16 bits of the generation and lets this one pass; the receiver must find it out.
  in_turns([]() -> Task<> {
    trap_exit(true);
    const SpawnedMonitor first = spawn_monitor(nothing);
    const Pid old = first.pid;
    co_await end_of(first);
    int reuses = 0;
    const SpawnedMonitor twin = co_await reuse_until(old, reuses, [old](Pid pid) {
      return ((pid.generation() ^ old.generation()) & 0xffff) == 0;
    });
    EXPECT(twin.pid.generation() - old.generation() == 0x1'0000);
    EXPECT(reuses == 0x8000);
    const auto before = runtime().dead_letter_count();
    for (int i = 0; i < 10; ++i) send(old, Stale{});
    exit(old, ExitReason::kill());
    exit(old, ExitReason::custom(1));
    link(old);
    const MonitorRef ref = monitor(old);
    // Both are answered by the tenant's slot, as if by nobody.
    co_await receive([](const Exit& e) { EXPECT(e.reason.is_noproc()); });
    co_await receive(on(ref, [](const Down& d) { EXPECT(d.reason.is_noproc()); }));
    EXPECT(is_alive(twin.pid));
    EXPECT(runtime().dead_letter_count() == before + 10);
    EXPECT(!process::is_linked(old));
    send(twin.pid, Go{});
    EXPECT(!co_await receive<bool>());
    co_await receive(on(twin.ref, [](const Down& d) { EXPECT(d.reason.is_normal()); }));
  });
}

TEST_CASE("stale pid: still none of them after 200,000 tenants", "[process][stale_pid]") {
  if (sanitized) return;  // the same as above for longer
  in_turns([]() -> Task<> {
    const SpawnedMonitor first = spawn_monitor(nothing);
    const Pid old = first.pid;
    co_await end_of(first);
    int reuses = 0;
    const auto before = runtime().dead_letter_count();
    int sent = 0;
    const SpawnedMonitor last = co_await reuse_until(old, reuses, [&](Pid) {
      // Every tenant is sent a stale message; none of them gets it.
      send(old, Stale{});
      ++sent;
      return reuses == 200'000;
    });
    send(last.pid, Go{});
    EXPECT(!co_await receive<bool>());
    co_await end_of(last);
    EXPECT(runtime().dead_letter_count() == before + static_cast<std::uint64_t>(sent));
  });
}
