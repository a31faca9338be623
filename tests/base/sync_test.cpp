#include <coppice/base/sync.hpp>

#include <chrono>

#include <coppice/base/random.hpp>

#include "catch.hpp"
#include "expect.hpp"

using namespace coppice::base;
using namespace std::chrono_literals;

namespace {

std::chrono::nanoseconds took(auto action) {
  const auto start = std::chrono::steady_clock::now();
  action();
  return std::chrono::steady_clock::now() - start;
}

}  // namespace

TEST_CASE("parker: a permit given before is taken at once, and is one however often given",
          "[base][parker]") {
  Parker parker;
  parker.unpark();
  parker.unpark();
  parker.park();
  CHECK_FALSE(parker.park_for(1ms));
  parker.unpark();
  CHECK(parker.park_for(1h));
  CHECK_FALSE(parker.park_for(0ns));
  CHECK_FALSE(parker.park_for(-1s));
}

TEST_CASE("parker: park_for without a permit lasts as long as it says", "[base][parker]") {
  Parker parker;
  bool permitted = true;
  // A futex may end early for nothing, then the caller looks again; it does so here too.
  const auto lasted = took([&] {
    const auto end = std::chrono::steady_clock::now() + 20ms;
    while (std::chrono::steady_clock::now() < end) {
      permitted = parker.park_for(end - std::chrono::steady_clock::now());
      if (permitted) break;
    }
  });
  CHECK_FALSE(permitted);
  CHECK(lasted >= 20ms);
}

TEST_CASE("parker: two threads hand a plain value to and fro", "[base][parker]") {
  Parker ping;
  Parker pong;
  int value = 0;  // not atomic: unpark() must publish it, park() must see it
  constexpr int rounds = 20'000;
  Thread other{[&] {
    for (int i = 0; i < rounds; ++i) {
      ping.park();
      EXPECT(value == 2 * i + 1);
      ++value;
      pong.unpark();
    }
  }};
  for (int i = 0; i < rounds; ++i) {
    ++value;
    ping.unpark();
    pong.park();
    EXPECT(value == 2 * i + 2);
  }
  other.join();
}

TEST_CASE("parker: no wake-up is lost between a look and the sleep", "[base][parker]") {
  Parker parker;
  Atomic<int> produced{0};
  constexpr int total = 30'000;
  Thread producer{[&] {
    Random random{11};
    for (int i = 0; i < total; ++i) {
      produced.fetch_add(1, relaxed);
      parker.unpark();
      for (auto spin = random.below(200); spin > 0; --spin) spin_pause();
    }
  }};
  // Sleeps without a limit half of the time: a lost wake-up would hang here.
  int seen = 0;
  while (seen < total) {
    const int now = produced.load(relaxed);
    EXPECT(now >= seen);
    if (now == seen) {
      if (seen % 2 == 0) {
        parker.park();
      } else {
        (void)parker.park_for(50us);
      }
    }
    seen = now;
  }
  producer.join();
}

TEST_CASE("owned counter: its reader sees it grow", "[base][sync]") {
  OwnedCounter counter;
  Thread owner{[&] {
    for (int i = 0; i < 1000; ++i) counter.add(2);
  }};
  std::uint64_t last = 0;
  while (last < 2000) {
    const auto now = counter.read();
    EXPECT(now >= last);
    last = now;
    yield_thread();
  }
  owner.join();
  CHECK(counter.read() == 2000);
}

TEST_CASE("threads: there is at least one, and names may be of any length", "[base][sync]") {
  CHECK(hardware_threads() >= 1);
  Thread named{[] {
    name_thread("");
    name_thread("a name longer than the system keeps");
  }};
  named.join();
}
