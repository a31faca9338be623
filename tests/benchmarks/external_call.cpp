// external_call: a call from a plain thread, which blocks until the reply has come.
#include "bench.hpp"

using namespace coppice;
using namespace std::chrono_literals;

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

}  // namespace

int main(int argc, char** argv) {
  const auto arguments = bench::parse(argc, argv, {.count = 100'000});
  Runtime runtime{bench::options(arguments)};
  const ServerRef<Counter> server = runtime.start<Counter>();
  const auto call_often = [&](std::int64_t count) {
    std::int64_t last = 0;
    for (std::int64_t i = 0; i < count; ++i) last = runtime.call<Add>(server, 5s, 1);
    return last;
  };
  bench::check(call_often(arguments.count / 10) == arguments.count / 10, "every call was counted");
  const bench::Stopwatch watch;
  bench::use(call_often(arguments.count));
  const double value = watch.microseconds_each(arguments.count);
  bench::print("external_call", value, "us", bench::Better::lower, arguments.workers);
}
