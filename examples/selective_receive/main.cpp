// What selective receive is for: a process takes from its mailbox what it needs next, and all else keeps its place. So a
// waiter can wait for one order's dish while other dishes and the telephone come in, without a table of what is pending.
#include <coppice/coppice.hpp>
#include <fmt/core.h>

#include <optional>
#include <string>

using namespace coppice;
using namespace std::chrono_literals;

struct Order {
  Pid waiter;
  Reference number;
  std::string dish;
};
struct Dish {
  Reference number;
  std::string name;
};
struct Telephone {
  std::string caller;
};
struct Fire {};

Task<> cook(std::chrono::milliseconds time) {
  Order order = co_await receive<Order>();
  co_await sleep(time);
  send(order.waiter, Dish{order.number, order.dish});
}

Reference place_order(const char* dish, std::chrono::milliseconds time) {
  Reference number = make_ref();
  send(spawn(cook, time), Order{self(), number, dish});
  return number;
}

Task<std::string> dish_of(Reference number) {
  co_return co_await receive(on<Dish>(field(&Dish::number) == number, [](Dish dish) { return dish.name; }));
}

Task<int> waiter() {
  Reference soup = place_order("soup", 40ms);
  Reference bread = place_order("bread", 1ms);
  send(self(), Telephone{"Ann"});
  send(self(), Telephone{"Bob"});
  send(self(), Fire{});

  // What is urgent comes first, wherever it stands in the mailbox; after(0) does not wait.
  bool fire = co_await receive([](Fire) { return true; }, after(0ms, [] { return false; }));
  fmt::print("fire: {}\n", fire);
  // The soup is served first, although the bread was ready before it and is in the mailbox already.
  std::string first = co_await dish_of(soup);
  std::string second = co_await dish_of(bread);
  fmt::print("served: {}, then {}\n", first, second);
  // The calls have waited meanwhile, in the order they came.
  while (std::optional<Telephone> call = co_await receive<Telephone>(0ms)) fmt::print("calling back: {}\n", call->caller);
  co_return 0;
}

int main() { return run(waiter); }
