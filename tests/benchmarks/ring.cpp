// ring: one token goes round --size processes; the time of one hop.
#include "bench.hpp"

using namespace coppice;

namespace {

struct Token {
  std::int64_t hops;
};
struct Done {};

Task<> member(Pid next, Pid driver) {
  for (;;) {
    const Token token = co_await receive<Token>();
    if (token.hops == 0)
      send<Done>(driver);
    else
      send<Token>(next, token.hops - 1);
  }
}

struct After {
  Pid pid;
};
// The one that closes the ring hears who comes after it when all are there.
Task<> first_member(Pid driver) {
  const Pid next = (co_await receive<After>()).pid;
  co_await member(next, driver);
}

Task<double> measure(std::int64_t size, std::int64_t count) {
  const Pid first = spawn_link(first_member, self());
  Pid next = first;
  for (std::int64_t i = 1; i < size; ++i) next = spawn_link(member, next, self());
  send<After>(first, next);
  send<Token>(first, count / 10);
  co_await receive([](Done) {});
  const bench::Stopwatch watch;
  send<Token>(first, count);
  co_await receive([](Done) {});
  co_return watch.nanoseconds_each(count);
}

}  // namespace

int main(int argc, char** argv) {
  const auto arguments = bench::parse(argc, argv, {.count = 5'000'000, .size = 503});
  Runtime runtime{bench::options(arguments)};
  const double value = runtime.run(measure, arguments.size, arguments.count);
  bench::print("ring", value, "ns/hop", bench::Better::lower, arguments.workers);
}
