// spawn_exit: starting a process, sending it one message, on which it ends, with --size other
// processes that live and wait. In batches of 100; the last to end says so, and only then the next
// batch begins.
#include "bench.hpp"

#include <atomic>

using namespace coppice;

namespace {

constexpr std::int64_t batch = 100;

struct End {};
struct Ended {};

std::atomic<std::int64_t> left_of_batch{0};

Task<> short_life(Pid spawner) {
  co_await receive([](End) {});
  if (left_of_batch.fetch_sub(1, std::memory_order_relaxed) == 1) send<Ended>(spawner);
}
Task<> idle() {
  co_await receive([](End) {});
}

Task<> spawn_often(std::int64_t count) {
  const Pid me = self();
  for (std::int64_t done = 0; done < count; done += batch) {
    left_of_batch = batch;
    for (std::int64_t i = 0; i < batch; ++i) send<End>(spawn(short_life, me));
    co_await receive([](Ended) {});
  }
}

Task<double> measure(std::int64_t live, std::int64_t count) {
  for (std::int64_t i = 0; i < live; ++i) spawn(idle);
  co_await spawn_often(count / 10);
  const bench::Stopwatch watch;
  co_await spawn_often(count);
  const double value = watch.nanoseconds_each(count);
  bench::check(runtime().process_count() < static_cast<std::uint64_t>(live + 2 * batch),
               "the processes have ended");
  co_return value;
}

}  // namespace

int main(int argc, char** argv) {
  const auto arguments = bench::parse(argc, argv, {.count = 2'000'000, .size = 100});
  Runtime runtime{bench::options(arguments)};
  const double value = runtime.run(measure, arguments.size, arguments.count);
  bench::print(arguments.size == 100 ? "spawn_exit" : fmt::format("spawn_exit_{}", arguments.size),
               value, "ns", bench::Better::lower, arguments.workers);
}
