// Selective receive in all its forms (semantics 27).
#include <coppice/process/receive.hpp>

#include <chrono>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <variant>

#include <coppice/core.hpp>

#include "processes.hpp"

using namespace coppice;
using namespace coppice::test;
using namespace std::chrono_literals;

namespace {

struct Number {
  int value;
};
struct Text {
  explicit Text(std::string v) : value{std::move(v)} {}
  std::string value;
};
struct Point {
  int x;
  int y;
};
struct Answer {
  Reference ref;
  int value;
};
struct Noise {};

std::size_t queued() { return process_info(self()).message_queue_len; }

}  // namespace

TEST_CASE("receive: by type, the oldest first, whatever waits before it", "[process][receive]") {
  in_process([]() -> Task<> {
    const Pid me = self();
    send(me, Number{1});
    send(me, Text{"a"});
    send(me, Number{2});
    const Text t = co_await receive<Text>();
    EXPECT(t.value == "a");
    EXPECT((co_await receive<Number>()).value == 1);
    EXPECT((co_await receive<Number>()).value == 2);
    EXPECT(queued() == 0);
  });
}

TEST_CASE("receive: of several clauses the oldest message wins, not the first clause", "[process][receive]") {
  in_process([]() -> Task<> {
    const Pid me = self();
    send(me, Number{1});
    send(me, Text{"a"});
    const std::string first = co_await receive([](Text m) { return m.value; }, [](Number n) { return std::to_string(n.value); });
    EXPECT(first == "1");
  });
}

TEST_CASE("receive: of several clauses that match one message the first wins", "[process][receive]") {
  in_process([]() -> Task<> {
    send(self(), Number{5});
    const int which = co_await receive(on<Number>([](const Number& n) { return n.value > 9; }, [](Number) { return 1; }),
                                       on<Number>([](const Number& n) { return n.value > 3; }, [](Number) { return 2; }),
                                       [](Number) { return 3; });
    EXPECT(which == 2);
  });
}

TEST_CASE("receive: field patterns", "[process][receive]") {
  in_process([]() -> Task<> {
    const Pid me = self();
    const auto put = [me](int x, int y) { send(me, Point{x, y}); };
    put(1, 2);
    const auto none = after(0ms, [] { return -1; });
    const auto get_y = [](Point p) { return p.y; };
    EXPECT(co_await receive(on<Point>(field(&Point::x) == 2, get_y), none) == -1);
    EXPECT(co_await receive(on<Point>(field(&Point::x) != 1, get_y), none) == -1);
    EXPECT(co_await receive(on<Point>(field(&Point::x) < 1, get_y), none) == -1);
    EXPECT(co_await receive(on<Point>(field(&Point::x) > 1, get_y), none) == -1);
    EXPECT(co_await receive(on<Point>(field(&Point::x) == 1 && field(&Point::y) == 3, get_y), none) == -1);
    EXPECT(co_await receive(on<Point>(!(field(&Point::x) == 1), get_y), none) == -1);
    EXPECT(co_await receive(on(field(&Point::x) == 1, get_y), none) == 2);
    put(1, 2);
    EXPECT(co_await receive(on<Point>(field(&Point::x) <= 1 && field(&Point::y) >= 2, get_y), none) == 2);
    put(1, 2);
    EXPECT(co_await receive(on<Point>(field(&Point::x) == 9 || field(&Point::y) == 2, get_y), none) == 2);
    put(1, 2);
    EXPECT(co_await receive(on<Point>(field(&Point::x) == anything, get_y), none) == 2);
    send(me, Text{"needle"});
    const auto length = [](Text t) { return static_cast<int>(t.value.size()); };
    EXPECT(co_await receive(on<Text>(field(&Text::value) == "hay", length), none) == -1);
    const std::string needle = "needle";
    EXPECT(co_await receive(on<Text>(field(&Text::value) == needle, length), none) == 6);
  });
}

TEST_CASE("receive: a variant by the alternative that it holds", "[process][receive]") {
  in_process([]() -> Task<> {
    using Shape = std::variant<Point, Number>;
    send(self(), Shape{Point{1, 2}});
    send(self(), Shape{Number{7}});
    EXPECT(co_await receive(on<Shape>(holds<Number>(), [](Shape s) { return std::get<Number>(s).value; })) == 7);
    EXPECT(co_await receive(on<Shape>(holds<Point>(), [](Shape s) { return std::get<Point>(s).y; })) == 2);
  });
}

TEST_CASE("receive: any message, with its type's name", "[process][receive]") {
  in_process([]() -> Task<> {
    send(self(), Number{3});
    send(self(), Text{"x"});
    const auto name = [](Message& m) {
      if (const Number* n = m.get<Number>()) return std::to_string(n->value);
      EXPECT(m.is<Text>());
      EXPECT(m.get<Number>() == nullptr);
      return m.type_name();
    };
    EXPECT(co_await receive(on_any(name)) == "3");
    const std::string text = co_await receive(on_any(name));
    EXPECT(text.find("Text") != std::string::npos);
  });
}

TEST_CASE("receive: move-only messages, in place and moved", "[process][receive]") {
  in_process([]() -> Task<> {
    const Pid me = self();
    send(me, std::make_unique<int>(5));
    send<std::unique_ptr<int>>(me, new int{6});
    EXPECT(co_await receive([](std::unique_ptr<int> p) { return *p; }) == 5);
    const std::unique_ptr<int> six = co_await receive<std::unique_ptr<int>>();
    EXPECT(*six == 6);
    // A guard that refuses does not take it.
    send(me, std::make_unique<int>(7));
    const int none = co_await receive(
        on<std::unique_ptr<int>>([](const std::unique_ptr<int>& p) { return *p == 8; }, [](std::unique_ptr<int>) { return 1; }),
        after(0ms, [] { return 0; }));
    EXPECT(none == 0);
    EXPECT(*co_await receive<std::unique_ptr<int>>() == 7);
  });
}

TEST_CASE("receive: a guard that throws leaves the message where it was", "[process][receive]") {
  in_turns([]() -> Task<> {
    const Pid me = self();
    // Once with the messages there already, once with one that comes while it waits.
    for (int round = 0; round < 2; ++round) {
      const bool waiting = round == 1;
      if (waiting)
        spawn([me]() -> Task<> {
          send(me, Text{"before"});
          send(me, Number{1});
          co_return;
        });
      else
        send(me, Text{"before"}), send(me, Number{1});
      if (!waiting) (void)queued();
      bool thrown = false;
      try {
        co_await receive(on<Number>([](const Number&) -> bool { throw std::runtime_error{"guard"}; }, [](Number) {}));
      } catch (const std::runtime_error&) {
        thrown = true;
      }
      EXPECT(thrown);
      EXPECT(queued() == 2);
      co_await receive(on_any([](Message& m) { EXPECT(m.is<Text>()); }));
      EXPECT((co_await receive<Number>()).value == 1);
    }
  });
}

TEST_CASE("receive: a handler that throws has taken its message", "[process][receive]") {
  in_process([]() -> Task<> {
    send(self(), Number{1});
    bool thrown = false;
    try {
      co_await receive([](Number) { throw std::runtime_error{"handler"}; });
    } catch (const std::runtime_error&) {
      thrown = true;
    }
    EXPECT(thrown);
    EXPECT(queued() == 0);
  });
}

TEST_CASE("receive: handlers may be coroutines, which receive themselves", "[process][receive]") {
  in_process([]() -> Task<> {
    const Pid me = self();
    send(me, std::make_unique<int>(5));
    send(me, Number{2});
    const int sum = co_await receive(
        [](std::unique_ptr<int> p) -> Task<int> {
          co_await sleep(1ms);
          const Number n = co_await receive<Number>();
          co_return *p + n.value;
        },
        after(1h, []() -> Task<int> { co_return -1; }));
    EXPECT(sum == 7);
    const int late = co_await receive([](Text) -> Task<int> { co_return 0; }, after(1ms, []() -> Task<int> { co_return -1; }));
    EXPECT(late == -1);
  });
}

TEST_CASE("receive: handlers of different types give their common one", "[process][receive]") {
  in_process([]() -> Task<> {
    send(self(), Number{2});
    auto value = co_await receive([](Number n) { return n.value; }, [](Text) { return 1.5; });
    static_assert(std::is_same_v<decltype(value), double>);
    EXPECT(value == 2.0);
  });
}

TEST_CASE("after: zero looks once at what has arrived", "[process][receive]") {
  in_process([]() -> Task<> {
    const Pid me = self();
    EXPECT(!co_await receive<Number>(0ms));
    send(me, Number{1});
    EXPECT((co_await receive<Number>(0ms))->value == 1);
    for (int i = 0; i < 1'000; ++i) {
      send(me, Noise{});
      EXPECT(!co_await receive<Number>(0ms));
    }
    EXPECT(queued() == 1'000);
    send(me, Number{2});
    EXPECT((co_await receive<Number>(0ms))->value == 2);
  });
}

TEST_CASE("after: is never early, and counts from the start of the receive", "[process][receive]") {
  in_process([]() -> Task<> {
    const Pid me = self();
    const timing::Duration limits[] = {1ms, 5ms, 110ms};
    for (const timing::Duration limit : limits) {
      const timing::Instant start = now();
      spawn([me]() -> Task<> {
        for (int i = 0; i < 5; ++i) {
          send(me, Noise{});
          co_await sleep(1ms);
        }
      });
      EXPECT(!co_await receive<Number>(limit));
      EXPECT(now() - start >= limit);
    }
  });
}

TEST_CASE("after: a deadline that was not needed does not fire into the next wait", "[process][receive]") {
  in_turns([]() -> Task<> {
    const Pid me = self();
    for (int i = 0; i < 30; ++i) {
      spawn([me]() -> Task<> {
        send(me, Number{1});
        co_return;
      });
      EXPECT((co_await receive<Number>(2ms)).has_value());
      // The earlier deadline passes while this waits for longer.
      const timing::Instant start = now();
      EXPECT(!co_await receive<Number>(5ms));
      EXPECT(now() - start >= 5ms);
    }
  });
}

TEST_CASE("after: a negative time is an error, for ever is none", "[process][receive]") {
  in_process([]() -> Task<> {
    bool refused = false;
    try {
      co_await receive<Number>(-1ms);
    } catch (const ProcessError& e) {
      refused = e.code() == ProcessErrorCode::bad_argument;
    }
    EXPECT(refused);
    const Pid me = self();
    spawn([me]() -> Task<> {
      send(me, Number{4});
      co_return;
    });
    const std::optional<Number> n = co_await receive<Number>(timing::forever);
    EXPECT(n && n->value == 4);
  });
}

TEST_CASE("receive: each starts from the oldest message", "[process][receive]") {
  in_process([]() -> Task<> {
    const Pid me = self();
    for (int i = 0; i < 100; ++i) send(me, Number{i});
    EXPECT(!co_await receive<Text>(0ms));
    EXPECT((co_await receive<Number>()).value == 0);
    EXPECT(co_await receive(on<Number>(field(&Number::value) == 50, [](Number n) { return n.value; })) == 50);
    EXPECT((co_await receive<Number>()).value == 1);
  });
}

TEST_CASE("receive: a message is never tested twice by one receive", "[process][receive]") {
  in_turns([]() -> Task<> {
    const Pid me = self();
    constexpr int before = 100;
    constexpr int while_waiting = 50;
    int tested = 0;
    for (int i = 0; i < before; ++i) send(me, Number{i});
    spawn([me]() -> Task<> {
      for (int i = 1; i <= while_waiting; ++i) {
        send(me, Number{-i});
        co_await sleep(0ms);
      }
    });
    const int* const end = &while_waiting;
    const int last = co_await receive(on<Number>(
        [&tested, end](const Number& n) {
          ++tested;
          return n.value == -*end;
        },
        [](Number n) { return n.value; }));
    EXPECT(last == -while_waiting);
    EXPECT(tested == before + while_waiting);
  });
}

TEST_CASE("receive: bound to a reference it tests nothing that was there before", "[process][receive]") {
  in_process([]() -> Task<> {
    const Pid me = self();
    constexpr int others = 10'000;
    for (int i = 0; i < others; ++i) send(me, Answer{Reference{}, i});
    EXPECT(queued() == others);
    const Reference ref = make_ref();
    int tested = 0;
    send(me, Answer{ref, 42});

    const int value = co_await receive(on<Answer>(field(&Answer::ref) == ref, [](Answer a) { return a.value; }));
    EXPECT(value == 42);
    const MonitorRef monitor_ref{make_ref()};
    send(me, Down{monitor_ref, me, ExitReason::normal()});
    co_await receive(on(monitor_ref, [&tested](const Down&) { ++tested; }));
    EXPECT(tested == 1);
    EXPECT(queued() == others);
  });
}

TEST_CASE("receive: bound to another's reference it looks at everything", "[process][receive]") {
  in_turns([]() -> Task<> {
    const Pid me = self();
    spawn([me]() -> Task<> {
      const Reference theirs = make_ref();
      send(me, Answer{theirs, 1});
      send(me, theirs);
      co_return;
    });
    const Reference ref = co_await receive<Reference>();
    const int value = co_await receive(on<Answer>(field(&Answer::ref) == ref, [](Answer a) { return a.value; }),
                                       after(0ms, [] { return -1; }));
    EXPECT(value == 1);
  });
}

TEST_CASE("receive: among 100,000 others finds its own, and leaves them in order", "[process][receive]") {
  in_process([]() -> Task<> {
    const Pid me = self();
    constexpr int others = 100'000;
    for (int i = 0; i < others; ++i) send(me, Number{i});
    for (int i = 0; i < 100; ++i) {
      send(me, Text{"needle"});
      co_await receive<Text>();
    }
    for (int i = 0; i < others; ++i) {
      const Number n = co_await receive<Number>();
      if (n.value != i) EXPECT(n.value == i);
    }
    EXPECT(queued() == 0);
  });
}
