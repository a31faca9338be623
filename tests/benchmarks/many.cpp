// many: --count processes that wait in a receive: the resident memory of the whole program, and how
// long it takes to stop them all. --kind mixed: a third each in a receive, in a sleep, and as idle
// servers; how long it takes to stop those.
#include <chrono>

#include "bench.hpp"

using namespace coppice;

namespace {

struct Never {};

Task<> idle() {
  co_await receive([](Never) {});
}
struct Ready {};
// The last of a batch says when all of it has begun to wait.
Task<> idle_and_tell(Pid whom) {
  send<Ready>(whom);
  co_await receive([](Never) {});
}

Task<> asleep() {
  co_await sleep(std::chrono::hours{24});
}
struct Get {};
class Idle : public GenServer {
 public:
  std::int64_t handle_call(Get) { return 1; }
};

Task<std::int64_t> start_mixed(std::int64_t count) {
  for (std::int64_t i = 0; i < count / 3; ++i) {
    spawn(idle);
    spawn(asleep);
    bench::use(co_await start<Idle>());
  }
  co_return bench::resident_bytes();
}

Task<std::int64_t> start_all(std::int64_t count) {
  constexpr std::int64_t batch = 10'000;
  const Pid me = self();
  for (std::int64_t i = 1; i <= count; ++i) {
    if (i % batch != 0 && i != count) {
      spawn(idle);
      continue;
    }
    spawn(idle_and_tell, me);
    co_await receive([](Ready) {});
  }
  co_return bench::resident_bytes();
}

}  // namespace

int main(int argc, char** argv) {
  const auto arguments = bench::parse(argc, argv, {.count = 10'000'000, .kind = "receive"});
  const bool mixed = arguments.kind == "mixed";
  Runtime runtime{bench::options(arguments)};
  const std::int64_t bytes = runtime.run(mixed ? start_mixed : start_all, arguments.count);
  bench::check(runtime.process_count() >= static_cast<std::uint64_t>(arguments.count / 3 * 3),
               "all processes live");
  const bench::Stopwatch watch;
  runtime.stop();
  const double seconds = watch.seconds();
  if (mixed) {
    bench::print("mixed_stop", seconds, "s", bench::Better::lower, arguments.workers);
    return 0;
  }
  bench::print("many_memory", static_cast<double>(bytes) / (1024.0 * 1024 * 1024), "GiB",
               bench::Better::lower, arguments.workers);
  bench::print("many_stop", seconds, "s", bench::Better::lower, arguments.workers);
}
