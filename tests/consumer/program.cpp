// The smallest program that uses the library from outside: each way of finding it builds and runs this one.
#include <coppice/coppice.hpp>

using namespace coppice;

struct Add {
  int by;
};
struct Get {};

class Counter : public GenServer {
 public:
  int handle_call(Get) { return value_; }
  void handle_cast(Add m) { value_ += m.by; }

 private:
  int value_ = 0;
};

Task<int> program() {
  auto counter = co_await start_link<Counter>();
  counter.cast<Add>(40);
  counter.cast<Add>(2);
  int value = co_await counter.call<Get>();
  fmt::print("the counter says {}\n", value);
  co_return value == 42 ? 0 : 1;
}

int main() { return run(program); }
