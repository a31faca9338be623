// idle_cpu: the processor's time that a program takes in which --size processes wait for a message
// and as many timers are armed, none of which is due, over --count milliseconds; in milliseconds a
// second.
#include "bench.hpp"

#include <chrono>
#include <ctime>
#include <thread>

using namespace coppice;
using namespace std::chrono_literals;

namespace {

struct Never {};

Task<> idle() {
  co_await receive([](Never) {});
}

Task<> start_all(std::int64_t count) {
  for (std::int64_t i = 0; i < count; ++i) send_after<Never>(1h + i * 1ms, spawn(idle));
  co_return;
}

double processor_milliseconds() {
  timespec time;
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
  return static_cast<double>(time.tv_sec) * 1e3 + static_cast<double>(time.tv_nsec) * 1e-6;
}

}  // namespace

int main(int argc, char** argv) {
  const auto arguments = bench::parse(argc, argv, {.count = 3'000, .size = 100'000});
  Runtime runtime{bench::options(arguments)};
  runtime.run(start_all, arguments.size);
  std::this_thread::sleep_for(1s);  // until all wait and the workers have gone to sleep
  const double before = processor_milliseconds();
  std::this_thread::sleep_for(std::chrono::milliseconds{arguments.count});
  const double used = processor_milliseconds() - before;
  bench::print("idle_cpu", used * 1e3 / static_cast<double>(arguments.count), "ms/s",
               bench::Better::lower, arguments.workers);
}
