// A process can be killed wherever it is; every destructor runs once, in the process.
#include <chrono>
#include <functional>
#include <memory>
#include <vector>

#include <coppice/coppice.hpp>

#include "processes.hpp"

using namespace coppice;
using namespace coppice::test;
using namespace std::chrono_literals;

namespace {

struct Ready {};
struct Never {};

// Counts itself; its destructor checks that it runs in the process that made it.
class Held {
 public:
  static inline base::Atomic<int> made{0};
  static inline base::Atomic<int> destroyed{0};
  Held() : owner_{self()} { ++made; }
  Held(const Held&) = delete;
  Held& operator=(const Held&) = delete;
  ~Held() {
    ++destroyed;
    EXPECT(self() == owner_);
  }

 private:
  Pid owner_;
};

struct Token {
  static inline base::Atomic<int> live{0};
  Token() { ++live; }
  Token(const Token&) { ++live; }
  ~Token() { --live; }
};

// What a process does before it is killed: it tells `owner` when it is as good as there.
using Place = Task<> (*)(Pid owner);

Task<> in_receive(Pid owner) {
  const Held held;
  send(owner, Ready{});
  co_await receive([](Never) {});
}
Task<> in_timed_receive(Pid owner) {
  const Held held;
  send(owner, Ready{});
  co_await receive<Never>(1h);
}
Task<> in_nested_task(Pid owner) {
  const Held outer;
  co_await in_receive(owner);
}
Task<> deeply_nested(Pid owner, int depth) {
  const Held held;
  if (depth == 0)
    co_await in_receive(owner);
  else
    co_await deeply_nested(owner, depth - 1);
}
Task<> in_deep_nest(Pid owner) {
  const Held held;
  co_await deeply_nested(owner, 1'000);
}
Task<> in_sleep(Pid owner) {
  const Held held;
  send(owner, Ready{});
  co_await sleep(1h);
}
Task<> in_coroutine_handler(Pid owner) {
  const Held held;
  send(self(), std::make_unique<int>(1));
  co_await receive([owner](std::unique_ptr<int> p) -> Task<> {
    const Held inner;
    send(owner, Ready{});
    co_await sleep(1h);
    EXPECT(*p == 1);
  });
}
Task<> with_kept_tasks(Pid owner) {
  const Held held;
  Task<> not_started = in_receive(owner);
  Task<> ended = []() -> Task<> { co_return; }();
  co_await ended;
  co_await in_receive(owner);
}

struct Ask {};
class Mute : public GenServer {
 public:
  Reply<int> handle_call(Ask, From<int> from) {
    waiting_.push_back(std::move(from));
    return no_reply;
  }

 private:
  std::vector<From<int>> waiting_;
};
Task<> in_call(Pid owner) {
  const Held held;
  auto server = co_await start_link<Mute>();
  send(owner, Ready{});
  co_await server.within(1h).call<Ask>();
}
Task<> in_await(Pid owner) {
  const Held held;
  TaskHandle<int> handle = async([]() -> Task<int> {
    co_await sleep(1h);
    co_return 1;
  });
  send(owner, Ready{});
  co_await await(handle);
}

}  // namespace

TEST_CASE("kill: wherever a process is suspended, every destructor runs once", "[process][kill]") {
  struct Row {
    const char* place;
    Place function;
  };
  const Row rows[] = {
      {"receive", in_receive},
      {"receive with a time", in_timed_receive},
      {"a nested task", in_nested_task},
      {"a thousand nested tasks", in_deep_nest},
      {"sleep", in_sleep},
      {"a handler that is a coroutine", in_coroutine_handler},
      {"tasks that were kept", with_kept_tasks},
      {"a call", in_call},
      {"the wait for an async", in_await},
  };
  for (const Row& row : rows) {
    INFO("killed in " << row.place);
    Held::made = 0;
    Held::destroyed = 0;
    in_process([&row]() -> Task<> {
      auto [victim, ref] = spawn_monitor(row.function, self());
      co_await receive([](Ready) {});
      co_await sleep(1ms);
      exit(victim, ExitReason::kill());
      const ExitReason reason = co_await receive(on(ref, [](const Down& d) { return d.reason; }));
      EXPECT(reason == ExitReason::killed());
      EXPECT(Held::destroyed == Held::made);
      EXPECT(!is_alive(victim));
    });
    CHECK(Held::made > 0);
    CHECK(Held::made == Held::destroyed);
  }
}

TEST_CASE("kill: at any moment of a busy process, every destructor runs once", "[process][kill]") {
  Held::made = 0;
  Held::destroyed = 0;
  in_process([]() -> Task<> {
    constexpr int rounds = static_cast<int>(scaled(500, 100));
    for (int round = 0; round < rounds; ++round) {
      auto [victim, ref] = spawn_monitor([]() -> Task<> {
        const Held outer;
        for (;;) {
          send(self(), std::make_unique<Held>());
          co_await receive([](std::unique_ptr<Held>) -> Task<> {
            const Held inner;
            co_await sleep(0ms);
          });
        }
      });
      for (int i = 0; i < round % 4; ++i) co_await sleep(0ms);
      exit(victim, ExitReason::kill());
      co_await receive(on(ref, [](const Down& d) { EXPECT(d.reason == ExitReason::killed()); }));
      EXPECT(Held::destroyed == Held::made);
    }
  });
  CHECK(Held::made == Held::destroyed);
}

TEST_CASE("kill: before its first step, what it was given is destroyed and its code never runs", "[process][kill]") {
  in_turns([]() -> Task<> {
    base::Atomic<bool> ran{false};
    {
      const Token token;
      auto [victim, ref] = spawn_monitor([token, &ran](Token) -> Task<> {
        ran = true;
        co_return;
      }, token);
      exit(victim, ExitReason::kill());
      co_await receive(on(ref, [](const Down& d) { EXPECT(d.reason == ExitReason::killed()); }));
    }
    EXPECT(!ran);
    EXPECT(Token::live == 0);
  });
}

TEST_CASE("kill: in blocking it waits for the function, and may use what the process holds", "[process][kill]") {
  Held::made = 0;
  Held::destroyed = 0;
  in_process([]() -> Task<> {
    base::Atomic<int> stage{0};
    auto [victim, ref] = spawn_monitor([&stage]() -> Task<> {
      const Held held;
      auto box = std::make_unique<int>(0);
      int& in_frame = *box;
      co_await blocking([&stage, &in_frame] {
        stage = 1;
        while (stage != 2) base::yield_thread();
        in_frame = 5;
      });
      EXPECT(false);
    });
    while (stage != 1) co_await sleep(1ms);
    exit(victim, ExitReason::kill());
    while (is_alive(victim)) co_await sleep(1ms);
    // It ends, but is not gone as long as its function runs.
    EXPECT(!co_await receive<Down>(20ms));
    EXPECT(Held::destroyed == 0);
    stage = 2;
    co_await receive(on(ref, [](const Down& d) { EXPECT(d.reason == ExitReason::killed()); }));
    EXPECT(Held::destroyed == 1);
  });
}

TEST_CASE("kill: in blocking that has not begun, the function never runs", "[process][kill]") {
  RuntimeOptions options = quiet();
  options.blocking_threads = 1;
  in_runtime(options, []() -> Task<> {
    base::Atomic<int> stage{0};
    base::Atomic<bool> ran{false};
    auto [holder, held] = spawn_monitor([&stage]() -> Task<> {
      co_await blocking([&stage] {
        stage = 1;
        while (stage != 2) base::yield_thread();
      });
    });
    (void)holder;
    while (stage != 1) co_await sleep(1ms);
    auto [victim, ref] = spawn_monitor([&ran]() -> Task<> {
      co_await blocking([&ran] { ran = true; });
    });
    co_await sleep(2ms);
    exit(victim, ExitReason::kill());
    co_await receive(on(ref, [](const Down& d) { EXPECT(d.reason == ExitReason::killed()); }));
    stage = 2;
    co_await receive(on(held, [](const Down& d) { EXPECT(d.reason.is_normal()); }));
    EXPECT(!ran);
  });
}

TEST_CASE("kill: while it is destroyed, a second kill changes nothing", "[process][kill]") {
  struct Slow {
    explicit Slow(base::Atomic<int>& s) : stage{s} {}
    ~Slow() {
      stage = 1;
      while (stage != 2) base::yield_thread();
    }
    base::Atomic<int>& stage;
  };
  Held::made = 0;
  Held::destroyed = 0;
  in_process([]() -> Task<> {
    base::Atomic<int> stage{0};
    auto [victim, ref] = spawn_monitor(SpawnOptions{.thread = dedicated}, [&stage](Pid owner) -> Task<> {
      const Held outer;
      const Slow slow{stage};
      const Held inner;
      send(owner, Ready{});
      co_await receive([](Never) {});
    }, self());
    co_await receive([](Ready) {});
    exit(victim, ExitReason::custom(1));
    while (stage != 1) co_await sleep(1ms);
    EXPECT(!is_alive(victim));
    exit(victim, ExitReason::kill());
    exit(victim, ExitReason::custom(2));
    send(victim, Never{});
    stage = 2;
    const ExitReason reason = co_await receive(on(ref, [](const Down& d) { return d.reason; }));
    EXPECT(reason == ExitReason::custom(1));
    EXPECT(Held::destroyed == 2);
  });
}

TEST_CASE("kill: destructors may send, spawn, exit others and ask who they are", "[process][kill]") {
  struct Busy {
    explicit Busy(Pid o) : owner{o} {}
    ~Busy() {
      EXPECT(static_cast<bool>(self()));
      EXPECT(!is_alive(self()));
      const Pid me = self();
      send(owner, me);
      send(me, Never{});
      const Pid to = owner;
      spawn([to]() -> Task<> {
        send(to, 99);
        co_return;
      });
      (void)make_ref();
      (void)monitor(owner);
      cancel_timer(send_after<Never>(1h, owner));
    }
    Pid owner;
  };
  in_process([]() -> Task<> {
    auto [victim, ref] = spawn_monitor([](Pid owner) -> Task<> {
      const Busy busy{owner};
      send(owner, Ready{});
      co_await receive([](Never) {});
    }, self());
    co_await receive([](Ready) {});
    exit(victim, ExitReason::kill());
    EXPECT(co_await receive<Pid>() == victim);
    EXPECT(co_await receive<int>() == 99);
    co_await receive(on(ref, [](const Down&) {}));
  });
}

TEST_CASE("kill: a hundred thousand nested frames are destroyed without deep recursion", "[process][kill]") {
  in_process([]() -> Task<> {
    struct Nest {
      static Task<> go(Pid owner, int depth) {
        if (depth > 0) {
          co_await go(owner, depth - 1);
          co_return;
        }
        send(owner, Ready{});
        co_await receive([](Never) {});
      }
    };
    auto [victim, ref] = spawn_monitor(&Nest::go, self(), static_cast<int>(scaled(300'000, 100'000)));
    co_await receive([](Ready) {});
    exit(victim, ExitReason::kill());
    co_await receive(on(ref, [](const Down& d) { EXPECT(d.reason == ExitReason::killed()); }));
  });
}
