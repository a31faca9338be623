#include <coppice/supervision/child_info.hpp>

#include <stdexcept>
#include <string>

#include "catch.hpp"

using namespace coppice;

TEST_CASE("child pid: a process, or a restart that is waited for, or none") {
  constexpr ChildPid none;
  constexpr ChildPid waits = ChildPid::restarting();
  const ChildPid runs = Pid{0, 3, 1};
  CHECK(none.is_none());
  CHECK(!none.has_value());
  CHECK(waits.is_restarting());
  CHECK(!waits.has_value());
  CHECK(runs.has_value());
  CHECK(runs.value() == Pid{0, 3, 1});
  CHECK(runs == ChildPid{Pid{0, 3, 1}});
  CHECK(!(none == waits));
  CHECK_THROWS_AS(none.value(), std::logic_error);
  CHECK_THROWS_AS(waits.value(), std::logic_error);
  CHECK(ChildPid{Pid{}}.is_none());
  CHECK(fmt::format("{} {} {}", none, waits, runs) == "none restarting <0.3.1>");
}

TEST_CASE("started child: what the start function gave besides is handed through by its type") {
  const StartedChild plain{Pid{0, 3, 1}};
  CHECK(plain.info<int>() == nullptr);
  CHECK(!plain.has_info());
  const StartedChild with{Pid{0, 3, 1}, std::string{"port 80"}};
  REQUIRE(with.info<std::string>() != nullptr);
  CHECK(*with.info<std::string>() == "port 80");
  CHECK(with.info<int>() == nullptr);
  const ChildPid child = with;
  CHECK(child.value() == Pid{0, 3, 1});
  CHECK(fmt::format("{}", with) == "<0.3.1>");
}

TEST_CASE("child info and counts print and compare") {
  const ChildInfo info{"alice", Pid{0, 3, 1}, ChildType::worker};
  CHECK(fmt::format("{}", info) == "alice <0.3.1> worker");
  CHECK(info == ChildInfo{"alice", Pid{0, 3, 1}, ChildType::worker});
  CHECK(fmt::format("{}", ChildCounts{4, 3, 1, 3}) ==
        "specs 4, active 3, supervisors 1, workers 3");
}
