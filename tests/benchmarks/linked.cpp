// linked: --size processes linked in a chain, a star or a ring: how long until all have ended once
// one of them has been killed.
#include <string>

#include <coppice/base/sync.hpp>

#include "bench.hpp"

using namespace coppice;

namespace {

struct Never {};
struct Ready {};

Task<> wait_to_end() { co_await receive([](Never) {}); }

// Starts the next of the chain, and so on; the last one tells.
Task<> piece_of_chain(std::int64_t left, Pid whom) {
  if (left > 0)
    spawn_link(piece_of_chain, left - 1, whom);
  else
    send<Ready>(whom);
  co_await receive([](Never) {});
}

Task<> center_of_star(std::int64_t points, Pid whom) {
  for (std::int64_t i = 0; i < points; ++i) spawn_link(wait_to_end);
  send<Ready>(whom);
  co_await receive([](Never) {});
}

// Linked to the one before it; the first is told the last.
Task<> piece_of_ring(Pid before, Pid whom) {
  if (before) link(before);
  send<Ready>(whom);
  co_await receive([](Pid last) { link(last); });
  send<Ready>(whom);
  co_await receive([](Never) {});
}

Task<Pid> ring_of(std::int64_t size) {
  Pid first;
  Pid last;
  for (std::int64_t i = 0; i < size; ++i) {
    last = spawn(piece_of_ring, last, self());
    if (i == 0) first = last;
    co_await receive([](Ready) {});
  }
  send(first, last);
  co_await receive([](Ready) {});
  co_return first;
}

Task<Pid> build(std::string kind, std::int64_t size) {
  if (kind == "ring") co_return co_await ring_of(size);
  const Pid first = kind == "chain" ? spawn(piece_of_chain, size - 1, self())
                                    : spawn(center_of_star, size - 1, self());
  co_await receive([](Ready) {});
  co_return first;
}

}  // namespace

int main(int argc, char** argv) {
  const auto arguments = bench::parse(argc, argv, {.size = 100'000, .kind = "chain"});
  Runtime runtime{bench::options(arguments)};
  const Pid one = runtime.run(build, std::string{arguments.kind}, arguments.size);
  const std::uint64_t all = runtime.process_count();
  const auto linked = static_cast<std::uint64_t>(arguments.size);
  bench::check(all >= linked, "all processes live");
  const bench::Stopwatch watch;
  runtime.run([one]() -> Task<> {
    exit(one, ExitReason::kill());
    co_return;
  });
  while (runtime.process_count() > all - linked) base::yield_thread();
  bench::print("linked_" + std::string{arguments.kind}, watch.seconds() * 1e3, "ms",
               bench::Better::lower, arguments.workers);
  runtime.stop();
}
