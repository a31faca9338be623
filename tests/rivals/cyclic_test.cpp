// Processes that send to each other in circles run on, on one worker and on many.
#include <chrono>
#include <vector>

#include <coppice/core.hpp>

#include "processes.hpp"

using namespace coppice;
using namespace coppice::test;
using namespace std::chrono_literals;

namespace {

struct Neighbour {
  Pid pid;
};
struct Token {
  int hops;
};
struct Done {};

// Hands each token on until it has made all its hops; the token's end is told.
Task<> node(Pid owner) {
  const Pid next = (co_await receive<Neighbour>()).pid;
  for (;;)
    co_await receive([&](Token t) {
      if (t.hops == 0)
        send(owner, Done{});
      else
        send(next, Token{t.hops - 1});
    });
}

}  // namespace

TEST_CASE("rings of processes pass tokens round and round", "[rivals]") {
  const unsigned workers = GENERATE(1u, 2u, 4u, 8u);
  const int tokens = GENERATE(1, 7, 64);
  in_runtime(quiet(workers), [tokens]() -> Task<> {
    constexpr std::size_t count = 64;
    constexpr int hops = static_cast<int>(scaled(4'000, 400));
    std::vector<Pid> ring;
    for (std::size_t i = 0; i < count; ++i) ring.push_back(spawn_link(node, self()));
    for (std::size_t i = 0; i < count; ++i) send(ring[i], Neighbour{ring[(i + 1) % count]});
    for (int t = 0; t < tokens; ++t) send(ring[static_cast<std::size_t>(t) % count], Token{hops});
    for (int t = 0; t < tokens; ++t) co_await receive([](Done) {});
  });
}

TEST_CASE("all send to all, and each waits for the others", "[rivals]") {
  const unsigned workers = GENERATE(1u, 2u, 4u);
  in_runtime(quiet(workers), []() -> Task<> {
    constexpr int count = 24;
    constexpr int rounds = static_cast<int>(scaled(60, 15));
    const Pid owner = self();
    std::vector<Pid> all;
    for (int i = 0; i < count; ++i)
      all.push_back(spawn_link([owner]() -> Task<> {
        const std::vector<Pid> peers = co_await receive<std::vector<Pid>>();
        for (int r = 0; r < rounds; ++r) {
          for (const Pid p : peers) send(p, r);
          for (int n = 0; n < count; ++n) co_await receive(on<int>([r](int round) { return round == r; }, [](int) {}));
        }
        EXPECT(process_info(self()).message_queue_len == 0);
        send(owner, Done{});
      }));
    for (const Pid p : all) send(p, all);
    for (int i = 0; i < count; ++i) co_await receive([](Done) {});
  });
}
