#include <coppice/time/timer_service.hpp>

#include <algorithm>
#include <memory>
#include <utility>
#include <vector>

#include <coppice/base/random.hpp>
#include <coppice/base/sync.hpp>
#include <coppice/time/clock.hpp>

#include "catch.hpp"
#include "expect.hpp"

using namespace coppice::timing;
using namespace std::chrono_literals;
namespace base = coppice::base;
using coppice::base::Random;

namespace {

struct Counted : TimerEntry {
  Counted()
      : TimerEntry{[](TimerEntry& entry) noexcept { ++static_cast<Counted&>(entry).fires; }} {}
  int fires = 0;
};

constexpr Instant start{1h};
constexpr Instant at(Duration since_start) { return start + since_start; }
// When a deadline's tick has surely begun.
constexpr Duration tick = tick_length;

}  // namespace

TEST_CASE("timers: fire once their deadline has passed, never before", "[time][timers]") {
  TimerService service{4, start};
  CHECK(service.next_expiry() == never);
  Counted timer;
  service.arm(7, timer, at(10ms));
  CHECK(service.armed() == 1);
  CHECK(service.next_expiry() >= at(10ms));
  CHECK(service.next_expiry() < at(10ms) + tick);
  CHECK(service.poll(at(10ms) - 1ns) == 0);
  CHECK(timer.fires == 0);
  CHECK(service.poll(at(10ms) + tick) == 1);
  CHECK(timer.fires == 1);
  CHECK(service.poll(at(1h)) == 0);
  CHECK(timer.fires == 1);
  CHECK(service.armed() == 0);
}

TEST_CASE("timers: arming an armed one moves it, both ways", "[time][timers]") {
  TimerService service{1, start};
  Counted timer;
  service.arm(0, timer, at(10ms));
  service.arm(0, timer, at(30ms));
  CHECK(service.armed() == 1);
  CHECK(service.poll(at(20ms)) == 0);
  service.arm(0, timer, at(21ms));
  CHECK(service.poll(at(25ms)) == 1);
  CHECK(service.poll(at(1h)) == 0);
  CHECK(timer.fires == 1);
}

TEST_CASE("timers: cancel says whether there was anything to cancel", "[time][timers]") {
  TimerService service{2, start};
  Counted timer;
  CHECK_FALSE(service.cancel(1, timer));
  service.arm(1, timer, at(10ms));
  CHECK(service.cancel(1, timer));
  CHECK_FALSE(service.cancel(1, timer));
  service.arm(1, timer, at(10ms));
  service.poll(at(20ms));
  CHECK_FALSE(service.cancel(1, timer));
  CHECK(timer.fires == 1);
}

TEST_CASE("timers: never is no deadline", "[time][timers]") {
  TimerService service{1, start};
  Counted timer;
  service.arm(0, timer, never);
  CHECK(service.armed() == 0);
  service.arm(0, timer, at(1ms));
  service.arm(0, timer, never);
  CHECK(service.armed() == 0);
  service.arm(0, timer, never - 1ns);
  CHECK(service.armed() == 0);
  CHECK(service.poll(at(1h)) == 0);
}

TEST_CASE("timers: a deadline in the past fires at the next poll", "[time][timers]") {
  TimerService service{1, start};
  Counted timer;
  CHECK(service.poll(at(10ms)) == 0);
  service.arm(0, timer, at(3ms));
  CHECK(service.next_expiry() <= at(10ms));
  CHECK(service.poll(at(10ms)) == 1);
  service.arm(0, timer, Instant{});
  CHECK(service.poll(at(10ms)) == 1);
  CHECK(timer.fires == 2);
}

TEST_CASE("timers: after a cancel the next expiry may be early, then moves on", "[time][timers]") {
  TimerService service{1, start};
  Counted soon;
  Counted later;
  service.arm(0, soon, at(1ms));
  service.arm(0, later, at(1min));
  service.cancel(0, soon);
  int polls = 0;
  while (later.fires == 0) {
    const Instant next = service.next_expiry();
    REQUIRE(next < at(1min) + tick);
    service.poll(next);
    REQUIRE(++polls < 10);
  }
  CHECK(soon.fires == 0);
  CHECK(service.next_expiry() == never);
}

TEST_CASE("timers: those of one key fire in the order of their deadlines after a long jump",
          "[time][timers]") {
  TimerService service{4, start};
  static std::vector<int> order;
  order.clear();
  struct Numbered : TimerEntry {
    Numbered()
        : TimerEntry{
              [](TimerEntry& e) noexcept { order.push_back(static_cast<Numbered&>(e).id); }} {}
    int id = 0;
  };
  Numbered timers[200];
  std::vector<int> expected;
  Random random{8};
  for (int i = 0; i < 200; ++i) {
    timers[i].id = i;
    expected.push_back(i);
  }
  std::shuffle(expected.begin(), expected.end(), random);
  // The place in `expected` is the deadline; every tenth pair shares one, in the order of arming.
  for (int place = 0; place < 200; ++place) {
    service.arm(5, timers[expected[static_cast<std::size_t>(place)]], at((place / 2) * 1min));
  }
  CHECK(service.poll(at(5h)) == 200);
  CHECK(order == expected);
}

TEST_CASE("timers: fire may arm its entry again, a past deadline for the next poll",
          "[time][timers]") {
  struct Periodic : TimerEntry {
    explicit Periodic(TimerService& s)
        : TimerEntry{[](TimerEntry& e) noexcept { static_cast<Periodic&>(e).again(); }},
          service{s} {}
    void again() noexcept {
      ++fires;
      next += step;
      service.arm_locked(3, *this, next);
    }
    TimerService& service;
    Instant next = start;
    Duration step = 1s;
    int fires = 0;
  };
  TimerService service{2, start};
  Periodic timer{service};
  service.arm(3, timer, start);
  for (int i = 0; i < 50; ++i) {
    const Instant next = service.next_expiry();
    service.poll(next);
    REQUIRE(timer.next <= next + 1s);
  }
  CHECK(timer.fires >= 5);
  const int before = timer.fires;
  CHECK(service.poll(at(1h)) == 1);  // the next deadline has long passed: once a poll all the same
  CHECK(service.poll(at(1h)) == 1);
  CHECK(timer.fires == before + 2);
  CHECK(service.cancel(3, timer));
}

TEST_CASE("timers: poll passes over a wheel whose lock is held, and does not forget it",
          "[time][timers]") {
  TimerService service{2, start};
  Counted held;
  Counted free;
  service.arm(0, held, at(1ms));
  service.arm(1, free, at(1ms));
  {
    const auto lock = service.lock(0);
    base::Thread poller{[&] { EXPECT(service.poll(at(10ms)) == 1); }};
    poller.join();
    EXPECT(free.fires == 1);
    EXPECT(held.fires == 0);
    EXPECT(service.next_expiry() <= at(10ms));
  }
  CHECK(service.poll(at(10ms)) == 1);
  CHECK(held.fires == 1);
}

TEST_CASE("timers: the lock's holder arms and cancels under it", "[time][timers]") {
  TimerService service{1, start};
  Counted a;
  Counted b;
  {
    const auto lock = service.lock(9);
    service.arm_locked(9, a, at(1ms));
    service.arm_locked(9, b, at(1ms));
    CHECK(service.cancel_locked(9, b));
    CHECK_FALSE(service.cancel_locked(9, b));
  }
  CHECK(service.poll(at(10ms)) == 1);
  CHECK(a.fires == 1);
}

TEST_CASE("timers: each wheel has a word for its users", "[time][timers]") {
  TimerService service{3, start};
  REQUIRE(service.wheel_count() == 4);
  for (TimerService::Key key = 0; key < 4; ++key) {
    const auto lock = service.lock(key);
    CHECK(std::exchange(service.word_locked(key), key + 1) == 0);
  }
  for (TimerService::Key key = 0; key < 8; ++key) {
    const auto lock = service.lock(key);
    CHECK(service.word_locked(key) == key % 4 + 1);
  }
}

TEST_CASE("timers: the hook hears of an earlier expiry, outside the lock", "[time][timers]") {
  Counted a;
  Counted b;
  struct Heard {
    TimerService service{1, start};
    std::vector<Instant> expiries;
  } heard;
  TimerService& service = heard.service;
  service.on_earlier(
      [](void* context, Instant expiry) {
        auto& self = *static_cast<Heard*>(context);
        self.expiries.push_back(expiry);
        CHECK(self.service.armed() >= 1);  // takes the lock
      },
      &heard);
  service.arm(0, a, at(20ms));
  REQUIRE(heard.expiries.size() == 1);
  CHECK(heard.expiries[0] == service.next_expiry());
  service.arm(0, b, at(30ms));
  CHECK(heard.expiries.size() == 1);
  service.arm(0, b, at(10ms));
  REQUIRE(heard.expiries.size() == 2);
  CHECK(heard.expiries[1] == service.next_expiry());
  CHECK(heard.expiries[1] < heard.expiries[0]);
  {
    const auto lock = service.lock(0);
    service.arm_locked(0, a, at(5ms));
    CHECK(heard.expiries.size() == 2);
  }
  CHECK(heard.expiries.size() == 3);
  CHECK(service.poll(at(1h)) == 2);
  CHECK(heard.expiries.size() == 3);
  service.arm(0, a, at(2h));
  CHECK(heard.expiries.size() == 4);
}

TEST_CASE("timers: the service's end disarms what is left without firing it", "[time][timers]") {
  Counted timer;
  {
    TimerService service{1, start};
    service.arm(0, timer, at(1ms));
  }
  CHECK_FALSE(timer.armed());
  CHECK(timer.fires == 0);
}

TEST_CASE("timers: more entries at once than one hold of the lock fires", "[time][timers]") {
  TimerService service{1, start};
  constexpr std::size_t count = 10'000;
  const auto timers = std::make_unique<Counted[]>(count);
  for (std::size_t i = 0; i < count; ++i) service.arm(0, timers[i], at(1ms));
  CHECK(service.poll(at(10ms)) == count);
  CHECK(service.next_expiry() == never);
}

TEST_CASE("timers: each armed entry fires or is cancelled, once, and never after the cancel",
          "[time][timers]") {
  // Time is a counter that each step moves on; threads arm and cancel entries of their own, all
  // poll.
  TimerService service{2, start};
  struct Watched : TimerEntry {
    Watched()
        : TimerEntry{[](TimerEntry& e) noexcept {
            auto& self = static_cast<Watched&>(e);
            EXPECT(self.expected);  // plain: written under the same lock, or before arming
            ++self.fires;
          }} {}
    bool expected = false;
    int fires = 0;
  };
  constexpr std::uint32_t arming_threads = 2;
  base::Atomic<std::int64_t> now{start.time_since_epoch().count()};
  base::Atomic<std::uint32_t> running{arming_threads};
  std::vector<base::Thread> threads;
  for (std::uint32_t t = 0; t < arming_threads; ++t) {
    threads.emplace_back([&, t] {
      Random random{t + 1};
      Watched mine[16];
      int armed = 0;
      int cancelled = 0;
      for (int step = 0; step < 20'000; ++step) {
        const auto place = random.below(16);
        Watched& timer = mine[place];
        // Both threads use both wheels.
        const auto key = static_cast<std::uint32_t>(place);
        const bool was_armed = service.cancel(key, timer);
        timer.expected = false;  // unsynchronised on purpose: after cancel() nobody else touches it
        cancelled += was_armed ? 1 : 0;
        if (random.chance(0.7)) {
          timer.expected = true;
          ++armed;
          const Instant from{Duration{now.fetch_add(50'000, base::relaxed)}};
          service.arm(key, timer,
                      from + Duration{static_cast<std::int64_t>(random.below(3'000'000))});
        }
        if (step % 8 == 0) service.poll(Instant{Duration{now.load(base::relaxed)}});
      }
      int fires = 0;
      for (std::uint32_t place = 0; place < 16; ++place) {
        cancelled += service.cancel(place, mine[place]) ? 1 : 0;
        fires += mine[place].fires;
      }
      EXPECT(armed == cancelled + fires);
      EXPECT(fires > 0);
      running.fetch_sub(1, base::relaxed);
    });
  }
  for (int p = 0; p < 2; ++p) {
    threads.emplace_back([&] {
      while (running.load(base::relaxed) != 0) {
        service.poll(Instant{Duration{now.load(base::relaxed)}});
        base::yield_thread();
      }
    });
  }
  for (auto& thread : threads) thread.join();
  CHECK(service.armed() == 0);
}

TEST_CASE("timers: a sleeper that follows the protocol misses no earlier timer", "[time][timers]") {
  // The protocol of on_earlier(): announce, ask, sleep; the hook wakes whom it sees announced.
  struct Keeper {
    TimerService service{2, real_now()};
    base::Parker parker;
    base::Atomic<std::int64_t> sleeps_until{0};
    base::Atomic<int> fired{0};
  } keeper;
  struct Latch : TimerEntry {
    explicit Latch(Keeper& k)
        : TimerEntry{[](TimerEntry& e) noexcept {
            auto& self = static_cast<Latch&>(e);
            EXPECT(real_now() >= self.deadline);
            self.keeper.fired.fetch_add(1, base::release);
          }},
          keeper{k} {}
    Keeper& keeper;
    Instant deadline{};
  };
  keeper.service.on_earlier(
      [](void* context, Instant expiry) {
        auto& self = *static_cast<Keeper*>(context);
        if (expiry.time_since_epoch().count() < self.sleeps_until.load(base::seq_cst)) {
          self.parker.unpark();
        }
      },
      &keeper);
  constexpr int total = 300;
  base::Thread sleeper{[&] {
    while (keeper.fired.load(base::relaxed) < total) {
      keeper.service.poll(real_now());
      keeper.sleeps_until.store(never.time_since_epoch().count(), base::seq_cst);
      const Instant next = keeper.service.next_expiry();
      keeper.sleeps_until.store(next.time_since_epoch().count(), base::seq_cst);
      // Whatever is armed ends in milliseconds: a sleep of seconds means a missed one.
      if (keeper.fired.load(base::relaxed) < total) {
        (void)keeper.parker.park_for(std::min<Duration>(until(real_now(), next), 5s));
      }
      keeper.sleeps_until.store(0, base::seq_cst);
    }
  }};
  Random random{2};
  Latch latch{keeper};
  Duration worst{};
  for (int i = 0; i < total; ++i) {
    latch.deadline = real_now() + Duration{static_cast<std::int64_t>(random.below(2'000'000))};
    keeper.service.arm(static_cast<std::uint32_t>(i), latch, latch.deadline);
    while (keeper.fired.load(base::acquire) == i) base::yield_thread();
    worst = std::max(worst, real_now() - latch.deadline);
  }
  keeper.parker.unpark();
  sleeper.join();
  CHECK(worst < 4s);
}
