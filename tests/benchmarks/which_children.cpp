// which_children: asking a dynamic supervisor of --size children for all of them: the time of the
// call, and which_children_pause: the longest that another who asks it for one child waits
// meanwhile. Milliseconds; --count calls, of which the median.
#include "bench.hpp"

#include <algorithm>

#include <coppice/supervision/dynamic_supervisor.hpp>
#include <coppice/supervision/supervisor_ref.hpp>

using namespace coppice;

namespace {

class Worker : public GenServer {};

class Workers : public DynamicSupervisor {
 public:
  ChildSpec child_spec() { return child<Worker>("worker"); }
};

struct Begin {};
struct End {};
struct Longest {
  double milliseconds;
};

double median(std::vector<double> values) {
  std::ranges::sort(values);
  return values[values.size() / 2];
}

// Asks for one child again and again, until it is told to end.
Task<> asker(ServerRef<Workers> workers, Pid one, Pid driver) {
  for (;;) {
    co_await receive([](Begin) {});
    double longest = 0;
    for (bool more = true; more;) {
      const bench::Stopwatch watch;
      const ChildInfo info = co_await workers.which_child(one);
      bench::use(info);
      longest = std::max(longest, watch.seconds() * 1e3);
      more = co_await receive([](End) { return false; },
                              after(std::chrono::seconds{0}, [] { return true; }));
    }
    send<Longest>(driver, longest);
  }
}

struct Times {
  double call;
  double pause;
};

Task<Times> measure(std::int64_t size, std::int64_t count) {
  const auto workers = co_await start_link<Workers>();
  Pid one;
  for (std::int64_t i = 0; i < size; ++i) {
    const StartedChild started = co_await workers.start_child();
    one = started.value();
  }
  const Pid other = spawn_link(asker, workers, one, self());
  std::vector<double> calls;
  std::vector<double> pauses;
  for (std::int64_t i = 0; i < count; ++i) {
    send<Begin>(other);
    co_await sleep(std::chrono::milliseconds{1});
    const bench::Stopwatch watch;
    const std::vector<ChildInfo> all = co_await workers.which_children();
    calls.push_back(watch.seconds() * 1e3);
    bench::check(all.size() == static_cast<std::size_t>(size), "all children are listed");
    send<End>(other);
    const Longest longest = co_await receive<Longest>();
    pauses.push_back(longest.milliseconds);
  }
  co_return Times{median(calls), median(pauses)};
}

}  // namespace

int main(int argc, char** argv) {
  const auto arguments = bench::parse(argc, argv, {.count = 11, .size = 100'000});
  Runtime runtime{bench::options(arguments)};
  const Times times = runtime.run(measure, arguments.size, arguments.count);
  bench::print("which_children", times.call, "ms", bench::Better::lower, arguments.workers);
  bench::print("which_children_pause", times.pause, "ms", bench::Better::lower, arguments.workers);
}
