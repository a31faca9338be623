// idle_server: the memory of a supervised GenServer with 8 bytes of state that has answered one
// call and now waits: growth of the resident memory of a fresh process, by --count servers.
#include "bench.hpp"

#include <coppice/supervision/dynamic_supervisor.hpp>
#include <coppice/supervision/supervisor_ref.hpp>

using namespace coppice;

namespace {

struct Get {};

class Idle : public GenServer {
 public:
  explicit Idle(std::int64_t value) : value_{value} {}
  std::int64_t handle_call(Get) { return value_; }

 private:
  std::int64_t value_;
};

class Idles : public DynamicSupervisor {
 public:
  ChildSpec child_spec(std::int64_t value) { return child<Idle>("idle", value); }
};

Task<ServerRef<Idle>> start_one(ServerRef<Idles> idles, std::int64_t value) {
  const StartedChild started = co_await idles.start_child(value);
  const ServerRef<Idle> server{started.value()};
  bench::check(co_await server.call<Get>() == value, "the server answers");
  co_return server;
}

Task<double> measure(std::int64_t count) {
  const auto idles = co_await start_link<Idles>();
  co_await start_one(idles, 0);
  const std::int64_t before = bench::resident_bytes();
  for (std::int64_t i = 0; i < count; ++i) co_await start_one(idles, i);
  co_return static_cast<double>(bench::resident_bytes() - before) / static_cast<double>(count);
}

}  // namespace

int main(int argc, char** argv) {
  const auto arguments = bench::parse(argc, argv, {.count = 100'000});
  Runtime runtime{bench::options(arguments)};
  const double value = runtime.run(measure, arguments.count);
  bench::print("idle_server", value, "bytes", bench::Better::lower, arguments.workers);
}
