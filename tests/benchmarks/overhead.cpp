// overhead: the runtime's own share at half load. Processes that each work for 100 us of the
// processor's time and sleep, so that half of what the workers could do is done, for --count
// milliseconds; what the program took of the processor beyond the work, as a share of the work, in
// percent.
#include "bench.hpp"

#include <algorithm>
#include <chrono>
#include <ctime>

using namespace coppice;
using namespace std::chrono_literals;

namespace {

constexpr auto piece = 100us;
constexpr int processes_per_worker = 10;

std::chrono::nanoseconds processor_time(clockid_t clock) {
  timespec time;
  clock_gettime(clock, &time);
  return std::chrono::seconds{time.tv_sec} + std::chrono::nanoseconds{time.tv_nsec};
}

// Works until the thread has had so much of the processor; looks seldom, since a look costs.
std::chrono::nanoseconds work() {
  const auto begin = processor_time(CLOCK_THREAD_CPUTIME_ID);
  std::uint64_t state = 1;
  for (;;) {
    for (int i = 0; i < 4'000; ++i) state = state * 6364136223846793005u + 1442695040888963407u;
    bench::use(state);
    const auto worked = processor_time(CLOCK_THREAD_CPUTIME_ID) - begin;
    if (worked >= piece) return worked;
  }
}

struct Worked {
  std::chrono::nanoseconds time;
};

Task<> worker(Pid driver, timing::Instant end, int place) {
  const auto period = 2 * piece * processes_per_worker;
  auto due = now() + period * place / processes_per_worker;
  std::chrono::nanoseconds sum{0};
  while (due < end) {
    const auto left = std::max<timing::Duration>(due - now(), 0ns);
    co_await sleep(left);
    sum += work();
    due = std::max(due + period, now());
  }
  send<Worked>(driver, sum);
}

Task<double> measure(unsigned workers, std::int64_t milliseconds) {
  const int processes = processes_per_worker * static_cast<int>(workers);
  const auto before = processor_time(CLOCK_PROCESS_CPUTIME_ID);
  const auto end = now() + milliseconds * 1ms;
  for (int i = 0; i < processes; ++i) spawn_link(worker, self(), end, i % processes_per_worker);
  std::chrono::nanoseconds worked{0};
  for (int i = 0; i < processes; ++i) {
    const Worked one = co_await receive<Worked>();
    worked += one.time;
  }
  const auto all = processor_time(CLOCK_PROCESS_CPUTIME_ID) - before;
  bench::check(worked > 0ns, "work was done");
  co_return 100.0 * static_cast<double>((all - worked).count()) / static_cast<double>(worked.count());
}

}  // namespace

int main(int argc, char** argv) {
  const auto arguments = bench::parse(argc, argv, {.count = 2'000});
  Runtime runtime{bench::options(arguments)};
  const double value = runtime.run(measure, arguments.workers, arguments.count);
  bench::print("overhead", value, "%", bench::Better::lower, arguments.workers);
}
