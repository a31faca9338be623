// A seed gives the same run in every build of a compiler: optimised or not, under a sanitizer or a debugger. (The names of types are
// part of the hash, and no two compilers spell all of them alike.) The hashes below were recorded once; whoever changes what the
// library sends or chooses records them anew, from what the test prints.
#include <coppice/base/random.hpp>
#include <coppice/coppice.hpp>
#include <coppice/testing.hpp>

#include "catch.hpp"

using namespace coppice;
using namespace coppice::testing;
using namespace std::chrono_literals;

namespace replayed {  // named, since the names of types are part of the hash

struct Add {
  int by;
};
struct Get {};
struct Crash {};
struct Tick {
  int number;
};

class Counter : public GenServer {
 public:
  int handle_call(Get) { return value_; }
  void handle_cast(Add add) { value_ += add.by; }
  void handle_cast(Crash) { exit(ExitReason::shutdown()); }

 private:
  int value_ = 0;
};

Task<> adds(int number) {
  for (int i = 0; i < 3; ++i) {
    co_await sleep(std::chrono::milliseconds{random_number(50)});
    Name<Counter>{"counter"}.cast<Add>(number);
    if (random_number(4) == 0) Name<Counter>{"counter"}.cast<Crash>();
  }
}

Task<> program() {
  SupervisorSpec spec;
  spec.strategy = Strategy::one_for_all;
  spec.intensity = 100;
  spec.children.push_back(child<Counter>("counter").named("counter"));
  spec.children.push_back(child<Counter>("other"));
  const auto supervisor = co_await start_link<StaticSupervisor>(std::move(spec));
  std::vector<MonitorRef> ends;
  for (int i = 0; i < 4; ++i) {
    const SpawnedMonitor one = spawn_monitor(adds, i);
    ends.push_back(one.ref);
    send_after<Tick>(20ms * i, self(), i);
  }
  for (const MonitorRef end : ends) co_await receive(on(end, [](const Down&) {}));
  (void)co_await Name<Counter>{"counter"}.try_call<Get>();
  (void)co_await supervisor.which_children();
}

}  // namespace replayed

namespace {

std::uint64_t hash_of(const Scheduling& scheduling, const Faults& faults) {
  std::uint64_t all = 0;
  for (std::uint64_t seed = 1; seed <= 20; ++seed)
    all = base::mix(all ^ Simulation{{.seed = seed, .scheduling = scheduling, .faults = faults}}.run(replayed::program).hash());
  return all;
}

struct Hashes {
  std::uint64_t random;
  std::uint64_t pct;
  std::uint64_t faulty;
};
#if defined(__clang__) && __clang_major__ == 19
constexpr Hashes recorded{0x485805500460ddf6, 0xa0858a6ac9ba7c14, 0xcb0a2017c89ac876};
#elif !defined(__clang__) && __GNUC__ == 12
constexpr Hashes recorded{0x5b1415c8080f7bd2, 0xdc7a842c5927e5b7, 0x0648570ed1ffa999};
#endif

}  // namespace

TEST_CASE("replay: the hashes of 20 seeds are those on record, in every build of a compiler", "[testing]") {
  Faults faults;
  faults.stall = 0.05;
  faults.late_timer = 0.2;
  const std::uint64_t random = hash_of(Scheduling::random(), {});
  const std::uint64_t pct = hash_of(Scheduling::pct(3, 200), {});
  const std::uint64_t faulty = hash_of(Scheduling::random(), faults);
  fmt::print("random {:#018x}, pct {:#018x}, with faults {:#018x}\n", random, pct, faulty);
#if defined(__clang__) ? __clang_major__ == 19 : __GNUC__ == 12
  CHECK(random == recorded.random);
  CHECK(pct == recorded.pct);
  CHECK(faulty == recorded.faulty);
#else
  WARN("no hashes are on record for this compiler");
#endif
}
