// cast: messages to a GenServer that nobody answers, in floods of 100,000, each waited for with a
// call. The time of one.
#include "bench.hpp"

using namespace coppice;

namespace {

constexpr std::int64_t batch = 100'000;

struct Add {
  std::int64_t by;
};
struct Get {};

class Counter : public GenServer {
 public:
  void handle_cast(Add add) { value_ += add.by; }
  std::int64_t handle_call(Get) { return value_; }

 private:
  std::int64_t value_ = 0;
};

Task<std::int64_t> cast_often(ServerRef<Counter> server, std::int64_t count) {
  std::int64_t sent = 0;
  std::int64_t value = co_await server.call<Get>();
  const std::int64_t before = value;
  while (sent < count) {
    for (std::int64_t i = 0; i < batch; ++i) server.cast<Add>(1);
    sent += batch;
    value = co_await server.call<Get>();
  }
  bench::check(value == before + sent, "every cast was counted");
  co_return sent;
}

Task<double> measure(std::int64_t count) {
  const auto server = co_await start_link<Counter>();
  co_await cast_often(server, count / 10);
  const bench::Stopwatch watch;
  const std::int64_t sent = co_await cast_often(server, count);
  co_return watch.nanoseconds_each(sent);
}

}  // namespace

int main(int argc, char** argv) {
  const auto arguments = bench::parse(argc, argv, {.count = 10'000'000});
  Runtime runtime{bench::options(arguments)};
  const double value = runtime.run(measure, arguments.count);
  bench::print("cast", value, "ns", bench::Better::lower, arguments.workers);
}
