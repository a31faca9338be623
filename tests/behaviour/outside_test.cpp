// What servers' functions do outside of any process.
#include "in_process.hpp"

using namespace coppice;

namespace {

class Plain : public GenServer {};

}  // namespace

TEST_CASE("start: outside of a process it is refused", "[start]") {
  CHECK_THROWS_AS(start_link<Plain>(), ProcessError);
  CHECK(base::pool_stats().live_blocks == 0);
}
