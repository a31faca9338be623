// call: a GenServer's call and its reply, with the usual timeout of 5 s. The time from before the
// call to after the reply.
#include "bench.hpp"

using namespace coppice;

namespace {

struct Add {
  std::int64_t by;
};

class Counter : public GenServer {
 public:
  std::int64_t handle_call(Add add) { return value_ += add.by; }

 private:
  std::int64_t value_ = 0;
};

Task<> call_often(ServerRef<Counter> server, std::int64_t count) {
  std::int64_t last = co_await server.call<Add>(0);
  const std::int64_t wanted = last + count;
  for (std::int64_t i = 0; i < count; ++i) last = co_await server.call<Add>(1);
  bench::check(last == wanted, "every call was counted");
}

Task<double> measure(std::int64_t count) {
  const auto server = co_await start_link<Counter>();
  co_await call_often(server, count / 10);
  const bench::Stopwatch watch;
  co_await call_often(server, count);
  co_return watch.nanoseconds_each(count);
}

}  // namespace

int main(int argc, char** argv) {
  const auto arguments = bench::parse(argc, argv, {.count = 3'000'000});
  Runtime runtime{bench::options(arguments)};
  const double value = runtime.run(measure, arguments.count);
  bench::print("call", value, "ns", bench::Better::lower, arguments.workers);
}
