// A spawn costs the same however many processes live: counted in memory, not in time.
#include <chrono>
#include <vector>

#include <coppice/core.hpp>

#include "processes.hpp"

using namespace coppice;
using namespace coppice::test;
using namespace std::chrono_literals;

namespace {

struct Never {};
base::Atomic<int> started{0};
Task<> idle() {
  ++started;
  co_await receive([](Never) {});
}

struct Cost {
  std::uint64_t blocks;
  std::uint64_t bytes;
};

// What `count` processes take that have come to their receive.
Task<Cost> cost_of(int count) {
  const base::PoolStats before = base::pool_stats();
  started = 0;
  for (int i = 0; i < count; ++i) spawn(idle);
  while (started < count) co_await sleep(0ms);
  const base::PoolStats after = base::pool_stats();
  co_return Cost{after.live_blocks - before.live_blocks, after.live_bytes - before.live_bytes};
}

}  // namespace

TEST_CASE("spawn costs the same among a hundred processes and among many", "[rivals]") {
  in_turns([]() -> Task<> {
    constexpr int some = 1'000;
    constexpr int many = static_cast<int>(scaled(300'000, 10'000));
    const Cost among_few = co_await cost_of(some);
    (void)co_await cost_of(many);
    const Cost among_many = co_await cost_of(some);
    EXPECT(among_few.blocks == among_many.blocks);
    EXPECT(among_few.bytes == among_many.bytes);
    EXPECT(among_few.blocks <= 3 * some);
  });
}

TEST_CASE("slots are used again: processes that come and go need no new ones", "[rivals]") {
  in_turns([]() -> Task<> {
    std::uint32_t highest = 0;
    for (int i = 0; i < 1'000; ++i) {
      auto [pid, ref] = spawn_monitor([]() -> Task<> { co_return; });
      highest = std::max(highest, pid.slot());
      co_await receive(on(ref, [](const Down&) {}));
    }
    std::uint32_t later = 0;
    for (int i = 0; i < 20'000; ++i) {
      auto [pid, ref] = spawn_monitor([]() -> Task<> { co_return; });
      later = std::max(later, pid.slot());
      co_await receive(on(ref, [](const Down&) {}));
    }
    EXPECT(later <= highest);
  });
}
