// Commands: a system against its model, and a failing sequence made short.
#include <coppice/coppice.hpp>
#include <coppice/testing.hpp>

#include "catch.hpp"

using namespace coppice;
using namespace coppice::testing;
using Catch::Matchers::ContainsSubstring;

namespace {

struct Push {
  int value;
};
struct Pop {};
struct Size {};

// A stack that forgets what lies below the fourth.
class Stack : public GenServer {
 public:
  explicit Stack(std::size_t room) : room_{room} {}
  void handle_cast(Push push) {
    if (values_.size() == room_) values_.erase(values_.begin());
    values_.push_back(push.value);
  }
  int handle_call(Pop) {
    if (values_.empty()) return -1;
    const int top = values_.back();
    values_.pop_back();
    return top;
  }
  std::size_t handle_call(Size) { return values_.size(); }

 private:
  std::size_t room_;
  std::vector<int> values_;
};

struct Model {
  ServerRef<Stack> stack;
  std::vector<int> values;
};

Commands<Model> stack_commands(std::size_t room) {
  Commands<Model> commands{[room]() -> Task<Model> {
    const ServerRef<Stack> stack = co_await start_link<Stack>(room);
    Model model{stack, {}};
    co_return model;
  }};
  commands
      .add("push", [](const Model&) { return true; },
           [](Model& m, std::uint64_t n) -> Task<> {
             m.stack.cast<Push>(static_cast<int>(n % 100));
             m.values.push_back(static_cast<int>(n % 100));
             co_return;
           })
      .add("pop", [](const Model& m) { return !m.values.empty(); },
           [](Model& m, std::uint64_t) -> Task<> {
             const int top = co_await m.stack.call<Pop>();
             check(top == m.values.back(), "pop gives what was pushed last");
             m.values.pop_back();
           })
      .add("size", [](const Model&) { return true; },
           [](Model& m, std::uint64_t) -> Task<> {
             const std::size_t size = co_await m.stack.call<Size>();
             check(size == m.values.size(), "the size is that of the model");
           });
  return commands;
}

}  // namespace

TEST_CASE("commands: a system that is as its model passes", "[testing]") {
  const CommandsResult result = stack_commands(1000).explore({.seeds = 30});
  INFO(result.report());
  CHECK(result.ok());
  CHECK(result.runs == 30);
}

TEST_CASE("commands: a failing sequence has what is needed and no more", "[testing]") {
  const CommandsResult result = stack_commands(4).explore({.seeds = 100});
  REQUIRE_FALSE(result.ok());
  INFO(result.report());
  // Five pushes, and one that looks.
  REQUIRE(result.sequence.size() == 6);
  for (std::size_t i = 0; i < 5; ++i) CHECK(result.sequence[i] == CommandCall{0, 0});
  CHECK(result.sequence[5] == CommandCall{2, 0});
  CHECK_THAT(result.report(), ContainsSubstring("push 0") && ContainsSubstring("the size is that of the model"));
}
