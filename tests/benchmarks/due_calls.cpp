#include "due_calls.hpp"

#include <algorithm>
#include <chrono>
#include <vector>

namespace bench {

using namespace coppice;

namespace {

constexpr int callers = 4;

struct Add {
  std::int64_t by;
};
struct Latencies {
  std::vector<double> milliseconds;
};

class Counter : public GenServer {
 public:
  std::int64_t handle_call(Add add) { return value_ += add.by; }

 private:
  std::int64_t value_ = 0;
};

Task<> caller(Pid driver, timing::Duration period, std::int64_t count) {
  const auto server = co_await start_link<Counter>();
  Latencies latencies;
  auto due = now();
  for (std::int64_t i = 0; i < count; ++i) {
    due += period;
    if (const auto left = due - now(); left > timing::Duration::zero()) co_await sleep(left);
    co_await server.call<Add>(1);
    latencies.milliseconds.push_back(
        std::chrono::duration<double, std::milli>(now() - due).count());
  }
  send(driver, std::move(latencies));
}

}  // namespace

Task<double> p99_of_due_calls(timing::Duration period, std::int64_t count) {
  for (int i = 0; i < callers; ++i) spawn_link(caller, self(), period, count / callers);
  std::vector<double> all;
  for (int i = 0; i < callers; ++i) {
    const Latencies some = co_await receive<Latencies>();
    all.insert(all.end(), some.milliseconds.begin(), some.milliseconds.end());
  }
  std::ranges::sort(all);
  co_return all[all.size() * 99 / 100];
}

}  // namespace bench
