// instructions: each of the ways that most work takes, --count times, for instructions.py to count
// the instructions of a short and of a longer run; what one operation takes is in the difference.
//
// --kind send: to a process that does not run meanwhile; receive: the same, and that one receives
// them all (instructions.py takes the one from the other); call and cast: to a GenServer, until it
// has handled them; spawn_exit: a process starts and ends at once; restart: a server stops with a
// reason and its supervisor starts it again. --kind build prints the compiler and how it optimised.
//
// One worker, nobody who watches it for stalls, and no end of the runtime: what is left of a run
// would be counted too.
#include "bench.hpp"
#include "restarter.hpp"

#include <chrono>
#include <cstdio>
#include <cstdlib>

using namespace coppice;
using namespace std::chrono_literals;

namespace {

// So many fit into the blocks that the warm-up has left.
constexpr std::int64_t warm = 20'000;
constexpr std::int64_t batch = 1'000;

struct Item {
  std::int64_t value;
};
struct Done {};

Task<> receiver(Pid driver) {
  for (;;) {
    const std::int64_t wanted = (co_await receive<Item>()).value;
    for (std::int64_t i = 0; i < wanted; ++i) co_await receive([](Item item) { bench::use(item); });
    send<Done>(driver);
  }
}

void send_items(Pid to, std::int64_t count) {
  send<Item>(to, count);
  for (std::int64_t i = 0; i < count; ++i) send<Item>(to, i);
}

Task<> send_only(std::int64_t count) {
  const Pid to = spawn_link(receiver, self());
  send_items(to, warm);
  co_await receive([](Done) {});
  send_items(to, count);
}

Task<> send_and_receive(std::int64_t count) {
  const Pid to = spawn_link(receiver, self());
  send_items(to, warm);
  co_await receive([](Done) {});
  send_items(to, count);
  co_await receive([](Done) {});
}

struct Add {
  std::int64_t by;
};

class Counter : public GenServer {
 public:
  std::int64_t handle_call(Add add) { return value_ += add.by; }
  void handle_cast(Add add) { value_ += add.by; }

 private:
  std::int64_t value_ = 0;
};

Task<> call_often(std::int64_t count) {
  const auto server = co_await start_link<Counter>();
  std::int64_t last = 0;
  for (std::int64_t i = 0; i < count; ++i) last = co_await server.call<Add>(1);
  bench::check(last == count, "every call was counted");
}

Task<> cast_often(std::int64_t count) {
  const auto server = co_await start_link<Counter>();
  std::int64_t last = 0;
  for (std::int64_t sent = 0; sent < count; sent += batch) {
    for (std::int64_t i = 0; i < batch; ++i) server.cast<Add>(1);
    last = co_await server.call<Add>(0);
  }
  bench::check(last == count, "every cast was counted");
}

Task<> short_life(Pid spawner, bool last) {
  if (last) send<Done>(spawner);
  co_return;
}

Task<> spawn_often(std::int64_t count) {
  for (std::int64_t done = 0; done < count; done += batch) {
    for (std::int64_t i = 1; i <= batch; ++i) spawn(short_life, self(), i == batch);
    co_await receive([](Done) {});
  }
}

Task<> restart_often(std::int64_t count) {
  co_await start_link<bench::Restarter>(self());
  for (std::int64_t i = 0; i <= count; ++i) {
    const bench::Started started = co_await receive<bench::Started>();
    ServerRef<bench::Fragile>{started.pid}.cast<bench::Stop>();
  }
}

using Work = Task<> (*)(std::int64_t);
Work work_of(std::string_view kind) {
  if (kind == "send") return send_only;
  if (kind == "receive") return send_and_receive;
  if (kind == "call") return call_often;
  if (kind == "cast") return cast_often;
  if (kind == "spawn_exit") return spawn_often;
  if (kind == "restart") return restart_often;
  bench::check(false, "--kind is send, receive, call, cast, spawn_exit, restart or build");
  return nullptr;
}

Task<> run_and_end(Work work, std::int64_t count) {
  co_await work(count);
  std::_Exit(0);
}

void print_build() {
#if defined(__clang__)
  std::printf("clang-%d-" COPPICE_BENCHMARK_BUILD "\n", __clang_major__);
#else
  std::printf("gcc-%d-" COPPICE_BENCHMARK_BUILD "\n", __GNUC__);
#endif
}

}  // namespace

int main(int argc, char** argv) {
  const auto arguments = bench::parse(argc, argv, {.count = 1'000, .kind = "send"});
  if (arguments.kind == "build") {
    print_build();
    return 0;
  }
  Runtime runtime{{.schedulers = 1,
                   .max_spares = 0,
                   .stall_after = 1h,
                   .report_stall_after = 1h,
                   .crash_reports = false}};
  runtime.run(run_and_end, work_of(arguments.kind), arguments.count);
}
