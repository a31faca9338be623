// The save queue against a list that is searched from the front, and what its receives cost.
#include <coppice/process/save_queue.hpp>

#include <algorithm>
#include <array>
#include <functional>
#include <memory>
#include <stdexcept>
#include <utility>
#include <vector>

#include <coppice/base/random.hpp>
#include <coppice/process/message.hpp>

#include "catch.hpp"

using namespace coppice;
using process::MessageSignal;
using process::SaveQueue;
using process::Signal;
using process::SignalKind;
using process::TypeId;

namespace {

template <int N>
struct Kind {
  int value;
};

constexpr int kinds = 12;  // more than a scan keeps cursors for on its stack

template <int N>
Signal* make(int value) {
  return base::pool_new<MessageSignal<Kind<N>>>(value);
}
Signal* make_message(int kind, int value) {
  return [&]<int... N>(std::integer_sequence<int, N...>) {
    Signal* made = nullptr;
    ((kind == N ? void(made = make<N>(value)) : void()), ...);
    return made;
  }(std::make_integer_sequence<int, kinds>{});
}
template <int... N>
std::array<TypeId, kinds> all_types(std::integer_sequence<int, N...>) {
  return {TypeId::of<Kind<N>>()...};
}
const std::array<TypeId, kinds> types = all_types(std::make_integer_sequence<int, kinds>{});

// All kinds have one layout.
int value_of(const Signal& s) { return static_cast<const MessageSignal<Kind<0>>&>(s).payload.value; }

// Wants what `accepts` accepts among the given types, and counts what it was asked about.
class Counting final : public process::Matcher {
 public:
  Counting(std::vector<TypeId> wanted, std::function<bool(int)> accepts)
      : wanted_{std::move(wanted)}, accepts_{std::move(accepts)} {}
  std::span<const TypeId> types() const noexcept override { return wanted_; }
  bool matches(Signal& message) override {
    if (!wanted_.empty() && std::ranges::find(wanted_, message.type->payload) == wanted_.end()) return false;
    ++tested;
    return accepts_(value_of(message));
  }
  std::size_t tested = 0;

 private:
  std::vector<TypeId> wanted_;
  std::function<bool(int)> accepts_;
};

Counting any() {
  return {{}, [](int) { return true; }};
}
Counting of_kind(int kind) {
  return {{types[static_cast<std::size_t>(kind)]}, [](int) { return true; }};
}

// Owns what it holds, as a process does.
struct Queue : SaveQueue {
  ~Queue() {
    while (Signal* s = pop_front()) destroy(s);
  }
};

int take_value(Queue& queue, Counting matcher) {
  std::uint64_t after = 0;
  Signal* s = queue.take(matcher, after);
  if (s == nullptr) return -1;
  const int value = value_of(*s);
  destroy(s);
  return value;
}

}  // namespace

TEST_CASE("save queue: is two words and a little, and costs no block when empty", "[process][save_queue]") {
  const std::uint64_t before = base::pool_stats().live_blocks;
  {
    Queue queue;
    CHECK(queue.empty());
    CHECK(queue.pop_front() == nullptr);
    CHECK(queue.take_system() == nullptr);
    CHECK(take_value(queue, any()) == -1);
    for (int i = 0; i < 1'000; ++i) queue.push_back(*make_message(i % kinds, i));
    (void)take_value(queue, Counting{{}, [](int) { return false; }});
  }
  CHECK(base::pool_stats().live_blocks == before);
}

TEST_CASE("save queue: an empty one keeps what it is handed until that is taken, and gives it to nobody else",
          "[process][save_queue]") {
  Queue queue;
  // Empty as it was made, after a list and after an index.
  for (const int before : {0, 1, 500}) {
    for (int i = 0; i < before; ++i) queue.push_back(*make_message(i % kinds, i));
    (void)take_value(queue, Counting{{}, [](int) { return false; }});
    for (int i = 0; i < before; ++i) REQUIRE(take_value(queue, any()) == i);
    CHECK_FALSE(queue.has_handed());
    CHECK(queue.take_handed() == nullptr);
    Signal* const signal = make_message(0, 7);
    REQUIRE(queue.hand_over(*signal));
    CHECK(queue.has_handed());
    CHECK(queue.empty());
    CHECK(queue.pop_front() == nullptr);
    CHECK(take_value(queue, any()) == -1);
    CHECK(queue.front_message(0) == nullptr);
    CHECK(queue.take_system() == nullptr);
    CHECK(queue.take_handed() == signal);
    CHECK(queue.take_handed() == nullptr);
    queue.push_back(*signal);
    Signal* const second = make_message(1, 8);
    CHECK_FALSE(queue.hand_over(*second));
    CHECK_FALSE(queue.has_handed());
    CHECK(queue.take_handed() == nullptr);
    CHECK(take_value(queue, any()) == 7);
    destroy(second);
  }
}

TEST_CASE("save queue: gives messages in arrival order, across types", "[process][save_queue]") {
  const int count = GENERATE(1, 5, 31, 32, 33, 34, 500);
  Queue queue;
  for (int i = 0; i < count; ++i) queue.push_back(*make_message(i % kinds, i));
  // A receive that finds nothing makes it build its index when there are many.
  CHECK(take_value(queue, Counting{{}, [](int) { return false; }}) == -1);
  CHECK(queue.size() == static_cast<std::size_t>(count));
  for (int i = 0; i < count; ++i) REQUIRE(take_value(queue, any()) == i);
  CHECK(queue.empty());
}

TEST_CASE("save queue: skipped messages keep their place", "[process][save_queue]") {
  const int count = GENERATE(6, 600);
  Queue queue;
  for (int i = 0; i < count; ++i) queue.push_back(*make_message(i % 3, i));
  CHECK(take_value(queue, of_kind(2)) == 2);
  CHECK(take_value(queue, of_kind(1)) == 1);
  CHECK(take_value(queue, of_kind(2)) == 5);
  CHECK(take_value(queue, any()) == 0);
  CHECK(take_value(queue, any()) == 3);
  CHECK(take_value(queue, any()) == 4);
}

TEST_CASE("save queue: `after` says from where on, and moves to the latest arrival", "[process][save_queue]") {
  const int count = GENERATE(10, 100);
  Queue queue;
  for (int i = 0; i < count; ++i) queue.push_back(*make_message(0, i));
  Counting matcher{{}, [](int) { return false; }};
  std::uint64_t after = 0;
  CHECK(queue.take(matcher, after) == nullptr);
  CHECK(after == queue.last_sequence());
  CHECK(matcher.tested == static_cast<std::size_t>(count));
  // Nothing has come: nothing is tested again.
  CHECK(queue.take(matcher, after) == nullptr);
  CHECK(matcher.tested == static_cast<std::size_t>(count));
  // What has come since is tested once.
  for (int round = 1; round <= 50; ++round) {
    queue.push_back(*make_message(round % kinds, round));
    CHECK(queue.take(matcher, after) == nullptr);
    CHECK(matcher.tested == static_cast<std::size_t>(count + round));
  }
}

TEST_CASE("save queue: a test that throws leaves the message and the queue as they were", "[process][save_queue]") {
  const int count = GENERATE(3, 300);
  Queue queue;
  for (int i = 0; i < count; ++i) queue.push_back(*make_message(i % kinds, i));
  Counting thrower{{}, [](int v) -> bool {
                     if (v == 2) throw std::runtime_error{"no"};
                     return false;
                   }};
  std::uint64_t after = 0;
  CHECK_THROWS_AS(queue.take(thrower, after), std::runtime_error);
  CHECK(queue.size() == static_cast<std::size_t>(count));
  for (int i = 0; i < count; ++i) REQUIRE(take_value(queue, any()) == i);
}

TEST_CASE("save queue: what is no plain message is not for receives, but popped in its place", "[process][save_queue]") {
  const int extra = GENERATE(0, 100);
  Queue queue;
  const auto push = [&](SignalKind kind, int value) {
    Signal* s = make_message(0, value);
    s->set(kind, 0);
    queue.push_back(*s);
  };
  push(SignalKind::call, 1);
  push(SignalKind::message, 2);
  push(SignalKind::system, 3);
  push(SignalKind::cast, 4);
  push(SignalKind::system, 5);
  for (int i = 0; i < extra; ++i) push(SignalKind::message, 100 + i);
  CHECK(take_value(queue, Counting{{}, [](int v) { return v == 99; }}) == -1);
  const auto value = [](Signal* s) {
    const int v = value_of(*s);
    destroy(s);
    return v;
  };
  CHECK(take_value(queue, any()) == 2);
  CHECK(value(queue.take_system()) == 3);
  CHECK(value(queue.pop_front()) == 1);
  CHECK(value(queue.take_system()) == 5);
  CHECK(queue.take_system() == nullptr);
  CHECK(value(queue.pop_front()) == 4);
  CHECK(queue.size() == static_cast<std::size_t>(extra));
  // The same for what has come since the receive, behind what that has passed over.
  push(SignalKind::cast, 6);
  push(SignalKind::system, 7);
  CHECK(value(queue.take_system()) == 7);
  for (int i = 0; i < extra; ++i) REQUIRE(value(queue.pop_front()) == 100 + i);
  CHECK(value(queue.pop_front()) == 6);
  CHECK(queue.empty());
}

TEST_CASE("save queue: does what a list searched from the front does", "[process][save_queue]") {
  const std::uint64_t seed = GENERATE(range(1u, 41u));
  base::Random random{seed};
  Queue queue;
  std::vector<std::pair<int, int>> model;  // kind, value
  const double push_share = 0.4 + 0.2 * random.unit();
  const int used = 1 + static_cast<int>(random.below(kinds));
  for (int step = 0; step < 4'000; ++step) {
    if (random.chance(push_share)) {
      const int kind = static_cast<int>(random.below(static_cast<std::uint64_t>(used)));
      queue.push_back(*make_message(kind, step));
      model.emplace_back(kind, step);
    } else if (random.chance(0.1)) {
      Signal* s = queue.pop_front();
      REQUIRE((s == nullptr) == model.empty());
      if (s == nullptr) continue;
      REQUIRE(value_of(*s) == model.front().second);
      destroy(s);
      model.erase(model.begin());
    } else {
      std::vector<TypeId> wanted;
      std::vector<int> wanted_kinds;
      if (random.chance(0.8))
        for (int k = 0; k < kinds; ++k)
          if (random.chance(0.3)) {
            wanted.push_back(types[static_cast<std::size_t>(k)]);
            wanted_kinds.push_back(k);
          }
      const int modulus = 1 + static_cast<int>(random.below(20));
      const auto accepts = [modulus](int v) { return v % modulus == 0; };
      const auto expected = std::ranges::find_if(model, [&](const auto& m) {
        return (wanted.empty() || std::ranges::find(wanted_kinds, m.first) != wanted_kinds.end()) && accepts(m.second);
      });
      const int got = take_value(queue, Counting{wanted, accepts});
      REQUIRE(got == (expected == model.end() ? -1 : expected->second));
      if (expected != model.end()) model.erase(expected);
    }
    REQUIRE(queue.size() == model.size());
  }
}

TEST_CASE("save queue: a receive among a million messages of other types tests its own alone", "[process][save_queue]") {
  constexpr int others = 1'000'000;
  Queue queue;
  for (int i = 0; i < others; ++i) queue.push_back(*make_message(i % 3, i));
  // The first receive passes over a short part of the list and then has the index made.
  CHECK(take_value(queue, of_kind(5)) == -1);
  std::size_t tested = 0;
  for (int i = 0; i < 1'000; ++i) {
    queue.push_back(*make_message(5, i));
    Counting matcher = of_kind(5);
    std::uint64_t after = 0;
    Signal* s = queue.take(matcher, after);
    REQUIRE(s != nullptr);
    REQUIRE(value_of(*s) == i);
    destroy(s);
    tested += matcher.tested;
  }
  CHECK(tested == 1'000);
  CHECK(queue.size() == others);
}

TEST_CASE("save queue: with a mark a receive tests nothing older among a million of its type", "[process][save_queue]") {
  constexpr int others = 1'000'000;
  Queue queue;
  for (int i = 0; i < others; ++i) queue.push_back(*make_message(0, i));
  std::size_t tested = 0;
  for (int i = 0; i < 1'000; ++i) {
    std::uint64_t after = queue.last_sequence();
    queue.push_back(*make_message(0, -2 - i));
    Counting matcher{{types[0]}, [&](int v) { return v == -2 - i; }};
    Signal* s = queue.take(matcher, after);
    REQUIRE(s != nullptr);
    destroy(s);
    tested += matcher.tested;
  }
  CHECK(tested == 1'000);
}

TEST_CASE("save queue: receives from the front of a long queue test one message each", "[process][save_queue]") {
  constexpr int count = 200'000;
  Queue queue;
  for (int i = 0; i < count; ++i) queue.push_back(*make_message(i % 2, i));
  CHECK(take_value(queue, of_kind(7)) == -1);
  std::size_t tested = 0;
  for (int i = 0; i < count; ++i) {
    Counting matcher = of_kind(i % 2);
    std::uint64_t after = 0;
    Signal* s = queue.take(matcher, after);
    if (s == nullptr || value_of(*s) != i) REQUIRE(value_of(*s) == i);
    destroy(s);
    tested += matcher.tested;
  }
  CHECK(tested == count);
}
