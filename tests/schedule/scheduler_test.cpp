#include <algorithm>
#include <memory>
#include <vector>

#include <coppice/base/random.hpp>

#include "tests/schedule/rig.hpp"
#include "tests/support/catch.hpp"

using namespace rig;

namespace {

#if defined(__SANITIZE_THREAD__) || defined(__SANITIZE_ADDRESS__)
constexpr int scale = 20;
#elif defined(__has_feature)
#if __has_feature(thread_sanitizer) || __has_feature(address_sanitizer)
constexpr int scale = 20;
#else
constexpr int scale = 1;
#endif
#else
constexpr int scale = 1;
#endif

// Without the watch, which would hide a lost wake-up behind a delay of a tick.
schedule::SchedulerOptions unwatched(unsigned workers) {
  return {.workers = workers, .stall_after = 1h, .report_after = 1h};
}

// A runnable with a process's life in small: whoever sends moves it from parked to scheduled and
// schedules it; its slice takes all that was sent, parks, and looks once more.
struct Mailbox : Task {
  enum : int { parked, scheduled };
  base::Atomic<int> state{parked};
  base::Atomic<long> sent{0};
  long handled = 0;
  base::Atomic<int> inside{0};
  base::Atomic<bool> doubled{false};
  schedule::Scheduler* home = nullptr;

  void send() {
    sent.fetch_add(1, base::acq_rel);
    if (state.exchange(scheduled, base::acq_rel) == parked) home->schedule(*this);
  }
  // Returns how many were handled.
  long drain() {
    if (inside.fetch_add(1, base::acq_rel) != 0) doubled.store(true, base::relaxed);
    const long taken = sent.exchange(0, base::acq_rel);
    handled += taken;
    inside.fetch_sub(1, base::acq_rel);
    state.store(parked, base::seq_cst);
    if (sent.load(base::seq_cst) != 0 && state.exchange(scheduled, base::acq_rel) == parked)
      home->schedule_back(*this);
    return taken;
  }
};

}  // namespace

TEST_CASE("every schedule leads to one run, from outside and from inside") {
  const unsigned workers = GENERATE(1u, 2u, 4u);
  constexpr std::size_t count = 2000;
  Rig r{workers};
  Tally tally;
  std::vector<Task> leaves(count * 4);
  std::vector<base::Atomic<int>> runs(count * 4);
  for (std::size_t i = 0; i < leaves.size(); ++i)
    leaves[i].slice = [&, i](Task&) {
      runs[i].fetch_add(1, base::relaxed);
      tally.add();
    };
  // Each root schedules its leaves to the slot and to the ring's back, so that slots are displaced
  // and rings overflow.
  std::vector<Task> roots(4);
  for (std::size_t k = 0; k < roots.size(); ++k)
    roots[k].slice = [&, k](Task&) {
      for (std::size_t i = 0; i < count; ++i) {
        Task& leaf = leaves[k * count + i];
        i % 3 == 0 ? r.scheduler.schedule(leaf) : r.scheduler.schedule_back(leaf);
      }
    };
  for (int turn = 1; turn <= 3; ++turn) {
    for (Task& root : roots) r.scheduler.schedule(root);
    REQUIRE(tally.reaches(leaves.size() * static_cast<std::size_t>(turn)));
    std::size_t wrong = 0;
    for (const auto& n : runs) wrong += n.load(base::relaxed) != turn;
    REQUIRE(wrong == 0);
  }
}

TEST_CASE("nothing is lost when workers fall asleep while others schedule") {
  const unsigned workers = GENERATE(1u, 2u, 4u);
  const int rounds = 300'000 / scale;
  Rig r{unwatched(workers)};
  Mailbox box;
  box.home = &r.scheduler;
  Tally tally;
  base::Atomic<long> seen{0};
  box.slice = [&](Task& t) { seen.fetch_add(static_cast<Mailbox&>(t).drain(), base::acq_rel); };
  // One message in flight at a time, so that the workers are about to sleep at every send.
  base::Random random{workers};
  timing::Instant patience = timing::real_now() + 60s;
  bool lost = false;
  for (long i = 0; i < rounds && !lost; ++i) {
    box.send();
    for (int spins = 0; seen.load(base::acquire) <= i; ++spins) {
      if (spins % 64 == 63) base::yield_thread();
      if (spins % 4096 == 4095 && timing::real_now() > patience) {
        lost = true;
        break;
      }
    }
    // Lets the worker get into a different step of falling asleep each time.
    for (std::uint64_t pause = random.below(64); pause > 0; --pause) base::spin_pause();
    if (i % 4096 == 0) patience = timing::real_now() + 60s;
  }
  CHECK_FALSE(lost);
  CHECK(seen.load() == rounds);
  CHECK_FALSE(box.doubled.load());
}

TEST_CASE("nothing is lost with many senders and many receivers that wake each other") {
  const unsigned workers = GENERATE(1u, 2u, 4u);
  const long per_thread = 300'000 / scale;
  constexpr std::size_t boxes = 16;
  Rig r{unwatched(workers)};
  Tally tally;
  std::vector<Mailbox> box(boxes);
  for (std::size_t i = 0; i < boxes; ++i) {
    box[i].home = &r.scheduler;
    // The first half passes on to the second half what it gets.
    box[i].slice = [&, i](Task& t) {
      const long taken = static_cast<Mailbox&>(t).drain();
      if (i < boxes / 2)
        for (long n = 0; n < taken; ++n)
          box[boxes / 2 + (i + static_cast<std::size_t>(n)) % (boxes / 2)].send();
      else
        tally.add(static_cast<std::size_t>(taken));
    };
  }
  std::vector<base::Thread> senders;
  for (unsigned s = 0; s < 2; ++s)
    senders.emplace_back([&, s] {
      base::Random random{s};
      for (long n = 0; n < per_thread; ++n) {
        box[random.below(boxes / 2)].send();
        if (n % 1024 == 0) base::yield_thread();
      }
    });
  for (base::Thread& sender : senders) sender.join();
  CHECK(tally.reaches(static_cast<std::size_t>(per_thread) * 2));
  for (const Mailbox& b : box) CHECK_FALSE(b.doubled.load());
}

TEST_CASE("what yields runs again after the others, and alternates with them") {
  Rig r{1};
  Tally done;
  std::vector<int> order;
  int left_a = 5, left_b = 5;
  Task a, b;
  a.slice = [&](Task& t) {
    order.push_back(0);
    --left_a > 0 ? r.scheduler.schedule_back(t) : done.add();
  };
  b.slice = [&](Task& t) {
    order.push_back(1);
    --left_b > 0 ? r.scheduler.schedule_back(t) : done.add();
  };
  Task root{[&](Task&) {
    r.scheduler.schedule_back(a);
    r.scheduler.schedule_back(b);
  }};
  r.scheduler.schedule(root);
  REQUIRE(done.reaches(2));
  CHECK(order == std::vector{0, 1, 0, 1, 0, 1, 0, 1, 0, 1});
}

TEST_CASE("what was woken last runs first, what it displaced goes to the back") {
  Rig r{1};
  Tally done;
  std::vector<int> order;
  Task a, b, c;
  a.slice = [&](Task&) { order.push_back(0), done.add(); };
  b.slice = [&](Task&) { order.push_back(1), done.add(); };
  c.slice = [&](Task&) { order.push_back(2), done.add(); };
  Task root{[&](Task&) {
    r.scheduler.schedule_back(a);
    r.scheduler.schedule(b);
    r.scheduler.schedule(c);
  }};
  r.scheduler.schedule(root);
  REQUIRE(done.reaches(3));
  CHECK(order == std::vector{2, 0, 1});
}

TEST_CASE("two that wake each other for ever do not starve the ring or what comes from outside") {
  Rig r{1};
  base::Atomic<bool> on{true};
  Tally ran;
  Tally pair_ended;
  Task ping, pong, third, outside;
  const auto to = [&](Task& peer) {
    return [&](Task&) { on.load(base::relaxed) ? r.scheduler.schedule(peer) : pair_ended.add(); };
  };
  ping.slice = to(pong);
  pong.slice = to(ping);
  third.slice = [&](Task&) { ran.add(); };
  outside.slice = third.slice;
  Task root{[&](Task&) {
    r.scheduler.schedule_back(third);
    r.scheduler.schedule(ping);
  }};
  r.scheduler.schedule(root);
  CHECK(ran.reaches(1));
  r.scheduler.schedule(outside);
  CHECK(ran.reaches(2));
  on.store(false);
  CHECK(pair_ended.reaches(1));
}

// What has no place in the ring waits in the injection queue, and comes back from there.
TEST_CASE("of many more than a ring holds each has its turns, none many more than another") {
  Rig r{schedule::SchedulerOptions{.workers = 1, .max_spares = 0}};
  Tally done;
  constexpr std::size_t count = 1'000;
  constexpr std::size_t turns_of_all = 100 * count;
  std::size_t all = 0;
  std::vector<std::size_t> turns(count);
  std::vector<Task> tasks(count);
  for (std::size_t i = 0; i < count; ++i)
    tasks[i].slice = [&, i](Task& t) {
      ++turns[i];
      ++all < turns_of_all ? r.scheduler.schedule_back(t) : done.add();
    };
  Task root{[&](Task&) {
    for (Task& task : tasks) r.scheduler.schedule_back(task);
  }};
  r.scheduler.schedule(root);
  REQUIRE(done.reaches(count));
  const auto [least, most] = std::ranges::minmax(turns);
  INFO(least << " to " << most << " turns");
  CHECK(least >= 50);
  CHECK(most <= 200);
}

TEST_CASE("a pair that exchanges messages stays on one worker") {
  Rig r{2};
  Tally done;
  long left = 200'000 / scale;
  Task ping, pong;
  const auto to = [&](Task& peer) {
    return [&](Task&) { --left > 0 ? r.scheduler.schedule(peer) : done.add(); };
  };
  ping.slice = to(pong);
  pong.slice = to(ping);
  r.scheduler.schedule(ping);
  REQUIRE(done.reaches(1));
  const schedule::SchedulerStats stats = r.scheduler.stats();
  std::uint64_t steals = 0, lifo = 0, slices = 0;
  for (const schedule::WorkerStats& w : stats.workers)
    steals += w.steals, lifo += w.lifo_runs, slices += w.slices;
  CHECK(slices == static_cast<std::uint64_t>(200'000 / scale));
  // The machine may take the processor away for longer than a stall, which moves the pair: seldom.
  CHECK(lifo > slices - 100);
  CHECK(steals < 100);
}

TEST_CASE("work that one worker makes wakes as many others as there is work for") {
  const unsigned workers = GENERATE(2u, 4u);
  const bool woken = GENERATE(false, true);
  Rig r{unwatched(workers)};
  for (std::size_t turn = 1; turn <= 50; ++turn) {
    Tally done;
    base::Atomic<unsigned> together{0};
    base::Atomic<unsigned> met{0};
    // Each waits for all others: they can only end on as many threads.
    std::vector<Task> tasks(workers);
    for (Task& task : tasks)
      task.slice = [&](Task&) {
        together.fetch_add(1);
        const timing::Instant limit = timing::real_now() + 10s;
        while (together.load() < workers && timing::real_now() < limit) base::yield_thread();
        if (together.load() == workers) met.fetch_add(1);
        done.add();
      };
    Task root{[&](Task&) {
      for (Task& task : tasks) woken ? r.scheduler.schedule(task) : r.scheduler.schedule_back(task);
    }};
    r.scheduler.schedule(root);
    REQUIRE(done.reaches(workers));
    REQUIRE(met.load() == workers);
  }
  CHECK(r.scheduler.stats().stalls == 0);
}

TEST_CASE("current() names the scheduler on its threads only") {
  Rig r{1};
  Rig other{1};
  CHECK(schedule::Scheduler::current() == nullptr);
  CHECK_FALSE(schedule::Scheduler::on_worker());
  {
    const schedule::Scheduler::Here here{r.scheduler};
    CHECK(schedule::Scheduler::current() == &r.scheduler);
    CHECK_FALSE(schedule::Scheduler::on_worker());
    {
      const schedule::Scheduler::Here inner{other.scheduler};
      CHECK(schedule::Scheduler::current() == &other.scheduler);
    }
    CHECK(schedule::Scheduler::current() == &r.scheduler);
  }
  CHECK(schedule::Scheduler::current() == nullptr);
  Tally done;
  bool right = false;
  Task t{[&](Task&) {
    right = schedule::Scheduler::current() == &r.scheduler && schedule::Scheduler::on_worker();
    done.add();
  }};
  r.scheduler.schedule(t);
  REQUIRE(done.reaches(1));
  CHECK(right);
}

TEST_CASE("a worker of one scheduler may schedule on another") {
  Rig r{1};
  Rig other{1};
  Tally done;
  schedule::Scheduler* ran_on = nullptr;
  Task there{[&](Task&) {
    ran_on = schedule::Scheduler::current();
    done.add();
  }};
  Task here{[&](Task&) { other.scheduler.schedule(there); }};
  r.scheduler.schedule(here);
  REQUIRE(done.reaches(1));
  CHECK(ran_on == &other.scheduler);
  Task back{[&](Task&) { other.scheduler.schedule_back(there); }};
  r.scheduler.schedule(back);
  CHECK(done.reaches(2));
}
