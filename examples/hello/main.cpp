// A counter that anyone can ask by name, under a supervisor that starts a new one when it crashes.
#include <coppice/coppice.hpp>
#include <fmt/core.h>

#include <stdexcept>
#include <utility>

using namespace coppice;
using namespace std::chrono_literals;

struct Add {
  int by;
};
struct Get {};

class Counter : public GenServer {
 public:
  explicit Counter(int start) : count_{start} {}

  int handle_call(Get) { return count_; }
  void handle_cast(Add add) {
    if (add.by < 0) throw std::invalid_argument{"a counter does not go back"};
    count_ += add.by;
  }

 private:
  int count_;
};

Task<int> hello() {
  SupervisorSpec spec{.strategy = Strategy::one_for_one, .children = {child<Counter>("counter", 40).named("counter")}};
  auto tree = co_await start_link<StaticSupervisor>(std::move(spec));
  Name<Counter> counter{"counter"};  // whoever has the name now
  counter.cast<Add>(1);
  counter.cast<Add>(1);
  fmt::print("the counter says {}\n", co_await counter.call<Get>());

  monitor(counter);
  counter.cast<Add>(-1);  // its own crash and nobody else's; the crash report is on stderr
  auto down = co_await receive<Down>(1s);
  fmt::print("it ended: {}\n", down->reason);
  int fresh = co_await counter.call_when_registered<Get>(1s);
  fmt::print("the new one says {}\n", fresh);
  co_await tree.stop();
  co_return 0;
}

int main() { return run(hello); }
