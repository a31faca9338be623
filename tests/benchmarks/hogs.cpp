// hogs: what calls between other processes take while --size processes hold their threads, --kind
// spinning or blocked in a system call, for 100 ms at a time: from when the call was due, so that
// the wake-up counts, until its reply. The 99th percentile, in milliseconds.
#include "bench.hpp"
#include "due_calls.hpp"

#include <chrono>

#include <poll.h>

using namespace coppice;
using namespace std::chrono_literals;

namespace {

struct Again {};

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

Task<double> measure(bool blocked, std::int64_t hogs, std::int64_t count) {
  for (std::int64_t i = 0; i < hogs; ++i) blocked ? spawn(block) : spawn(spin);
  co_await sleep(50ms);
  co_return co_await bench::p99_of_due_calls(2ms, count);
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
