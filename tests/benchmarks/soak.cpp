// soak: chaos and load for --size seconds, in rounds of --count milliseconds, and what memory is
// left after each; soak.py runs it and judges. In a round clients do all that programs do (calls
// that are answered, refused and too late, casts, children that are started, crash and are stopped,
// links, monitors, timers, selective receives, blocking work, tasks) while processes of every kind
// are killed, the supervisors among them. Then all that the round has brought ends, and a line is
// printed: the resident memory, and how many blocks of the pool live and their bytes, which must be
// what they were after the round before. --kind leak keeps a block a round, for soak.py to find.
#include "bench.hpp"

#include <array>
#include <atomic>
#include <chrono>
#include <cstdio>
#include <map>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include <coppice/base/block_pool.hpp>
#include <coppice/supervision/dynamic_supervisor.hpp>
#include <coppice/supervision/supervisor.hpp>
#include <coppice/supervision/supervisor_ref.hpp>

using namespace coppice;
using namespace std::chrono_literals;

namespace {

constexpr int clients_at_once = 32;
constexpr auto patience = 20ms;
std::atomic<std::int64_t> operations{0};

bool chance(std::uint64_t percent) { return random_number(100) < percent; }

// --- the tree ----------------------------------------------------------------------------------

struct Get {
  std::int64_t key;
};
struct Put {
  std::int64_t key;
  std::string text;
};
struct Copy {
  std::int64_t key;
};
struct Wait {};
struct Crash {};
struct Stop {};

class Store : public GenServer {
 public:
  std::string handle_call(Get get) { return texts_[get.key % keys]; }
  void handle_cast(Put put) { texts_[put.key % keys] = std::move(put.text); }

 private:
  static constexpr std::int64_t keys = 1'000;
  std::map<std::int64_t, std::string> texts_;
};

// Asks the other one; both die together.
class Front : public GenServer {
 public:
  Task<std::string> handle_call(Copy copy) {
    std::string text = co_await Name<Store>{"store"}.call<Get>(copy.key);
    co_return text;
  }
};

// Answers late, often too late.
class Slow : public GenServer {
 public:
  Task<int> handle_call(Wait) {
    co_await sleep(std::chrono::microseconds{random_number(4'000)});
    co_return 1;
  }
};

class Pair : public Supervisor {
 public:
  SupervisorSpec init() override {
    return {.strategy = Strategy::one_for_all,
            .intensity = 1'000'000,
            .children = {child<Store>("store").named("store"),
                         child<Front>("front").named("front")}};
  }
};

class Worker : public GenServer {
 public:
  explicit Worker(std::string text) : text_{std::move(text)} {
    if (text_.empty()) throw std::runtime_error{"nothing to work on"};
  }
  std::int64_t handle_call(Get get) { return get.key + static_cast<std::int64_t>(text_.size()); }
  void handle_cast(Crash) { throw std::runtime_error{text_}; }
  Next handle_cast(Stop) { return Next::stop(ExitReason::normal()); }

 private:
  std::string text_;
};

class Workers : public DynamicSupervisor {
 public:
  Workers() : DynamicSupervisor{{.intensity = 1'000'000}} {}
  ChildSpec child_spec(std::string text) {
    return child<Worker>("worker", std::move(text)).restart(Restart::transient);
  }
};

class Top : public Supervisor {
 public:
  SupervisorSpec init() override {
    return {.intensity = 1'000'000,
            .children = {child<Pair>("pair").named("pair"),
                         child<Slow>("slow").named("slow"),
                         child<Workers>("workers").named("workers")}};
  }
};
constexpr std::array tree{"pair", "store", "front", "slow", "workers"};

// --- the clients -------------------------------------------------------------------------------

struct Tick {};
struct Noise {
  std::string text;
};
struct Signal {
  std::int64_t number;
};
struct Broken {
  std::string text;
};

std::string some_text() { return std::string(random_number(200), 'x'); }

Task<> use_store() {
  const auto key = static_cast<std::int64_t>(random_number(10'000));
  for (int i = 0; i < 20; ++i) Name<Store>{"store"}.cast<Put>(key + i, some_text());
  const auto copied = co_await Name<Front>{"front"}.try_call<Copy>(key);
  const auto waited = co_await Name<Slow>{"slow"}.within(2ms).try_call<Wait>();
  bench::use(copied);
  bench::use(waited);
}

Task<> use_workers() {
  const auto workers = Name<Workers>{"workers"}.resolve();
  if (!workers) co_return;
  // One text in two hundred is empty: a failed start.
  std::string text = some_text();
  auto started = co_await workers->try_start_child(std::move(text));
  if (!started) co_return;
  const ServerRef<Worker> worker{started->value()};
  const auto answer = co_await worker.try_call<Get>(1);
  bench::use(answer);
  if (chance(30)) worker.cast<Crash>();
  if (chance(50)) {
    worker.cast<Stop>();
    co_return;
  }
  const auto stopped = co_await workers->try_terminate_child(worker.pid());
  bench::use(stopped);
}

Task<> short_life(bool breaks) {
  if (chance(50)) co_await sleep(1ms);
  if (breaks) exit(ExitReason::custom(Broken{some_text()}));
}

Task<> use_links() {
  for (int i = 0; i < 5; ++i) spawn_link(short_life, chance(50));
  for (int i = 0; i < 5; ++i) co_await receive<Exit>(patience);
  const SpawnedMonitor watched = spawn_monitor(short_life, true);
  if (chance(50))
    demonitor(watched.ref, flush);
  else
    co_await receive<Down>(patience);
}

Task<> use_timers() {
  for (int i = 0; i < 10; ++i) {
    const TimerRef timer = send_after<Tick>(std::chrono::microseconds{random_number(5'000)}, self());
    if (chance(50))
      cancel_timer(timer);
    else
      co_await receive<Tick>(patience);
  }
  send_after<Tick>(1h, self());  // goes with the process
}

Task<> use_receive() {
  const Pid me = self();
  for (int i = 0; i < 50; ++i) send<Noise>(me, some_text());
  for (std::int64_t i = 0; i < 10; ++i) send<Signal>(me, i);
  for (int i = 0; i < 10; ++i) co_await receive<Signal>(patience);
  for (int i = 0; i < 50; ++i) co_await receive<Noise>(patience);
}

Task<std::size_t> measure_text(std::string text) { co_return text.size(); }

Task<> use_threads() {
  const int one = co_await blocking([] { return 1; });
  std::string text = some_text();
  auto work = async(measure_text, std::move(text));
  const auto size = co_await try_await(work);
  bench::use(one);
  bench::use(size);
}

Task<> client(timing::Instant end) {
  trap_exit(true);
  while (now() < end) {
    switch (random_number(6)) {
      case 0: co_await use_store(); break;
      case 1: co_await use_workers(); break;
      case 2: co_await use_links(); break;
      case 3: co_await use_timers(); break;
      case 4: co_await use_receive(); break;
      default: co_await use_threads(); break;
    }
    operations.fetch_add(1, std::memory_order_relaxed);
  }
}

// Kills one of the tree's, or a client, every few milliseconds.
Task<> chaos(std::vector<Pid> clients, timing::Instant end) {
  while (now() < end) {
    co_await sleep(std::chrono::microseconds{random_number(6'000)});
    if (chance(10))
      exit(clients[random_number(clients.size())], ExitReason::kill());
    else if (const auto victim = whereis(tree[random_number(tree.size())]))
      exit(*victim, ExitReason::kill());
  }
}

// --- a round -----------------------------------------------------------------------------------

Task<> play_round(std::int64_t milliseconds) {
  const auto end = now() + milliseconds * 1ms;
  std::vector<Pid> clients;
  for (int i = 0; i < clients_at_once; ++i) clients.push_back(spawn_monitor(client, end).pid);
  spawn_monitor(chaos, clients, end);
  for (int i = 0; i <= clients_at_once; ++i) co_await receive([](const Down&) {});
  // What the clients have left to the tree goes with it: each part begins anew.
  for (const char* name : {"workers", "slow", "pair"}) {
    const auto part = whereis(name);
    if (!part) continue;
    const MonitorRef ended = monitor(*part);
    exit(*part, ExitReason::kill());
    co_await receive(on(ended, [](const Down&) {}));
  }
  for (const char* name : tree) co_await await_registered(name, 10s);
}

void wait_until_quiet(Runtime& runtime, std::uint64_t processes) {
  for (int i = 0; i < 6'000; ++i) {
    std::this_thread::sleep_for(10ms);
    if (runtime.process_count() == processes) return;
  }
  bench::check(false, "what a round started ends within a minute");
}

void print_sample(double seconds) {
  const base::PoolStats pool = base::pool_stats();
  std::printf(R"({"seconds": %.3f, "resident": %lld, "blocks": %llu, "bytes": %llu, )"
              R"("operations": %lld})"
              "\n",
              seconds, static_cast<long long>(bench::resident_bytes()),
              static_cast<unsigned long long>(pool.live_blocks),
              static_cast<unsigned long long>(pool.live_bytes),
              static_cast<long long>(operations.load()));
  std::fflush(stdout);
}

}  // namespace

int main(int argc, char** argv) {
  const auto arguments = bench::parse(argc, argv, {.workers = 2, .count = 2'000, .size = 60});
  Runtime runtime{bench::options(arguments)};
  runtime.start<StaticSupervisor>(SupervisorSpec{
      .intensity = 1'000'000, .children = {child<Top>("top")}});
  const std::uint64_t processes = runtime.process_count();
  const bench::Stopwatch watch;
  while (watch.seconds() < static_cast<double>(arguments.size)) {
    runtime.run(play_round, arguments.count);
    wait_until_quiet(runtime, processes);
    if (arguments.kind == "leak") bench::use(base::pool_allocate(64));
    print_sample(watch.seconds());
  }
}
