// growth: what the main operations cost with 10, 1,000, 100,000 ... --size processes alive, half of
// them in a receive and half idle servers; each operation is on one of them drawn at random. What
// has to grow is what the machine's caches make of it: the same run follows a chain of pointers
// through as many cache lines, in random order.
//
// growth_spawn_N: starting a process that ends at once; growth_send_N: a message to a process that
// does not run meanwhile; growth_receive_N: its turn, which receives the message; growth_call_N: a
// call to a server; growth_timer_N: send_after and cancel_timer; growth_chase_N: one step of the
// chain. Nanoseconds each; the lowest of five rounds, since other programs only add.
#include "bench.hpp"

#include <algorithm>
#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <numeric>

using namespace coppice;
using namespace std::chrono_literals;

namespace {

constexpr int rounds = 5;
constexpr std::int64_t batch = 5;  // as many as the smallest size has processes

// The last of a batch to be touched, or to end, tells the driver.
std::atomic<std::int64_t> left_of_batch{0};

struct Touch {
  Pid driver;
};
struct Done {};
struct Add {
  std::int64_t by;
};

void one_less(Pid driver) {
  if (left_of_batch.fetch_sub(1, std::memory_order_relaxed) == 1) send<Done>(driver);
}

Task<> toucher() {
  for (;;) co_await receive([](Touch touch) { one_less(touch.driver); });
}

Task<> short_life(Pid driver) {
  one_less(driver);
  co_return;
}

class Counter : public GenServer {
 public:
  std::int64_t handle_call(Add add) { return value_ += add.by; }

 private:
  std::int64_t value_ = 0;
};

// Cheap, so that drawing a process costs little beside what is done to it.
class Draw {
 public:
  std::size_t below(std::size_t limit) {
    state_ = state_ * 6364136223846793005u + 1442695040888963407u;
    return static_cast<std::size_t>((state_ >> 33) * limit >> 31);
  }

 private:
  std::uint64_t state_ = 42;
};

struct Living {
  std::vector<Pid> processes;
  std::vector<ServerRef<Counter>> servers;
  Draw draw;
  Pid any_process() { return processes[draw.below(processes.size())]; }
  ServerRef<Counter> any_server() { return servers[draw.below(servers.size())]; }
};

struct Costs {
  double spawn = 1e9;
  double send = 1e9;
  double receive = 1e9;
  double call = 1e9;
  double timer = 1e9;
  double chase = 1e9;
};

Task<> grow(Living& living, std::int64_t size) {
  while (static_cast<std::int64_t>(living.processes.size() * 2) < size) {
    living.processes.push_back(spawn(toucher));
    const auto server = co_await start<Counter>();
    living.servers.push_back(server);
  }
}

Task<double> spawns(std::int64_t count) {
  const bench::Stopwatch watch;
  for (std::int64_t done = 0; done < count; done += batch) {
    left_of_batch = batch;
    for (std::int64_t i = 0; i < batch; ++i) spawn(short_life, self());
    co_await receive([](Done) {});
  }
  co_return watch.nanoseconds_each(count);
}

struct Messages {
  double send = 0;
  double receive = 0;
};
Task<Messages> messages(Living& living, std::int64_t count) {
  const Pid me = self();
  Messages took;
  std::vector<Pid> drawn(batch);
  for (std::int64_t done = 0; done < count; done += batch) {
    std::ranges::generate(drawn, [&] { return living.any_process(); });
    left_of_batch = batch;
    const bench::Stopwatch sending;
    for (const Pid pid : drawn) send<Touch>(pid, me);
    took.send += sending.seconds();
    const bench::Stopwatch receiving;
    co_await receive([](Done) {});
    took.receive += receiving.seconds();
  }
  took.send *= 1e9 / static_cast<double>(count);
  took.receive *= 1e9 / static_cast<double>(count);
  co_return took;
}

Task<double> calls(Living& living, std::int64_t count) {
  const bench::Stopwatch watch;
  for (std::int64_t i = 0; i < count; ++i) bench::use(co_await living.any_server().call<Add>(1));
  co_return watch.nanoseconds_each(count);
}

double timers(Living& living, std::int64_t count) {
  const bench::Stopwatch watch;
  for (std::int64_t i = 0; i < count; ++i)
    bench::check(cancel_timer(send_after<Touch>(10s, living.any_process(), self())).has_value(),
                 "the timer was armed");
  return watch.nanoseconds_each(count);
}

// As many cache lines as processes, each pointing to the next of one random circle.
double chase(std::size_t size, std::int64_t steps) {
  struct alignas(64) Line {
    std::size_t next;
  };
  std::vector<Line> lines(size);
  std::vector<std::uint32_t> order(size);
  std::iota(order.begin(), order.end(), 0u);
  Draw draw;
  for (std::size_t i = size - 1; i > 0; --i) std::swap(order[i], order[draw.below(i + 1)]);
  for (std::size_t i = 0; i < size; ++i) lines[order[i]].next = order[(i + 1) % size];
  std::size_t at = 0;
  double best = 1e9;
  for (int round = 0; round < rounds; ++round) {
    const bench::Stopwatch watch;
    for (std::int64_t i = 0; i < steps; ++i) at = lines[at].next;
    best = std::min(best, watch.nanoseconds_each(steps));
  }
  bench::use(at);
  return best;
}

Task<Costs> measure(Living& living, std::int64_t size, std::int64_t count) {
  co_await grow(living, size);
  Costs least;
  for (int round = 0; round < rounds; ++round) {
    const double spawned = co_await spawns(count);
    const Messages sent = co_await messages(living, count);
    const double called = co_await calls(living, count);
    least.spawn = std::min(least.spawn, spawned);
    least.send = std::min(least.send, sent.send);
    least.receive = std::min(least.receive, sent.receive);
    least.call = std::min(least.call, called);
    least.timer = std::min(least.timer, timers(living, count));
  }
  least.chase = chase(static_cast<std::size_t>(size), count);
  co_return least;
}

void print_costs(const Costs& costs, std::int64_t size, unsigned workers) {
  const auto one = [&](std::string_view name, double value) {
    bench::print(fmt::format("growth_{}_{}", name, size), value, "ns", bench::Better::lower,
                 workers);
  };
  one("spawn", costs.spawn);
  one("send", costs.send);
  one("receive", costs.receive);
  one("call", costs.call);
  one("timer", costs.timer);
  one("chase", costs.chase);
}

Task<> measure_all(std::int64_t largest, std::int64_t count, unsigned workers) {
  Living living;
  for (std::int64_t size = 10; size <= largest; size *= 100)
    print_costs(co_await measure(living, size, count), size, workers);
}

}  // namespace

int main(int argc, char** argv) {
  const auto arguments = bench::parse(argc, argv, {.count = 200'000, .size = 10'000'000});
  Runtime runtime{bench::options(arguments)};
  runtime.run(measure_all, arguments.size, arguments.count, arguments.workers);
  // How long it takes to stop them all is a figure of `many`.
  std::fflush(stdout);
  std::_Exit(0);
}
