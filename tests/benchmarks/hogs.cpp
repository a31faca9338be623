// hogs: what calls between other processes take while --size processes hold their threads, --kind
// spinning or blocked in a system call, for 100 ms at a time: from when the call was due, so that
// the wake-up counts, until its reply. The 99th percentile, in milliseconds.
#include "bench.hpp"

#include <algorithm>
#include <chrono>

#include <poll.h>

using namespace coppice;
using namespace std::chrono_literals;

namespace {

constexpr int callers = 4;

struct Again {};
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

Task<> spin() {
  for (;;) {
    const auto start = now();
    while (now() - start < 100ms) bench::use(start);
    send<Again>(self());
    co_await receive([](Again) {});
  }
}
Task<> block() {
  for (;;) {
    poll(nullptr, 0, 100);
    send<Again>(self());
    co_await receive([](Again) {});
  }
}

Task<> caller(Pid driver, std::int64_t count) {
  const auto server = co_await start_link<Counter>();
  Latencies latencies;
  // A call is due every 2 ms, whatever became of the last one; its latency counts from then.
  auto due = now();
  for (std::int64_t i = 0; i < count; ++i) {
    due += 2ms;
    if (const auto left = due - now(); left > 0ms) co_await sleep(left);
    co_await server.call<Add>(1);
    latencies.milliseconds.push_back(
        std::chrono::duration<double, std::milli>(now() - due).count());
  }
  send(driver, std::move(latencies));
}

Task<double> measure(bool blocked, std::int64_t hogs, std::int64_t count) {
  for (std::int64_t i = 0; i < hogs; ++i) blocked ? spawn(block) : spawn(spin);
  co_await sleep(50ms);
  for (int i = 0; i < callers; ++i) spawn_link(caller, self(), count / callers);
  std::vector<double> all;
  for (int i = 0; i < callers; ++i) {
    const Latencies some = co_await receive<Latencies>();
    all.insert(all.end(), some.milliseconds.begin(), some.milliseconds.end());
  }
  std::ranges::sort(all);
  co_return all[all.size() * 99 / 100];
}

}  // namespace

int main(int argc, char** argv) {
  const auto arguments =
      bench::parse(argc, argv, {.workers = 2, .count = 4'000, .size = 2, .kind = "spinning"});
  Runtime runtime{bench::options(arguments)};
  const double value =
      runtime.run(measure, arguments.kind == "blocked", arguments.size, arguments.count);
  const std::string number = arguments.size == 2 ? "" : fmt::format("_{}", arguments.size);
  bench::print(fmt::format("hogs_{}{}", arguments.kind, number), value, "ms", bench::Better::lower,
               arguments.workers);
}
