// receive_backlog: what a receive or a call costs while --size other messages wait in the mailbox.
// --kind type: by type, the others being of another type; ref: by a fresh reference, the others
// being of the same type with another reference; call: a GenServer's call. The time of sending
// oneself the message and receiving it, or of the call.
#include "bench.hpp"

using namespace coppice;

namespace {

struct Other {
  std::int64_t number;
};
struct Wanted {
  std::int64_t number;
};
struct Answer {
  Reference ref;
  std::int64_t number;
};
struct Get {};

class Server : public GenServer {
 public:
  std::int64_t handle_call(Get) { return ++value_; }

 private:
  std::int64_t value_ = 0;
};

enum class Kind : std::uint8_t { type, ref, call };

Task<std::int64_t> receive_by_type(std::int64_t count) {
  const Pid me = self();
  std::int64_t sum = 0;
  for (std::int64_t i = 0; i < count; ++i) {
    send<Wanted>(me, i);
    sum += co_await receive([](Wanted m) { return m.number; });
  }
  co_return sum;
}

Task<std::int64_t> receive_by_reference(std::int64_t count) {
  const Pid me = self();
  std::int64_t sum = 0;
  for (std::int64_t i = 0; i < count; ++i) {
    const Reference ref = make_ref();
    send<Answer>(me, ref, i);
    sum +=
        co_await receive(on<Answer>(field(&Answer::ref) == ref, [](Answer a) { return a.number; }));
  }
  co_return sum;
}

Task<std::int64_t> call_often(ServerRef<Server> server, std::int64_t count) {
  std::int64_t sum = 0;
  for (std::int64_t i = 0; i < count; ++i) sum += co_await server.call<Get>();
  co_return sum;
}

Task<std::int64_t> work(Kind kind, ServerRef<Server> server, std::int64_t count) {
  if (kind == Kind::type) co_return co_await receive_by_type(count);
  if (kind == Kind::ref) co_return co_await receive_by_reference(count);
  co_return co_await call_often(server, count);
}

void fill(Kind kind, std::int64_t waiting) {
  const Pid me = self();
  const Reference other = make_ref();
  for (std::int64_t i = 0; i < waiting; ++i) {
    if (kind == Kind::ref)
      send<Answer>(me, other, i);
    else
      send<Other>(me, i);
  }
}

Task<double> measure(Kind kind, std::int64_t waiting, std::int64_t count) {
  const auto server = co_await start_link<Server>();
  fill(kind, waiting);
  bench::use(co_await work(kind, server, count / 10));
  const bench::Stopwatch watch;
  bench::use(co_await work(kind, server, count));
  const double value = watch.nanoseconds_each(count);
  bench::check(process_info(self()).message_queue_len == static_cast<std::size_t>(waiting),
               "the others still wait");
  co_return value;
}

}  // namespace

int main(int argc, char** argv) {
  const auto arguments = bench::parse(argc, argv, {.count = 1'000'000, .kind = "type"});
  const Kind kind = arguments.kind == "ref"    ? Kind::ref
                    : arguments.kind == "call" ? Kind::call
                                               : Kind::type;
  Runtime runtime{bench::options(arguments)};
  const double value = runtime.run(measure, kind, arguments.size, arguments.count);
  bench::print(fmt::format("receive_backlog_{}_{}", arguments.kind, arguments.size), value, "ns",
               bench::Better::lower, arguments.workers);
}
