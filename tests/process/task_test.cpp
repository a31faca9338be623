// Task: coroutines that await each other inside a process.
#include <coppice/process/task.hpp>

#include <chrono>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>

#include <coppice/core.hpp>

#include "processes.hpp"

using namespace coppice;
using namespace coppice::test;
using namespace std::chrono_literals;

namespace {

struct Counted {
  static inline base::Atomic<int> live{0};
  Counted() { ++live; }
  Counted(const Counted&) { ++live; }
  ~Counted() { --live; }
};

Task<int> square(int x) { co_return x * x; }
Task<std::unique_ptr<int>> boxed(int x) { co_return std::make_unique<int>(x); }
Task<int> failing(int depth) {
  const Counted held;
  if (depth == 0) throw std::runtime_error{"deep"};
  co_return co_await failing(depth - 1);
}
Task<> never_awaited(base::Atomic<bool>& ran) {
  ran = true;
  co_return;
}
Task<int> sum_to(int n) {
  if (n == 0) co_return 0;
  co_return n + co_await sum_to(n - 1);
}

}  // namespace

TEST_CASE("task: gives its value, move-only ones too", "[process][task]") {
  in_process([]() -> Task<> {
    EXPECT(co_await square(7) == 49);
    const std::unique_ptr<int> box = co_await boxed(5);
    EXPECT(*box == 5);
  });
}

TEST_CASE("task: an exception passes through every await, and all frames are destroyed", "[process][task]") {
  in_process([]() -> Task<> {
    bool caught = false;
    try {
      co_await failing(50);
    } catch (const std::runtime_error& e) {
      caught = std::string{e.what()} == "deep";
    }
    EXPECT(caught);
    EXPECT(Counted::live == 0);
  });
}

TEST_CASE("task: runs only when it is awaited", "[process][task]") {
  in_process([]() -> Task<> {
    base::Atomic<bool> ran{false};
    {
      Task<> task = never_awaited(ran);
      Task<> moved = std::move(task);
      EXPECT(!ran);
    }
    EXPECT(!ran);
    Task<> kept = never_awaited(ran);
    co_await kept;
    EXPECT(ran);
  });
}

TEST_CASE("task: one that is kept may be assigned another", "[process][task]") {
  in_process([]() -> Task<> {
    Task<int> task = square(2);
    task = square(3);
    EXPECT(co_await task == 9);
  });
}

TEST_CASE("task: recursion as deep as memory allows", "[process][task]") {
  in_process([]() -> Task<> {
    constexpr int depth = static_cast<int>(scaled(200'000, 50'000));
    // The sum wraps; what counts is that it comes back.
    (void)co_await sum_to(40'000);
    int levels = 0;
    struct Down1 {
      static Task<int> go(int n) {
        // No conditional operator: GCC 12 awaits a temporary in its branch whatever the condition says.
        if (n == 0) co_return 0;
        co_return 1 + co_await go(n - 1);
      }
    };
    levels = co_await Down1::go(depth);
    EXPECT(levels == depth);
  });
}

TEST_CASE("process: its callable and arguments live in it as copies", "[process][task]") {
  in_process([]() -> Task<> {
    const Pid me = self();
    {
      std::string text(100, 'x');
      auto box = std::make_unique<int>(3);
      const Counted captured;
      spawn(
          [captured, me](std::string t, std::unique_ptr<int> b, std::string literal) -> Task<> {
            co_await sleep(1ms);
            EXPECT(t == std::string(100, 'x'));
            EXPECT(*b == 3);
            EXPECT(literal == "text");
            send(me, 1);
          },
          text, std::move(box), "text");
    }
    co_await receive<int>();
  });
  CHECK(Counted::live == 0);
}

TEST_CASE("blocking: runs a function elsewhere and gives its value or exception", "[process][blocking]") {
  in_turns([]() -> Task<> {
    const std::size_t n = co_await blocking([](const std::string& s) { return s.size(); }, std::string(50, 'x'));
    EXPECT(n == 50);
    bool outside = false;
    co_await blocking([&outside] {
      try {
        (void)self();
      } catch (const ProcessError&) {
        outside = true;
      }
    });
    EXPECT(outside);
    bool thrown = false;
    try {
      co_await blocking([] { throw std::runtime_error{"work"}; });
    } catch (const std::runtime_error&) {
      thrown = true;
    }
    EXPECT(thrown);
  });
}

TEST_CASE("blocking: does not hold the one scheduler", "[process][blocking]") {
  in_turns([]() -> Task<> {
    // The function returns only when another process has run meanwhile.
    base::Atomic<bool> ran{false};
    spawn([&ran]() -> Task<> {
      ran = true;
      co_return;
    });
    co_await blocking([&ran] {
      while (!ran) base::yield_thread();
    });
    EXPECT(ran);
  });
}
