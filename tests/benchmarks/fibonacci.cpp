// fibonacci (Savina): the --size-th Fibonacci number, each process starting two for the two before
// it and adding what they answer. The time of one process.
#include "bench.hpp"

using namespace coppice;

namespace {

struct Sum {
  std::int64_t value;
};

Task<> fibonacci(Pid parent, std::int64_t n) {
  std::int64_t sum = 1;
  if (n > 2) {
    const Pid me = self();
    spawn(fibonacci, me, n - 1);
    spawn(fibonacci, me, n - 2);
    sum = (co_await receive<Sum>()).value;
    sum += (co_await receive<Sum>()).value;
  }
  send<Sum>(parent, sum);
}

// What the processes of it compute, and how many they are.
struct Tree {
  std::int64_t value = 1;
  std::int64_t processes = 1;
};
Tree tree_of(std::int64_t n) {
  Tree before;
  Tree tree;
  for (std::int64_t i = 2; i < n; ++i)
    before = std::exchange(tree, {tree.value + before.value, tree.processes + before.processes + 1});
  return tree;
}

Task<> run_once(std::int64_t n, std::int64_t wanted) {
  spawn(fibonacci, self(), n);
  const Sum sum = co_await receive<Sum>();
  bench::check(sum.value == wanted, "the sum is right");
}

Task<double> measure(std::int64_t n) {
  co_await run_once(n - 5, tree_of(n - 5).value);
  const Tree tree = tree_of(n);
  const bench::Stopwatch watch;
  co_await run_once(n, tree.value);
  co_return watch.nanoseconds_each(tree.processes);
}

}  // namespace

int main(int argc, char** argv) {
  const auto arguments = bench::parse(argc, argv, {.size = 27});
  Runtime runtime{bench::options(arguments)};
  const double value = runtime.run(measure, arguments.size);
  bench::print("fibonacci", value, "ns/process", bench::Better::lower, arguments.workers);
}
