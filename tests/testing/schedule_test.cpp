// A schedule as text, and what it is worth.
#include <coppice/testing/schedule.hpp>

#include "catch.hpp"

using coppice::testing::Schedule;
using coppice::testing::Scheduling;

TEST_CASE("schedule: its text gives it back, without the zeros at the end", "[testing]") {
  const Schedule schedule{{0, 0, 3, 1, 0, 12, 0}};
  CHECK(schedule.text() == "2=3,0=1,1=12");
  CHECK(Schedule::parse(schedule.text()).picks() == std::vector<std::uint32_t>{0, 0, 3, 1, 0, 12});
  CHECK(schedule.deviations() == 3);
  CHECK(Schedule{}.text().empty());
  CHECK(Schedule::parse("") == Schedule{});
}

TEST_CASE("schedule: beyond its end every choice is the plain one", "[testing]") {
  const Schedule schedule{{7}};
  CHECK(schedule.at(0) == 7);
  CHECK(schedule.at(1) == 0);
}

TEST_CASE("schedule: what is no schedule is refused", "[testing]") {
  for (const char* text : {"x", "1", "1=", "1=2;3=4", "-1=2", "1=2 3=4", "99999999999=1", "4000000000=1"}) {
    CAPTURE(text);
    CHECK_THROWS_AS(Schedule::parse(text), std::invalid_argument);
  }
}

TEST_CASE("scheduling: says itself as C++", "[testing]") {
  CHECK(Scheduling::random().text() == "Scheduling::random()");
  CHECK(Scheduling::pct(3, 500).text() == "Scheduling::pct(3, 500)");
  CHECK(Scheduling::replay("1=2").text() == "Scheduling::replay(\"1=2\")");
  CHECK_THROWS_AS(Scheduling::pct(0), std::invalid_argument);
}
