// A process that has always something to do lets the others run, and hears of its own end. On one
// scheduler: if it did not come back, nobody else would ever run.
#include <chrono>

#include <coppice/core.hpp>

#include "processes.hpp"

using namespace coppice;
using namespace coppice::test;
using namespace std::chrono_literals;

namespace {

struct Again {};
struct Done {};

// Ends each of the given processes by a kill while it is at it.
Task<> kill_while_busy(SpawnedMonitor busy) {
  for (int i = 0; i < 5; ++i) co_await sleep(0ms);
  EXPECT(is_alive(busy.pid));
  exit(busy.pid, ExitReason::kill());
  const ExitReason reason = co_await receive(on(busy.ref, [](const Down& d) { return d.reason; }));
  EXPECT(reason == ExitReason::killed());
}

Task<> nothing() { co_return; }

}  // namespace

TEST_CASE("budget: a process that feeds itself lets others run and can be killed", "[process][budget]") {
  in_turns([]() -> Task<> {
    const SpawnedMonitor busy = spawn_monitor([]() -> Task<> {
      send(self(), Again{});
      for (;;) {
        co_await receive([](Again) {});
        send(self(), Again{});
      }
    });
    co_await kill_while_busy(busy);
  });
}

TEST_CASE("budget: one that takes from a long mailbox lets others run", "[process][budget]") {
  in_turns([]() -> Task<> {
    const Pid me = self();
    constexpr int count = 20'000;
    const SpawnedMonitor busy = spawn_monitor([me]() -> Task<> {
      for (int i = 0; i < count; ++i) co_await receive([](Again) {});
      send(me, Done{});
    });
    for (int i = 0; i < count; ++i) send(busy.pid, Again{});
    int turns = 0;
    while (!co_await receive<Done>(0ms)) {
      ++turns;
      co_await sleep(0ms);
    }
    // Had it not come back, there would have been one. How many there are is not for sure: a stall on a busy machine puts
    // whoever waits behind the worker's next slices.
    EXPECT(turns > 1);
  });
}

TEST_CASE("budget: one that looks for what never comes lets others run and can be killed", "[process][budget]") {
  in_turns([]() -> Task<> {
    const SpawnedMonitor busy = spawn_monitor([]() -> Task<> {
      for (;;) co_await receive<Done>(0ms);
    });
    co_await kill_while_busy(busy);
  });
}

TEST_CASE("budget: one that sleeps no time at all lets others run and can be killed", "[process][budget]") {
  in_turns([]() -> Task<> {
    const SpawnedMonitor busy = spawn_monitor([]() -> Task<> {
      for (;;) co_await sleep(0ms);
    });
    co_await kill_while_busy(busy);
  });
}

TEST_CASE("budget: one that awaits tasks that never wait lets others run and can be killed", "[process][budget]") {
  in_turns([]() -> Task<> {
    const SpawnedMonitor busy = spawn_monitor([]() -> Task<> {
      for (;;) co_await nothing();
    });
    co_await kill_while_busy(busy);
  });
}

TEST_CASE("sleep: of no time lets those run that can", "[process][budget]") {
  in_turns([]() -> Task<> {
    const Pid me = self();
    int ran = 0;
    for (int i = 0; i < 10; ++i) {
      spawn([&ran]() -> Task<> {
        ++ran;
        co_return;
      });
      co_await sleep(0ms);
      EXPECT(ran == i + 1);
    }
    (void)me;
  });
}

TEST_CASE("sleep: is never early, leaves messages, and a negative time is an error", "[process][budget]") {
  in_process([]() -> Task<> {
    const timing::Duration times[] = {1ms, 3ms, 105ms};
    for (const timing::Duration time : times) {
      const timing::Instant start = now();
      send(self(), Again{});
      co_await sleep(time);
      EXPECT(now() - start >= time);
    }
    EXPECT(process_info(self()).message_queue_len == 3);
    bool refused = false;
    try {
      co_await sleep(-1ms);
    } catch (const ProcessError& e) {
      refused = e.code() == ProcessErrorCode::bad_argument;
    }
    EXPECT(refused);
  });
}
