// dynamic_children: --count children of a dynamic supervisor, started one after the other by calls
// to it and stopped with it: the time of each start and of each stop.
#include "bench.hpp"

#include <coppice/supervision/dynamic_supervisor.hpp>
#include <coppice/supervision/supervisor_ref.hpp>

using namespace coppice;

namespace {

class Worker : public GenServer {
 public:
  explicit Worker(std::int64_t number) : number_{number} { bench::use(number_); }

 private:
  std::int64_t number_;
};

class Workers : public DynamicSupervisor {
 public:
  ChildSpec child_spec(std::int64_t number) { return child<Worker>("worker", number); }
};

struct Times {
  double start;
  double stop;
};

Task<Times> start_and_stop(std::int64_t count) {
  const auto workers = co_await start_link<Workers>();
  const bench::Stopwatch starting;
  for (std::int64_t i = 0; i < count; ++i) co_await workers.start_child(i);
  const double start = starting.microseconds_each(count);
  const bench::Stopwatch stopping;
  co_await workers.stop();
  const double stop = stopping.microseconds_each(count);
  co_return Times{start, stop};
}

Task<Times> measure(std::int64_t count) {
  co_await start_and_stop(count / 10);
  co_return co_await start_and_stop(count);
}

}  // namespace

int main(int argc, char** argv) {
  const auto arguments = bench::parse(argc, argv, {.count = 100'000});
  Runtime runtime{bench::options(arguments)};
  const Times times = runtime.run(measure, arguments.count);
  bench::print("dynamic_children_start", times.start, "us", bench::Better::lower,
               arguments.workers);
  bench::print("dynamic_children_stop", times.stop, "us", bench::Better::lower, arguments.workers);
}
