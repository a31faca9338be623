// Slots are used again, so a process costs the same however many have lived before.
#include <chrono>
#include <vector>

#include <coppice/core.hpp>

#include "processes.hpp"

using namespace coppice;
using namespace coppice::test;
using namespace std::chrono_literals;

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
