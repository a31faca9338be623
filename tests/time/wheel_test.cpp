#include <coppice/time/wheel.hpp>

#include <algorithm>
#include <deque>
#include <map>
#include <memory>
#include <vector>

#include <coppice/base/random.hpp>

#include "catch.hpp"

using namespace coppice::timing;
using namespace std::chrono_literals;
using coppice::base::Random;

namespace {

struct Timer : TimerEntry {
  int id = 0;
};

std::vector<int> fired(Wheel& wheel, Tick now) {
  std::vector<int> ids;
  wheel.advance(now, [&](TimerEntry& entry) { ids.push_back(static_cast<Timer&>(entry).id); });
  return ids;
}

// What the wheel has to do, as plainly as it can be said.
class Model {
 public:
  explicit Model(Tick now) : now_{now} {}

  void insert(int id, Tick expiry) {
    if (expiry <= now_) {
      late_.push_back(id);
    } else {
      waiting_.emplace(expiry, id);  // equal keys keep the order of insertion
    }
  }
  void remove(int id) {
    std::erase(late_, id);
    std::erase_if(waiting_, [&](const auto& item) { return item.second == id; });
  }
  std::vector<int> advance(Tick now) {
    std::vector<int> due(late_.begin(), late_.end());
    late_.clear();
    now_ = std::max(now_, now);
    while (!waiting_.empty() && waiting_.begin()->first <= now_) {
      due.push_back(waiting_.begin()->second);
      waiting_.erase(waiting_.begin());
    }
    return due;
  }
  Tick earliest() const {
    if (!late_.empty()) return now_;
    return waiting_.empty() ? no_tick : waiting_.begin()->first;
  }
  Tick now() const { return now_; }
  std::size_t size() const { return late_.size() + waiting_.size(); }

 private:
  Tick now_;
  std::deque<int> late_;
  std::multimap<Tick, int> waiting_;
};

}  // namespace

TEST_CASE("ticks: deadlines are rounded up, the present down", "[time][wheel]") {
  const auto at = [](std::int64_t ns) { return Instant{Duration{ns}}; };
  const std::int64_t tick = tick_length.count();
  CHECK(tick_not_before(at(0)) == 0);
  CHECK(tick_not_before(at(1)) == 1);
  CHECK(tick_not_before(at(tick)) == 1);
  CHECK(tick_not_before(at(tick + 1)) == 2);
  CHECK(tick_at(at(tick - 1)) == 0);
  CHECK(tick_at(at(tick)) == 1);
  CHECK(tick_at(at(-1)) == 0);
  CHECK(tick_not_before(at(-1)) == 0);
  CHECK(tick_not_before(never) == no_tick);
  CHECK(start_of(no_tick) == never);
  CHECK(start_of(3) == at(3 * tick));
  CHECK(start_of(tick_not_before(never - 1ns)) == never);

  Random random{1};
  for (int i = 0; i < 10'000; ++i) {
    const Instant deadline = at(static_cast<std::int64_t>(random.next() >> (1 + random.below(60))));
    const Tick expiry = tick_not_before(deadline);
    REQUIRE(start_of(expiry) >= deadline);
    if (expiry > 0) REQUIRE(start_of(expiry - 1) < deadline);
  }
}

TEST_CASE("wheel: an entry is due in its tick and not before", "[time][wheel]") {
  // Around every border between levels, as seen from several presents.
  for (const Tick now : {Tick{0}, Tick{1}, Tick{63}, Tick{4095}, Tick{123'456'789}}) {
    for (unsigned level = 0; level < 7; ++level) {
      for (const int offset : {-1, 0, 1}) {
        const Tick expiry = now + (Tick{1} << (6 * level)) + static_cast<Tick>(offset + 1);
        Wheel wheel{now};
        Timer timer;
        wheel.insert(timer, expiry);
        REQUIRE(timer.armed());
        REQUIRE(timer.expiry() == expiry);
        REQUIRE(fired(wheel, expiry - 1).empty());
        REQUIRE(fired(wheel, expiry).size() == 1);
        REQUIRE_FALSE(timer.armed());
        REQUIRE(wheel.size() == 0);
      }
    }
  }
}

TEST_CASE("wheel: of one tick, the first inserted is due first, however far ahead it was",
          "[time][wheel]") {
  Wheel wheel;
  Timer a, b, c, d;
  a.id = 1;
  b.id = 2;
  c.id = 3;
  d.id = 4;
  wheel.insert(a, 5000);
  CHECK(fired(wheel, 4000).empty());
  wheel.insert(b, 5000);
  CHECK(fired(wheel, 4990).empty());
  wheel.insert(c, 5000);
  wheel.insert(d, 4999);
  CHECK(fired(wheel, 6000) == std::vector<int>{4, 1, 2, 3});
}

TEST_CASE("wheel: what is due already comes with the next collect, in order", "[time][wheel]") {
  Wheel wheel{1000};
  Timer a, b, c;
  a.id = 1;
  b.id = 2;
  c.id = 3;
  wheel.insert(a, 1001);
  wheel.insert(b, 1000);
  wheel.insert(c, 5);
  CHECK(wheel.next_expiry() == 1000);
  CHECK(fired(wheel, 1000) == std::vector<int>{2, 3});
  CHECK(fired(wheel, 1001) == std::vector<int>{1});
}

TEST_CASE("wheel: remove disarms, wherever the entry is", "[time][wheel]") {
  Wheel wheel{100};
  Timer near, far, late, due;
  CHECK_FALSE(wheel.remove(near));
  wheel.insert(near, 101);
  wheel.insert(far, 1'000'000'000);
  wheel.insert(late, 1);
  CHECK(wheel.size() == 3);
  CHECK(wheel.remove(near));
  CHECK_FALSE(near.armed());
  CHECK_FALSE(wheel.remove(near));
  CHECK(wheel.remove(late));
  CHECK(wheel.remove(far));
  CHECK(wheel.size() == 0);
  CHECK(wheel.next_expiry() == no_tick);

  wheel.insert(due, 200);
  wheel.collect(300);
  CHECK(due.armed());
  CHECK(wheel.has_due());
  CHECK(wheel.next_expiry() == 300);
  CHECK(wheel.remove(due));
  CHECK_FALSE(wheel.has_due());
  CHECK(wheel.take_due() == nullptr);
  CHECK(wheel.next_expiry() == no_tick);
  CHECK(fired(wheel, Tick{1} << 44).empty());
}

TEST_CASE("wheel: a sink may insert and remove, its own and other due entries", "[time][wheel]") {
  Wheel wheel;
  Timer again, victim, bystander;
  again.id = 1;
  victim.id = 2;
  bystander.id = 3;
  wheel.insert(again, 10);
  wheel.insert(victim, 10);
  wheel.insert(bystander, 10);
  int count = 0;
  wheel.advance(20, [&](TimerEntry& entry) {
    ++count;
    if (&entry == &again) {
      CHECK(wheel.remove(victim));
      wheel.insert(again, 15);  // due already: must wait for the next collect, not spin here
    }
  });
  CHECK(count == 2);
  CHECK(wheel.next_expiry() == 20);
  CHECK(fired(wheel, 20) == std::vector<int>{1});
}

TEST_CASE("wheel: its end disarms what is left", "[time][wheel]") {
  Timer near, far, due, late;
  {
    Wheel wheel{10};
    wheel.insert(near, 20);
    wheel.insert(far, 2'000'000);
    wheel.insert(due, 11);
    wheel.collect(12);
    wheel.insert(late, 1);
  }
  for (const Timer* timer : {&near, &far, &due, &late}) CHECK_FALSE(timer->armed());
}

TEST_CASE("wheel: the present never goes back", "[time][wheel]") {
  Wheel wheel{100};
  Timer timer;
  wheel.insert(timer, 150);
  wheel.collect(50);
  CHECK(wheel.now() == 100);
  CHECK(fired(wheel, 149).empty());
  CHECK(fired(wheel, 150).size() == 1);
}

TEST_CASE("wheel: next_expiry is exact when near and leads to the entry in few steps when far",
          "[time][wheel]") {
  Random random{9};
  for (int i = 0; i < 2000; ++i) {
    const Tick now = random.next() >> (20 + random.below(40));
    const Tick expiry = now + 1 + (random.next() >> (20 + random.below(44)));
    Wheel wheel{now};
    Timer timer;
    wheel.insert(timer, expiry);
    int steps = 0;
    while (timer.armed()) {
      const Tick next = wheel.next_expiry();
      REQUIRE(next <= expiry);
      REQUIRE(next > wheel.now());
      if ((expiry ^ wheel.now()) < 64) REQUIRE(next == expiry);
      REQUIRE(++steps <= 8);
      wheel.advance(next, [](TimerEntry&) {});
    }
    REQUIRE(wheel.now() == expiry);
  }
}

TEST_CASE("wheel: does what a sorted list does, whatever the sequence", "[time][wheel]") {
  const auto seed = GENERATE(range(1u, 13u));
  Random random{seed};
  const Tick start = seed % 3 == 0 ? 0 : random.next() >> (24 + random.below(20));
  Wheel wheel{start};
  Model model{start};
  constexpr int timer_count = 300;
  const auto timers = std::make_unique<Timer[]>(timer_count);
  for (int i = 0; i < timer_count; ++i) timers[static_cast<std::size_t>(i)].id = i;

  // Distances of all magnitudes, with near ones and equal ones often.
  const auto distance = [&] { return random.next() >> (20 + random.below(44)); };
  for (int step = 0; step < 6000; ++step) {
    const auto action = random.below(100);
    if (action < 60) {
      Timer& timer = timers[random.below(timer_count)];
      if (wheel.remove(timer)) model.remove(timer.id);
      const Tick expiry = random.chance(0.1) ? model.now() - std::min(model.now(), distance() >> 20)
                                             : std::min(model.now() + distance(), Tick{1} << 44);
      wheel.insert(timer, expiry);
      model.insert(timer.id, expiry);
    } else if (action < 75) {
      Timer& timer = timers[random.below(timer_count)];
      const bool was_armed = timer.armed();
      REQUIRE(wheel.remove(timer) == was_armed);
      model.remove(timer.id);
    } else if (action < 85) {
      const Tick next = wheel.next_expiry();
      REQUIRE(next <= model.earliest());
      REQUIRE((next == no_tick) == (model.earliest() == no_tick));
      if (next != no_tick) REQUIRE(fired(wheel, next) == model.advance(next));
    } else {
      const Tick now = std::min(model.now() + (distance() >> random.below(20)), Tick{1} << 44);
      REQUIRE(fired(wheel, now) == model.advance(now));
    }
    REQUIRE(wheel.now() == model.now());
    REQUIRE(wheel.size() == model.size());
  }
  REQUIRE(fired(wheel, Tick{1} << 45) == model.advance(Tick{1} << 45));
  REQUIRE(wheel.size() == 0);
}

// The next slots' timers move ahead of their time, some in each collect: those that are inserted
// and removed meanwhile must not get before or between them.
TEST_CASE("wheel: keeps the order of crowded slots while they move", "[time][wheel]") {
  const auto seed = GENERATE(range(1u, 7u));
  const Tick slot = GENERATE(Tick{64} * 64, Tick{64} * 64 * 64);
  Random random{seed};
  Wheel wheel{seed * slot / 4};
  Model model{wheel.now()};
  constexpr std::size_t timer_count = 3'000;
  const auto timers = std::make_unique<Timer[]>(timer_count);
  const auto arm = [&](std::size_t id) {
    timers[id].id = static_cast<int>(id);
    // In the next slot, at few ticks.
    const Tick next = (wheel.now() / slot + 1) * slot;
    const Tick expiry = next + random.below(3) * slot / 64 * random.below(3) + random.below(4);
    wheel.insert(timers[id], expiry);
    model.insert(static_cast<int>(id), expiry);
  };
  for (std::size_t id = 0; id < timer_count; ++id) arm(id);
  for (int step = 0; step < 3'000; ++step) {
    const std::size_t id = random.below(timer_count);
    if (wheel.remove(timers[id])) model.remove(static_cast<int>(id));
    arm(id);
    if (random.chance(0.1)) {
      const Tick now = wheel.now() + 1 + random.below(random.chance(0.1) ? slot : slot / 800);
      REQUIRE(fired(wheel, now) == model.advance(now));
      REQUIRE(wheel.next_expiry() <= model.earliest());
    }
  }
  REQUIRE(fired(wheel, Tick{1} << 30) == model.advance(Tick{1} << 30));
  REQUIRE(wheel.size() == 0);
}

TEST_CASE("wheel: a million entries over a day, and jumps of hours", "[time][wheel]") {
  constexpr std::size_t count = 1'000'000;
  const auto timers = std::make_unique<Timer[]>(count);
  Random random{4};
  Wheel wheel;
  const Tick day = tick_at(Instant{24h});
  for (std::size_t i = 0; i < count; ++i) wheel.insert(timers[i], 1 + random.below(day));
  std::size_t seen = 0;
  Tick last = 0;
  bool ordered = true;
  for (Tick now = 0; now <= day; now += day / 24) {
    wheel.advance(now, [&](TimerEntry& entry) {
      ordered = ordered && entry.expiry() >= last && entry.expiry() <= now;
      last = entry.expiry();
      ++seen;
    });
  }
  wheel.advance(day, [&](TimerEntry&) { ++seen; });
  CHECK(ordered);
  CHECK(seen == count);
}
