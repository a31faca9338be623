#include <coppice/supervision/dynamic_table.hpp>

#include <string>

#include <coppice/base/block_pool.hpp>

#include "catch.hpp"

using namespace coppice;
using namespace coppice::supervision;

namespace {

class Nothing final : public Starter {
 public:
  BegunStart begin(const ChildSpec&) const override { return StartOutcome{}; }
};

ChildSpec spec(std::string_view id) {
  return ChildSpec{id, ChildType::worker, Shared<Starter>{new Nothing}};
}
Pid pid(std::uint32_t n) { return Pid{0, n, 1}; }

}  // namespace

TEST_CASE("dynamic table: children are found by pid and counted by type and state") {
  DynamicTable table;
  CHECK(table.counts() == ChildCounts{});
  table.add(pid(1), spec("w"));
  table.add(pid(2), spec("w"));
  table.add(pid(3), spec("s").type(ChildType::supervisor));
  CHECK(table.counts() == ChildCounts{.specs = 3, .active = 3, .supervisors = 1, .workers = 2});
  REQUIRE(table.find(pid(2)) != nullptr);
  CHECK(table.find(pid(2))->child_pid() == pid(2));
  CHECK(table.find(pid(4)) == nullptr);
  table.set_restarting(*table.find(pid(2)));
  table.set_restarting(*table.find(pid(2)));
  CHECK(table.counts() == ChildCounts{.specs = 3, .active = 2, .supervisors = 1, .workers = 2});
  CHECK(table.find(pid(2))->child_pid().is_restarting());
  table.erase(pid(2));
  table.erase(pid(2));
  CHECK(table.counts() == ChildCounts{.specs = 2, .active = 2, .supervisors = 1, .workers = 1});
  table.erase(pid(3));
  CHECK(table.counts() == ChildCounts{.specs = 1, .active = 1, .supervisors = 0, .workers = 1});
}

TEST_CASE("dynamic table: children of equal settings share them") {
  DynamicTable table;
  for (std::uint32_t i = 1; i <= 3; ++i) table.add(pid(i), spec("w"));
  CHECK(&table.find(pid(1))->spec.id() == &table.find(pid(3))->spec.id());
  CHECK(table.find(pid(1))->spec.starter() != table.find(pid(3))->spec.starter());
}

TEST_CASE("dynamic table: of a temporary child the start function is not kept") {
  DynamicTable table;
  table.add(pid(1), spec("w"));
  table.add(pid(2), spec("w").restart(Restart::temporary));
  CHECK(table.find(pid(1))->spec.starter() != nullptr);
  CHECK(table.find(pid(2))->spec.starter() == nullptr);
}

TEST_CASE("dynamic table: 100,000 children leave nothing behind") {
  const auto before = base::pool_stats().live_blocks;
  {
    DynamicTable table;
    for (std::uint32_t i = 1; i <= 100'000; ++i) table.add(pid(i), spec("w"));
    CHECK(table.size() == 100'000);
    for (std::uint32_t i = 1; i <= 100'000; i += 2) table.erase(pid(i));
    CHECK(table.size() == 50'000);
    CHECK(table.find(pid(100'000)) != nullptr);
    CHECK(table.find(pid(99'999)) == nullptr);
  }
  CHECK(base::pool_stats().live_blocks == before);
}
