// mailbox: what messages cost that go through a mailbox in which --size of them wait. The receiver
// sleeps until all have been sent, then takes them one by one. mailbox_send_N: a send while N wait,
// the last 100,000 of them (or the last tenth); mailbox_receive_N: a receive, over all, with its
// share of taking them in from the inbox.
#include "bench.hpp"

#include <algorithm>

using namespace coppice;

namespace {

struct Item {
  std::int64_t value;
};
struct Begin {
  std::int64_t items;
};
struct Done {
  std::int64_t sum;
};

Task<> receiver(Pid driver) {
  for (;;) {
    const Begin begin = co_await receive<Begin>();
    std::int64_t sum = 0;
    for (std::int64_t i = 0; i < begin.items; ++i)
      co_await receive([&](Item item) { sum += item.value; });
    send<Done>(driver, sum);
  }
}

struct Costs {
  double send;
  double receive;
};

// One worker that no spare stands in for, however long the sends take: the receiver does not run
// before the driver waits.
Task<Costs> go_through(Pid to, std::int64_t size) {
  const std::int64_t last = std::min<std::int64_t>(100'000, size / 10);
  send<Begin>(to, size);
  for (std::int64_t i = 0; i < size - last; ++i) send<Item>(to, 1);
  const bench::Stopwatch sends;
  for (std::int64_t i = 0; i < last; ++i) send<Item>(to, 1);
  const double sending = sends.nanoseconds_each(last);
  const bench::Stopwatch receives;
  const Done done = co_await receive<Done>();
  const double receiving = receives.nanoseconds_each(size);
  bench::check(done.sum == size, "every message has come");
  co_return Costs{sending, receiving};
}

// Short mailboxes are gone through as often as the messages of a long one fill them. The first time
// does not count: then the memory comes from the system.
Task<Costs> measure(std::int64_t size) {
  const Pid to = spawn_link(receiver, self());
  co_await go_through(to, size);
  const std::int64_t times = std::max<std::int64_t>(1, 1'000'000 / size);
  Costs sum{0, 0};
  for (std::int64_t i = 0; i < times; ++i) {
    const Costs one = co_await go_through(to, size);
    sum.send += one.send;
    sum.receive += one.receive;
  }
  co_return Costs{sum.send / static_cast<double>(times), sum.receive / static_cast<double>(times)};
}

}  // namespace

int main(int argc, char** argv) {
  const auto arguments = bench::parse(argc, argv, {.size = 10'000'000, .watch = false});
  Runtime runtime{bench::options(arguments)};
  const Costs costs = runtime.run(measure, arguments.size);
  bench::print(fmt::format("mailbox_send_{}", arguments.size), costs.send, "ns",
               bench::Better::lower, arguments.workers);
  bench::print(fmt::format("mailbox_receive_{}", arguments.size), costs.receive, "ns",
               bench::Better::lower, arguments.workers);
}
