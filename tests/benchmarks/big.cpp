// big: --size processes that each ping random others, one at a time, and answer the pings of the
// others meanwhile. The time of one message.
#include "bench.hpp"

#include <random>

using namespace coppice;

namespace {

struct Ping {
  Pid from;
};
struct Pong {};
struct Everybody {
  std::vector<Pid> pids;
};
struct Go {
  std::int64_t rounds;
};
struct Done {};

Task<> player(Pid driver, unsigned seed) {
  const Pid me = self();
  const Everybody everybody = co_await receive<Everybody>();
  std::minstd_rand random{seed};
  std::uniform_int_distribution<std::size_t> whom{0, everybody.pids.size() - 1};
  const auto answer = [](Ping ping) { return send<Pong>(ping.from), std::int64_t{0}; };
  for (;;) {
    std::int64_t rounds = 0;
    while (rounds == 0) rounds = co_await receive(answer, [](Go go) { return go.rounds; });
    for (std::int64_t i = 0; i < rounds; ++i) {
      Pid other = everybody.pids[whom(random)];
      while (other == me) other = everybody.pids[whom(random)];
      send<Ping>(other, me);
      for (std::int64_t got = 0; got == 0;)
        got = co_await receive(answer, [](Pong) { return std::int64_t{1}; });
    }
    send<Done>(driver);
  }
}

Task<> play(const std::vector<Pid>& players, std::int64_t rounds) {
  for (const Pid pid : players) send<Go>(pid, rounds);
  for (std::size_t i = 0; i < players.size(); ++i) co_await receive([](Done) {});
}

Task<double> measure(std::int64_t size, std::int64_t count) {
  std::vector<Pid> players;
  for (std::int64_t i = 0; i < size; ++i)
    players.push_back(spawn_link(player, self(), static_cast<unsigned>(i + 1)));
  for (const Pid pid : players) send<Everybody>(pid, players);
  const std::int64_t rounds = count / (2 * size);
  co_await play(players, rounds / 10 + 1);
  const bench::Stopwatch watch;
  co_await play(players, rounds);
  co_return watch.nanoseconds_each(rounds * 2 * size);
}

}  // namespace

int main(int argc, char** argv) {
  const auto arguments = bench::parse(argc, argv, {.count = 5'000'000, .size = 64});
  Runtime runtime{bench::options(arguments)};
  const double value = runtime.run(measure, arguments.size, arguments.count);
  bench::print("big", value, "ns/message", bench::Better::lower, arguments.workers);
}
