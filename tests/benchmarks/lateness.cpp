// lateness: --size timers of random expiry within --count milliseconds, all armed at once; how late
// their messages are received, the 99th percentile in milliseconds.
#include "bench.hpp"

#include <algorithm>
#include <chrono>

#include <coppice/process/random_number.hpp>

using namespace coppice;
using namespace std::chrono_literals;

namespace {

using Milliseconds = std::chrono::duration<double, std::milli>;

struct Tick {
  timing::Instant due;
};

Task<double> measure(std::int64_t timers, std::int64_t milliseconds) {
  // Arming a million takes a while: none is due before.
  const auto begin = now() + 1s;
  const auto span = static_cast<std::uint64_t>(milliseconds) * 1'000;
  for (std::int64_t i = 0; i < timers; ++i) {
    const auto due = begin + std::chrono::microseconds{random_number(span)};
    send_after<Tick>(std::max<timing::Duration>(due - now(), 0ns), self(), due);
  }
  bench::check(now() < begin, "all timers are armed before the first is due");
  std::vector<double> late;
  late.reserve(static_cast<std::size_t>(timers));
  for (std::int64_t i = 0; i < timers; ++i)
    co_await receive([&](Tick tick) { late.push_back(Milliseconds{now() - tick.due}.count()); });
  std::ranges::sort(late);
  bench::check(late.front() >= 0, "no timer is early");
  co_return late[late.size() * 99 / 100];
}

}  // namespace

int main(int argc, char** argv) {
  const auto arguments = bench::parse(argc, argv, {.count = 4'000, .size = 1'000'000});
  Runtime runtime{bench::options(arguments)};
  const double value = runtime.run(measure, arguments.size, arguments.count);
  bench::print("timer_lateness", value, "ms", bench::Better::lower, arguments.workers);
}
