// counting: one process floods another that counts; the time of one message.
// burst (--kind burst): the same in bursts of 1,000, each counted before the next; million messages
// a second.
#include "bench.hpp"

using namespace coppice;

namespace {

struct Increment {};
struct Get {
  Pid from;
};
struct Total {
  std::int64_t value;
};

Task<> counter() {
  std::int64_t value = 0;
  for (;;) {
    co_await receive([&](Increment) { ++value; }, [&](Get get) { send<Total>(get.from, value); });
  }
}

// `count` messages in batches; after each the total is asked for.
Task<> flood(Pid to, std::int64_t count, std::int64_t batch, std::int64_t& total) {
  const Pid me = self();
  for (std::int64_t sent = 0; sent < count; sent += batch) {
    for (std::int64_t i = 0; i < batch; ++i) send<Increment>(to);
    send<Get>(to, me);
    const std::int64_t now_counted = (co_await receive<Total>()).value;
    total += batch;
    bench::check(now_counted == total, "every message was counted");
  }
}

Task<double> measure(std::int64_t count, std::int64_t batch) {
  const Pid to = spawn_link(counter);
  std::int64_t total = 0;
  co_await flood(to, 2 * batch, batch, total);
  const std::int64_t before = total;
  const bench::Stopwatch watch;
  co_await flood(to, count, batch, total);
  co_return watch.nanoseconds_each(total - before);
}

}  // namespace

int main(int argc, char** argv) {
  const auto arguments = bench::parse(argc, argv, {.count = 10'000'000});
  const bool burst = arguments.kind == "burst";
  Runtime runtime{bench::options(arguments)};
  const double nanoseconds = runtime.run(measure, arguments.count, burst ? 1'000 : 1'000'000);
  if (burst)
    bench::print("burst", 1e3 / nanoseconds, "M messages/s", bench::Better::higher,
                 arguments.workers);
  else
    bench::print("counting", nanoseconds, "ns/message", bench::Better::lower, arguments.workers);
}
