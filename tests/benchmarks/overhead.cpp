// overhead: the runtime's own share at half load. Processes that each work for 100 us of the
// processor's time and sleep, so that half of what the workers could do is done, for --count
// milliseconds; what the program took of the processor beyond the work, as a share of the work, in
// percent. overhead_plain is the same of plain threads, as many as workers, that sleep and work by
// turns without any runtime: what the system takes for putting a thread to sleep and waking it so
// often. overhead_total is what the processes took, overhead what they took beyond the plain threads.
#include "bench.hpp"

#include <algorithm>
#include <chrono>
#include <ctime>
#include <thread>
#include <vector>

using namespace coppice;
using namespace std::chrono_literals;

namespace {

constexpr auto piece = 100us;
constexpr auto turn = 2 * piece;
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
  const auto period = turn * processes_per_worker;
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

double share_beyond(std::chrono::nanoseconds worked, std::chrono::nanoseconds all) {
  bench::check(worked > 0ns, "work was done");
  return 100.0 * static_cast<double>((all - worked).count()) / static_cast<double>(worked.count());
}

Task<double> measure(unsigned workers, std::chrono::milliseconds length) {
  const int processes = processes_per_worker * static_cast<int>(workers);
  const auto before = processor_time(CLOCK_PROCESS_CPUTIME_ID);
  const auto end = now() + length;
  for (int i = 0; i < processes; ++i) spawn_link(worker, self(), end, i % processes_per_worker);
  std::chrono::nanoseconds worked{0};
  for (int i = 0; i < processes; ++i) {
    const Worked one = co_await receive<Worked>();
    worked += one.time;
  }
  co_return share_beyond(worked, processor_time(CLOCK_PROCESS_CPUTIME_ID) - before);
}

double measure_plain(unsigned threads, std::chrono::milliseconds length) {
  std::vector<std::chrono::nanoseconds> worked(threads);
  const auto before = processor_time(CLOCK_PROCESS_CPUTIME_ID);
  {
    std::vector<std::jthread> running;
    for (auto& sum : worked)
      running.emplace_back([&sum, length] {
        const auto begin = std::chrono::steady_clock::now();
        for (auto due = begin; due < begin + length; due = std::max(due + turn, std::chrono::steady_clock::now())) {
          std::this_thread::sleep_until(due);
          sum += work();
        }
      });
  }
  const auto all = processor_time(CLOCK_PROCESS_CPUTIME_ID) - before;
  std::chrono::nanoseconds sum{0};
  for (const auto one : worked) sum += one;
  return share_beyond(sum, all);
}

}  // namespace

int main(int argc, char** argv) {
  const auto arguments = bench::parse(argc, argv, {.count = 2'000});
  const std::chrono::milliseconds length{arguments.count};
  const double plain = measure_plain(arguments.workers, length);
  Runtime runtime{bench::options(arguments)};
  const double total = runtime.run(measure, arguments.workers, length);
  const auto print = [&](std::string_view name, double value) {
    bench::print(name, value, "%", bench::Better::lower, arguments.workers);
  };
  print("overhead", total - plain);
  print("overhead_total", total);
  print("overhead_plain", plain);
}
