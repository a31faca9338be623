#include <coppice/supervision/child_table.hpp>

#include <string>
#include <vector>

#include <coppice/base/block_pool.hpp>
#include <coppice/base/random.hpp>
#include <coppice/supervision/child.hpp>
#include <coppice/supervision/strategy.hpp>

#include "catch.hpp"

using namespace coppice;
using namespace coppice::supervision;

namespace {

ChildSpec spec(std::string_view id) { return ChildSpec{id, ChildType::worker, {}}; }

std::string order(const ChildTable& table) {
  std::string out;
  for (const Child& c : table) out += c.spec().id();
  return out;
}

std::string reversed(const ChildTable& table) {
  std::string out;
  auto at = table.end();
  while (Child* c = table.before(at)) {
    out += c->spec().id();
    at = ChildTable::Position{c};
  }
  return out;
}

Pid pid(std::uint32_t n) { return Pid{0, n, 1}; }

}  // namespace

TEST_CASE("child table: children stand in start order, both ways") {
  ChildTable table;
  CHECK(order(table).empty());
  CHECK(table.before(table.end()) == nullptr);
  for (const char* id : {"a", "b", "c", "d"}) table.append(spec(id));
  CHECK(order(table) == "abcd");
  CHECK(reversed(table) == "dcba");
  table.erase(*table.find("b"));
  CHECK(order(table) == "acd");
  table.erase(*table.find("a"));
  table.erase(*table.find("d"));
  CHECK(order(table) == "c");
  CHECK(reversed(table) == "c");
  table.append(spec("a"));
  CHECK(order(table) == "ca");
  CHECK(table.size() == 2);
}

TEST_CASE("child table: a child is found by id and, while it runs, by pid") {
  ChildTable table;
  Child& a = table.append(spec("a"));
  Child& b = table.append(spec("b"));
  CHECK(table.find("a") == &a);
  CHECK(table.find("x") == nullptr);
  CHECK(table.find(pid(1)) == nullptr);
  table.set(a, pid(1));
  table.set(b, pid(2));
  CHECK(table.find(pid(1)) == &a);
  CHECK(table.find(Pid{0, 1, 3}) == nullptr);
  table.set(a, ChildPid::restarting());
  CHECK(table.find(pid(1)) == nullptr);
  CHECK(a.pid().is_restarting());
  table.set(a, pid(3));
  CHECK(table.find(pid(3)) == &a);
  table.erase(b);
  CHECK(table.find(pid(2)) == nullptr);
  CHECK(table.find("b") == nullptr);
}

TEST_CASE("child table: significant children that run or restart are counted") {
  ChildTable table;
  Child& a = table.append(spec("a").significant());
  Child& b = table.append(spec("b").significant());
  Child& c = table.append(spec("c"));
  CHECK(table.significant_present() == 0);
  table.set(a, pid(1));
  table.set(b, pid(2));
  table.set(c, pid(3));
  CHECK(table.significant_present() == 2);
  table.set(a, ChildPid::restarting());
  CHECK(table.significant_present() == 2);
  table.set(a, {});
  CHECK(table.significant_present() == 1);
  table.set(a, {});
  CHECK(table.significant_present() == 1);
  table.erase(b);
  CHECK(table.significant_present() == 0);
}

TEST_CASE("child table: positions serve the strategies") {
  ChildTable table;
  for (const char* id : {"a", "b", "c"}) table.append(spec(id));
  const auto failed = ChildTable::Position{table.find("b")};
  const auto rest = affected(Strategy::rest_for_one, table.begin(), failed, table.end());
  CHECK(rest.first->spec().id() == "b");
  CHECK(rest.last == table.end());
  const auto one = affected(Strategy::one_for_one, table.begin(), failed, table.end());
  CHECK(one.last->spec().id() == "c");
}

TEST_CASE("child table: 100,000 children, in random order, leave nothing behind") {
  constexpr std::uint32_t many = 100'000;
  const auto before = base::pool_stats().live_blocks;
  {
    ChildTable table;
    std::vector<std::string> ids;
    for (std::uint32_t i = 0; i < many; ++i) {
      ids.push_back("child " + std::to_string(i));
      table.set(table.append(spec(ids.back())), pid(i + 1));
    }
    base::Random random{7};
    for (std::uint32_t i = many; i > 1; --i) std::swap(ids[i - 1], ids[random.below(i)]);
    std::size_t found = 0;
    for (std::uint32_t i = 0; i < many; ++i) found += table.find(pid(i + 1)) != nullptr ? 1U : 0U;
    CHECK(found == many);
    for (std::uint32_t i = 0; i < many / 2; ++i) table.erase(*table.find(ids[i]));
    CHECK(table.size() == many / 2);
    found = 0;
    for (const std::string& id : ids) found += table.find(id) != nullptr ? 1U : 0U;
    CHECK(found == many / 2);
  }
  CHECK(base::pool_stats().live_blocks == before);
}

TEST_CASE("child table: of a temporary child that has started the start function is not kept") {
  ChildTable table;
  const ChildSpec startable = child("a", []() -> Task<> { co_return; });
  Child& kept = table.append(startable);
  ChildSpec temporary = startable;
  Child& forgotten = table.append(temporary.id("b").restart(Restart::temporary));
  CHECK(forgotten.spec().starter() != nullptr);
  table.set(kept, pid(1));
  table.set(forgotten, pid(2));
  CHECK(kept.spec().starter() != nullptr);
  CHECK(forgotten.spec().starter() == nullptr);
  CHECK(forgotten.spec().restart() == Restart::temporary);
  CHECK(startable.starter() != nullptr);
}
