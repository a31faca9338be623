#include <coppice/time/clock.hpp>

#include <vector>

#include <coppice/base/sync.hpp>

#include "catch.hpp"
#include "expect.hpp"

using namespace coppice::timing;
using namespace std::chrono_literals;

namespace {

class ManualClock : public ClockSource {
 public:
  Instant now() override { return time; }
  Instant time{1s};
};

}  // namespace

TEST_CASE("clock: the machine's never goes back, the coarse one is never ahead", "[time][clock]") {
  const Clock clock;
  CHECK_FALSE(clock.is_virtual());
  CHECK(clock.coarse_resolution() > 0ns);
  Instant last = clock.now();
  for (int i = 0; i < 10'000; ++i) {
    const Instant coarse = clock.coarse_now();
    const Instant now = clock.now();
    REQUIRE(coarse <= now);
    REQUIRE(last <= now);
    last = now;
  }
}

TEST_CASE("clock: a deadline is never early, and at most 2 ms late", "[time][clock]") {
  const Clock clock;
  std::vector<coppice::base::Thread> threads;
  for (int t = 0; t < 3; ++t) {
    threads.emplace_back([&] {
      const auto end = clock.now() + 100ms;
      while (clock.now() < end) {
        for (const Duration timeout :
             {Duration{1}, Duration{99ms}, Duration{100ms}, Duration{5s}}) {
          const Instant before = clock.now();
          const Instant deadline = clock.deadline_after(timeout);
          const Instant behind = clock.now();
          EXPECT(deadline >= before + timeout);
          EXPECT(deadline <= behind + timeout + (timeout < 100ms ? 0ms : 2ms));
        }
      }
    });
  }
  for (auto& thread : threads) thread.join();
}

TEST_CASE("clock: an upper reading is not before what another thread has seen", "[time][clock]") {
  // One thread publishes precise readings, the other's upper readings must not be behind them.
  coppice::base::Atomic<std::int64_t> published{0};
  coppice::base::Atomic<bool> stop{false};
  coppice::base::Thread writer{[&] {
    while (!stop.load(coppice::base::relaxed)) {
      published.store(real_now().time_since_epoch().count(), coppice::base::release);
    }
  }};
  const Instant end = real_now() + 100ms;
  while (real_now() < end) {
    const Instant seen{Duration{published.load(coppice::base::acquire)}};
    EXPECT(real_upper_now() >= seen);
  }
  stop.store(true, coppice::base::relaxed);
  writer.join();
}

TEST_CASE("clock: no timeout is over at once, one out of range never", "[time][clock]") {
  const Clock clock;
  const Instant none = clock.deadline_after(0ns);
  const Instant negative = clock.deadline_after(-5s);
  const Instant now = clock.now();
  CHECK(none <= now);
  CHECK(negative <= now);
  CHECK(clock.deadline_after(forever) == never);
  CHECK(clock.deadline_after(forever - 1ns) == never);
}

TEST_CASE("clock: a source stands in for the machine's clock, to the nanosecond", "[time][clock]") {
  ManualClock source;
  const Clock clock{&source};
  CHECK(clock.is_virtual());
  CHECK(clock.now() == Instant{1s});
  CHECK(clock.coarse_now() == Instant{1s});
  CHECK(clock.coarse_resolution() == 0ns);
  CHECK(clock.deadline_after(5s) == Instant{6s});
  CHECK(clock.deadline_after(7ns) == Instant{1s} + 7ns);
  source.time = Instant{10h};
  CHECK(clock.now() == Instant{10h});
  CHECK(clock.deadline_after(forever) == never);
}
