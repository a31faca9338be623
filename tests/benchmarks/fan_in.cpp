// fan_in: --size producers flood one consumer, 1,000,000 messages in all at a time; million
// messages a second.
#include "bench.hpp"

using namespace coppice;

namespace {

constexpr std::int64_t round = 1'000'000;

struct Item {
  std::int64_t value;
};
struct Go {};
struct Done {
  std::int64_t sum;
};

Task<> consumer(Pid driver, std::int64_t items) {
  for (;;) {
    std::int64_t sum = 0;
    for (std::int64_t i = 0; i < items; ++i) sum += (co_await receive<Item>()).value;
    send<Done>(driver, sum);
  }
}

Task<> producer(Pid to, std::int64_t items) {
  for (;;) {
    co_await receive([](Go) {});
    for (std::int64_t i = 0; i < items; ++i) send<Item>(to, 1);
  }
}

Task<> flood(std::vector<Pid> producers, std::int64_t items, std::int64_t rounds) {
  for (std::int64_t i = 0; i < rounds; ++i) {
    for (const Pid pid : producers) send<Go>(pid);
    bench::check((co_await receive<Done>()).sum == items, "every message has come");
  }
}

Task<double> measure(std::int64_t size, std::int64_t count) {
  const std::int64_t share = round / size;
  const Pid to = spawn_link(consumer, self(), share * size);
  std::vector<Pid> producers;
  for (std::int64_t i = 0; i < size; ++i) producers.push_back(spawn_link(producer, to, share));
  co_await flood(producers, share * size, 2);
  const std::int64_t rounds = count / round;
  const bench::Stopwatch watch;
  co_await flood(producers, share * size, rounds);
  co_return 1e3 / watch.nanoseconds_each(rounds * share * size);
}

}  // namespace

int main(int argc, char** argv) {
  const auto arguments = bench::parse(argc, argv, {.count = 10'000'000, .size = 8});
  Runtime runtime{bench::options(arguments)};
  const double value = runtime.run(measure, arguments.size, arguments.count);
  bench::print("fan_in", value, "M messages/s", bench::Better::higher, arguments.workers);
}
