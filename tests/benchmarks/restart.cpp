// restart_throw (--kind throw): a supervised server crashes by an exception and is restarted;
// restart_exit (--kind exit): it ends with an exit reason instead. From the cast that makes it
// crash until the new one has been constructed and says so.
// --size N: after N restarts within the supervisor's period.
#include "bench.hpp"
#include "restarter.hpp"

using namespace coppice;
using namespace bench;

namespace {

Task<ServerRef<Fragile>> next_start() {
  const Started started = co_await receive<Started>();
  co_return ServerRef<Fragile>{started.pid};
}

template <class Crash>
Task<ServerRef<Fragile>> restart_often(ServerRef<Fragile> server, std::int64_t count) {
  for (std::int64_t i = 0; i < count; ++i) {
    server.cast<Crash>();
    server = co_await next_start();
  }
  co_return server;
}

template <class Crash>
Task<double> measure(std::int64_t before, std::int64_t count) {
  co_await start_link<Restarter>(self());
  const auto first = co_await next_start();
  const auto warm = co_await restart_often<Crash>(first, before + count / 10);
  const bench::Stopwatch watch;
  co_await restart_often<Crash>(warm, count);
  co_return watch.microseconds_each(count);
}

}  // namespace

int main(int argc, char** argv) {
  const auto arguments = bench::parse(argc, argv, {.count = 300'000, .kind = "exit"});
  Runtime runtime{bench::options(arguments)};
  const double value = arguments.kind == "throw"
                           ? runtime.run(measure<Throw>, arguments.size, arguments.count)
                           : runtime.run(measure<Stop>, arguments.size, arguments.count);
  const std::string after = arguments.size == 0 ? "" : fmt::format("_after_{}", arguments.size);
  bench::print(fmt::format("restart_{}{}", arguments.kind, after), value, "us",
               bench::Better::lower, arguments.workers);
}
