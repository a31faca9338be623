// Millions of receives and awaits in one process need no stack. Where every await or receive nested
// on the thread's stack, even the smallest of these counts would overflow 8 MiB.
#include <chrono>
#include <stdexcept>

#include <coppice/core.hpp>

#include "processes.hpp"

using namespace coppice;
using namespace coppice::test;
using namespace std::chrono_literals;

namespace {

#ifdef __OPTIMIZE__
constexpr std::size_t many = scaled(10'000'000, 1'000'000);
#else
constexpr std::size_t many = scaled(3'000'000, 1'000'000);
#endif
constexpr int deep = static_cast<int>(scaled(1'000'000, 200'000));

struct Number {
  std::size_t value;
};
struct Ping {
  Pid from;
};

Task<int> one() { co_return 1; }
Task<int> depth_of(int n) {
  if (n == 0) co_return 0;
  co_return 1 + co_await depth_of(n - 1);
}
Task<> throw_from(int n) {
  if (n == 0) throw std::runtime_error{"bottom"};
  co_await throw_from(n - 1);
}
Task<int> receive_at(int n) {
  if (n == 0) co_return static_cast<int>(co_await receive([](Number m) { return m.value; }));
  co_return co_await receive_at(n - 1);
}

}  // namespace

TEST_CASE("ten million receives that wait", "[rivals]") {
  in_turns([]() -> Task<> {
    const Pid me = self();
    std::size_t sum = 0;
    for (std::size_t i = 0; i < many; ++i) {
      send(me, Number{i});
      sum += co_await receive([](Number n) { return n.value - (n.value - 1); });
    }
    EXPECT(sum == many);
  });
}

TEST_CASE("ten million receives of what is there", "[rivals]") {
  in_turns([]() -> Task<> {
    const Pid me = self();
    constexpr std::size_t at_once = 10'000;
    for (std::size_t done = 0; done < many; done += at_once) {
      for (std::size_t i = 0; i < at_once; ++i) send(me, Number{i});
      for (std::size_t i = 0; i < at_once; ++i) {
        const std::size_t value = co_await receive([](Number n) { return n.value; });
        if (value != i) EXPECT(value == i);
      }
    }
  });
}

TEST_CASE("ten million receives that time out at once", "[rivals]") {
  in_turns([]() -> Task<> {
    for (std::size_t i = 0; i < many; ++i)
      if (co_await receive<Number>(0ms)) EXPECT(false);
  });
}

TEST_CASE("ten million awaits, one after another", "[rivals]") {
  in_turns([]() -> Task<> {
    std::size_t sum = 0;
    for (std::size_t i = 0; i < many; ++i) sum += static_cast<std::size_t>(co_await one());
    EXPECT(sum == many);
  });
}

TEST_CASE("a million awaits inside each other, there and back", "[rivals]") {
  in_turns([]() -> Task<> { EXPECT(co_await depth_of(deep) == deep); });
}

TEST_CASE("a receive a million awaits deep", "[rivals]") {
  in_turns([]() -> Task<> {
    const Pid me = self();
    spawn([me]() -> Task<> {
      send(me, Number{42});
      co_return;
    });
    EXPECT(co_await receive_at(deep) == 42);
  });
}

TEST_CASE("an exception that passes through many awaits", "[rivals]") {
  in_turns([]() -> Task<> {
    bool caught = false;
    try {
      co_await throw_from(static_cast<int>(scaled(100'000, 60'000)));
    } catch (const std::runtime_error&) {
      caught = true;
    }
    EXPECT(caught);
  });
}

TEST_CASE("a million messages between two processes on one thread", "[rivals]") {
  in_turns([]() -> Task<> {
    constexpr std::size_t count = scaled(1'000'000, 100'000);
    const Pid echo = spawn([]() -> Task<> {
      for (;;) {
        const Ping p = co_await receive<Ping>();
        send(p.from, Ping{self()});
      }
    });
    for (std::size_t i = 0; i < count; ++i) {
      send(echo, Ping{self()});
      co_await receive([](Ping) {});
    }
  });
}
