// skynet: a process starts ten, each of them ten, and so on down to --size leaves; the numbers of
// the leaves are summed on the way back. The time of one run, after a small one to warm up.
#include "bench.hpp"

using namespace coppice;

namespace {

struct Sum {
  std::int64_t value;
};

Task<> node(Pid parent, std::int64_t number, std::int64_t leaves) {
  if (leaves == 1) {
    send<Sum>(parent, number);
    co_return;
  }
  const Pid me = self();
  const std::int64_t share = leaves / 10;
  for (std::int64_t i = 0; i < 10; ++i) spawn(node, me, number + i * share, share);
  std::int64_t sum = 0;
  for (int i = 0; i < 10; ++i) sum += (co_await receive<Sum>()).value;
  send<Sum>(parent, sum);
}

Task<> run_once(std::int64_t leaves) {
  spawn(node, self(), 0, leaves);
  const Sum sum = co_await receive<Sum>();
  bench::check(sum.value == leaves * (leaves - 1) / 2, "the sum is right");
}

Task<double> measure(std::int64_t leaves) {
  co_await run_once(10'000);
  const bench::Stopwatch watch;
  co_await run_once(leaves);
  co_return watch.seconds();
}

}  // namespace

int main(int argc, char** argv) {
  const auto arguments = bench::parse(argc, argv, {.size = 1'000'000});
  Runtime runtime{bench::options(arguments)};
  const double value = runtime.run(measure, arguments.size);
  bench::print("skynet", value, "s", bench::Better::lower, arguments.workers);
}
