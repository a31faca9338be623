// send_after, cancel_timer, read_timer. Times are only checked from below: a timer is never early.
#include <coppice/process/timers.hpp>

#include <chrono>
#include <vector>

#include <coppice/core.hpp>

#include "processes.hpp"

using namespace coppice;
using namespace coppice::test;
using namespace std::chrono_literals;

namespace {

struct Go {};
struct Tick {
  int n;
};
struct Counted {
  static inline base::Atomic<int> live{0};
  Counted() { ++live; }
  Counted(Counted&&) noexcept { ++live; }
  ~Counted() { --live; }
};

Task<> idle() { co_await receive([](Go) {}); }

}  // namespace

TEST_CASE("timer: sends its message, and not before its time", "[process][timers]") {
  in_process([]() -> Task<> {
    const timing::Duration delays[] = {0ms, 1ms, 7ms, 120ms};
    for (const timing::Duration delay : delays) {
      const timing::Instant start = now();
      send_after(delay, self(), Tick{1});
      const Tick t = co_await receive<Tick>();
      EXPECT(t.n == 1);
      EXPECT(now() - start >= delay);
    }
  });
}

TEST_CASE("timer: in place, and with a message that is there", "[process][timers]") {
  in_process([]() -> Task<> {
    EXPECT(register_name("me", self()).has_value());
    send_after<Tick>(0ms, self(), 1);
    send_after(0ms, self(), Tick{2});
    send_after<Tick>(0ms, Atom{"me"}, 3);
    send_after(0ms, Atom{"me"}, Tick{4});
    int sum = 0;
    for (int i = 0; i < 4; ++i) sum += (co_await receive<Tick>()).n;
    EXPECT(sum == 10);
  });
}

TEST_CASE("timer: one set for later comes later", "[process][timers]") {
  in_process([]() -> Task<> {
    send_after(40ms, self(), Tick{3});
    send_after(20ms, self(), Tick{2});
    send_after(1ms, self(), Tick{1});
    for (int i = 1; i <= 3; ++i) EXPECT((co_await receive<Tick>()).n == i);
  });
}

TEST_CASE("timer: a cancelled one tells the time that was left, and never sends", "[process][timers]") {
  in_process([]() -> Task<> {
    {
      const TimerRef timer = send_after<Counted>(1h, self());
      EXPECT(Counted::live == 1);
      const auto left = cancel_timer(timer);
      EXPECT(left && *left > 59min && *left <= 1h);
      EXPECT(Counted::live == 0);
      EXPECT(!cancel_timer(timer));
      EXPECT(!read_timer(timer));
    }
    // Raced with its firing: either it was cancelled in time or the message comes, exactly once.
    int came = 0, cancelled = 0;
    for (int i = 0; i < 200; ++i) {
      const TimerRef timer = send_after(i % 2 == 0 ? 0ms : 1ms, self(), Tick{i});
      co_await sleep(i % 3 == 0 ? 0ms : 1ms);
      if (cancel_timer(timer)) {
        ++cancelled;
        EXPECT(!co_await receive<Tick>(0ms));
      } else {
        const Tick t = co_await receive<Tick>();
        EXPECT(t.n == i);
        ++came;
      }
    }
    EXPECT(came + cancelled == 200);
  });
}

TEST_CASE("timer: read tells the time that is left and changes nothing", "[process][timers]") {
  in_process([]() -> Task<> {
    const TimerRef timer = send_after(1h, self(), Tick{1});
    const auto left = read_timer(timer);
    EXPECT(left && *left > 59min && *left <= 1h);
    EXPECT(read_timer(timer).has_value());
    EXPECT(cancel_timer(timer).has_value());
    const TimerRef soon = send_after(0ms, self(), Tick{2});
    co_await receive<Tick>();
    EXPECT(!read_timer(soon));
    EXPECT(!cancel_timer(soon));
    EXPECT(!read_timer(TimerRef{}));
    EXPECT(!cancel_timer(TimerRef{}));
  });
}

TEST_CASE("timer: any process may cancel it", "[process][timers]") {
  in_process([]() -> Task<> {
    const TimerRef timer = send_after(1h, self(), Tick{1});
    auto [other, ref] = spawn_monitor([timer]() -> Task<> {
      EXPECT(cancel_timer(timer).has_value());
      co_return;
    });
    (void)other;
    co_await receive(on(ref, [](const Down&) {}));
    EXPECT(!read_timer(timer));
  });
}

TEST_CASE("timer: those of a receiver that ends are removed", "[process][timers]") {
  in_process([]() -> Task<> {
    constexpr int count = 1'000;  // more than are taken away under one lock
    auto [other, ref] = spawn_monitor(idle);
    std::vector<TimerRef> timers;
    for (int i = 0; i < count; ++i) timers.push_back(send_after<Counted>(1h, other));
    EXPECT(Counted::live == count);
    const TimerRef mine = send_after(1h, self(), Tick{1});
    send(other, Go{});
    co_await receive(on(ref, [](const Down&) {}));
    EXPECT(Counted::live == 0);
    for (const TimerRef t : timers) EXPECT(!read_timer(t));
    EXPECT(read_timer(mine).has_value());
    EXPECT(runtime().dead_letter_count() == 0);
  });
}

TEST_CASE("timer: for a receiver that is dead nothing stays", "[process][timers]") {
  in_process([]() -> Task<> {
    auto [dead, ref] = spawn_monitor([]() -> Task<> { co_return; });
    co_await receive(on(ref, [](const Down&) {}));
    for (const Pid nobody : {dead, Pid{}}) {
      const TimerRef timer = send_after<Counted>(1h, nobody);
      EXPECT(Counted::live == 0);
      EXPECT(!read_timer(timer));
    }
  });
}

TEST_CASE("timer: started while its receiver ends, it is sent or removed", "[process][timers]") {
  in_process([]() -> Task<> {
    for (int i = 0; i < 500; ++i) {
      auto [other, ref] = spawn_monitor(idle);
      send(other, Go{});
      const TimerRef timer = send_after<Counted>(1h, other);
      co_await receive(on(ref, [](const Down&) {}));
      EXPECT(!read_timer(timer));
      EXPECT(Counted::live == 0);
    }
  });
}

TEST_CASE("timer: one for a name asks who has it when it fires", "[process][timers]") {
  in_process([]() -> Task<> {
    const Pid first = spawn(idle);
    EXPECT(register_name("relay", first).has_value());
    send_after(20ms, Atom{"relay"}, Tick{1});
    const MonitorRef ref = monitor(first);
    send(first, Go{});
    co_await receive(on(ref, [](const Down&) {}));
    EXPECT(register_name("relay", self()).has_value());
    const Tick t = co_await receive<Tick>();
    EXPECT(t.n == 1);
  });
}

TEST_CASE("timer: one for a name that nobody has when it fires is a dead letter", "[process][timers]") {
  in_process([]() -> Task<> {
    const auto before = runtime().dead_letter_count();
    send_after<Counted>(0ms, Atom{"nobody at all"});
    while (runtime().dead_letter_count() == before) co_await sleep(1ms);
    while (Counted::live != 0) co_await sleep(1ms);
    EXPECT(runtime().dead_letter_count() == before + 1);
  });
}

TEST_CASE("timer: a message that finds nobody may cancel a timer as it ends", "[process][timers]") {
  // It is destroyed outside of the wheel's lock, which its destructor takes.
  struct Guard {
    explicit Guard(TimerRef t) noexcept : timer{t} {}
    Guard(Guard&& other) noexcept : timer{std::exchange(other.timer, TimerRef{})} {}
    ~Guard() { cancel_timer(timer); }
    TimerRef timer;
  };
  in_process([]() -> Task<> {
    const TimerRef guarded = send_after(1h, self(), Tick{1});
    send_after<Guard>(0ms, Atom{"nobody has this name"}, guarded);
    while (read_timer(guarded)) co_await sleep(1ms);
    EXPECT(!cancel_timer(guarded));
  });
}

TEST_CASE("timer: a negative delay is refused, and the message is gone", "[process][timers]") {
  in_process([]() -> Task<> {
    bool refused = false;
    try {
      send_after<Counted>(-1ms, self());
    } catch (const ProcessError& e) {
      refused = e.code() == ProcessErrorCode::bad_argument;
    }
    EXPECT(refused);
    EXPECT(Counted::live == 0);
    co_return;
  });
  CHECK_THROWS_AS(send_after<Tick>(1ms, Pid{}, 1), ProcessError);
}

TEST_CASE("timer: those that a runtime leaves behind end with it", "[process][timers]") {
  in_process([]() -> Task<> {
    for (int i = 0; i < 100; ++i) {
      send_after<Counted>(1h, Atom{"somebody"});
      send_after<Counted>(1h, self());
    }
    co_return;
  });
  CHECK(Counted::live == 0);
}

TEST_CASE("timer: to a process of another runtime", "[process][timers]") {
  const LeavesNothing check;
  base::Atomic<int> got{0};
  Runtime there{quiet(1)};
  const Pid far = there.spawn([&got]() -> Task<> { got = (co_await receive<Tick>()).n; });
  const Pid gone = there.spawn([]() -> Task<> { co_return; });
  there.wait(gone, 60s);
  Runtime here{quiet(1)};
  here.run([far, gone]() -> Task<> {
    send_after(1ms, far, Tick{5});
    send_after(1ms, gone, Tick{6});
    const TimerRef timer = send_after<Counted>(1h, far);
    co_await sleep(5ms);
    EXPECT(Counted::live == 1);
    EXPECT(cancel_timer(timer).has_value());
    send_after<Counted>(1h, far);
  });
  CHECK(there.wait(far, 60s).has_value());
  CHECK(got.load() == 5);
  there.stop();
  here.stop();
  CHECK(Counted::live == 0);
}
