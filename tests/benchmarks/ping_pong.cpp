// ping_pong: two processes that send one message to and fro; --size such pairs at once. The time of
// one message.
#include "bench.hpp"

using namespace coppice;

namespace {

struct Ping {
  Pid from;
};
struct Pong {};
struct Go {
  std::int64_t rounds;
};
struct Done {};

Task<> ponger() {
  for (;;) co_await receive([](Ping ping) { send<Pong>(ping.from); });
}

Task<> pinger(Pid driver) {
  const Pid me = self();
  const Pid other = spawn_link(ponger);
  for (;;) {
    const Go go = co_await receive<Go>();
    for (std::int64_t i = 0; i < go.rounds; ++i) {
      send<Ping>(other, me);
      co_await receive([](Pong) {});
    }
    send<Done>(driver);
  }
}

Task<> play(std::vector<Pid> pingers, std::int64_t rounds) {
  for (const Pid pid : pingers) send<Go>(pid, rounds);
  for (std::size_t i = 0; i < pingers.size(); ++i) co_await receive([](Done) {});
}

Task<double> measure(std::int64_t pairs, std::int64_t count) {
  std::vector<Pid> pingers;
  for (std::int64_t i = 0; i < pairs; ++i) pingers.push_back(spawn_link(pinger, self()));
  const std::int64_t rounds = count / (2 * pairs);
  co_await play(pingers, rounds / 10 + 1);
  const bench::Stopwatch watch;
  co_await play(pingers, rounds);
  co_return watch.nanoseconds_each(rounds * 2 * pairs);
}

}  // namespace

int main(int argc, char** argv) {
  const auto arguments = bench::parse(argc, argv, {.count = 10'000'000, .size = 1});
  Runtime runtime{bench::options(arguments)};
  const double value = runtime.run(measure, arguments.size, arguments.count);
  const std::string pairs = arguments.size == 1 ? "" : fmt::format("_{}", arguments.size);
  bench::print(fmt::format("ping_pong{}{}", pairs, arguments.watch ? "" : "_unwatched"), value,
               "ns/message", bench::Better::lower, arguments.workers);
}
