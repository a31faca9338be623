// tails: what the slowest of many calls take, from when each was due, so that the wake-up counts,
// until its reply; the 99th percentile in milliseconds. Every caller has a server of its own.
//
// --kind flood: while one process floods another, up to a million messages ahead. --kind load:
// while other processes keep each worker busy for --size percent of its time, in pieces of 50 us.
// call_p99_flood, call_p99_load.
#include "bench.hpp"
#include "due_calls.hpp"

#include <algorithm>
#include <atomic>
#include <chrono>

using namespace coppice;
using namespace std::chrono_literals;

namespace {

// --- the flood ---------------------------------------------------------------------------------

constexpr std::int64_t farthest_ahead = 1'000'000;
constexpr std::int64_t in_one_go = 1'000;
std::atomic<std::int64_t> ahead{0};

struct Drop {};
struct Again {};

Task<> sink() {
  for (;;) {
    co_await receive([](Drop) {});
    ahead.fetch_sub(1, std::memory_order_relaxed);
  }
}

Task<> flooder(Pid to) {
  const Pid me = self();
  for (;;) {
    if (ahead.load(std::memory_order_relaxed) < farthest_ahead) {
      ahead.fetch_add(in_one_go, std::memory_order_relaxed);
      for (std::int64_t i = 0; i < in_one_go; ++i) send<Drop>(to);
    }
    // Lets the others run, as a message to itself does.
    send<Again>(me);
    co_await receive([](Again) {});
  }
}

// --- the load ----------------------------------------------------------------------------------

constexpr auto piece = 50us;
constexpr int busy_per_worker = 20;

Task<> busy(std::int64_t percent, int place) {
  const auto period = piece * busy_per_worker * 100 / percent;
  auto due = now() + period * place / busy_per_worker;
  for (;;) {
    // What a busy machine made late is not made good: that would be more load.
    const auto left = std::max<timing::Duration>(due - now(), 0ns);
    co_await sleep(left);
    const auto end = now() + piece;
    while (now() < end) bench::use(end);
    due = std::max(due + period, now());
  }
}

Task<double> measure(bool flood, std::int64_t percent, unsigned workers, std::int64_t count) {
  if (flood) {
    const Pid to = spawn(sink);
    spawn(flooder, to);
  } else {
    for (unsigned i = 0; i < workers * busy_per_worker; ++i)
      spawn(busy, percent, static_cast<int>(i) % busy_per_worker);
  }
  co_await sleep(100ms);
  co_return co_await bench::p99_of_due_calls(1ms, count);
}

}  // namespace

int main(int argc, char** argv) {
  const auto arguments = bench::parse(argc, argv, {.count = 6'000, .size = 80, .kind = "flood"});
  Runtime runtime{bench::options(arguments)};
  const double value = runtime.run(measure, arguments.kind == "flood", arguments.size,
                                   arguments.workers, arguments.count);
  bench::print(fmt::format("call_p99_{}", arguments.kind), value, "ms", bench::Better::lower,
               arguments.workers);
}
