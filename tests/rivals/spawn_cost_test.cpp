// A spawn costs the same however many processes live or have lived: counted in memory and slots, not in time.
#include <algorithm>
#include <chrono>
#include <vector>

#include <coppice/core.hpp>

#include "processes.hpp"

using namespace coppice;
using namespace coppice::test;
using namespace std::chrono_literals;

namespace {

struct Never {};
Task<> idle(base::Atomic<int>& arrived) {
  ++arrived;
  co_await receive([](Never) {});
}

// How many blocks of the pool `count` processes take that have come to their receive.
Task<std::uint64_t> blocks_of(int count) {
  base::Atomic<int> arrived{0};
  const std::uint64_t before = base::pool_stats().live_blocks;
  for (int i = 0; i < count; ++i) spawn([&arrived]() { return idle(arrived); });
  while (arrived < count) co_await sleep(0ms);
  co_return base::pool_stats().live_blocks - before;
}

}  // namespace

TEST_CASE("a spawn takes as many blocks among many processes as among few", "[rivals]") {
  in_turns([]() -> Task<> {
    constexpr int some = 1'000;
    constexpr int many = static_cast<int>(scaled(300'000, 10'000));
    (void)co_await blocks_of(1);  // what this process itself takes, once
    const std::uint64_t among_few = co_await blocks_of(some);
    (void)co_await blocks_of(many);
    const std::uint64_t among_many = co_await blocks_of(some);
    EXPECT(among_few == among_many);
    EXPECT(among_few <= 3 * some);
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
