// timer: send_after and cancel_timer, with --size other timers armed. The time of both together.
#include "bench.hpp"

using namespace coppice;
using namespace std::chrono_literals;

namespace {

struct Tick {
  std::int64_t number;
};

void arm_and_cancel(std::int64_t count) {
  const Pid me = self();
  for (std::int64_t i = 0; i < count; ++i)
    bench::check(cancel_timer(send_after<Tick>(10s, me, i)).has_value(), "the timer was armed");
}

Task<double> measure(std::int64_t armed, std::int64_t count) {
  for (std::int64_t i = 0; i < armed; ++i) send_after<Tick>(1h + i * 1ms, self(), i);
  arm_and_cancel(count / 10);
  const bench::Stopwatch watch;
  arm_and_cancel(count);
  co_return watch.nanoseconds_each(count);
}

}  // namespace

int main(int argc, char** argv) {
  const auto arguments = bench::parse(argc, argv, {.count = 5'000'000});
  Runtime runtime{bench::options(arguments)};
  const double value = runtime.run(measure, arguments.size, arguments.count);
  bench::print(arguments.size == 0 ? "timer" : fmt::format("timer_{}", arguments.size), value, "ns",
               bench::Better::lower, arguments.workers);
}
