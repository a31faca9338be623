#include <coppice/process/lifecycle.hpp>

#include "catch.hpp"

using coppice::process::Lifecycle;
using Naming = Lifecycle::Naming;

TEST_CASE("lifecycle: generations of the living are odd and never come twice", "[process][lifecycle]") {
  Lifecycle life;
  CHECK(life.living() == 0);
  CHECK_FALSE(life.is_alive(0x7fff'ffff));
  std::uint32_t last = 0;
  for (int i = 0; i < 5; ++i) {
    const std::uint32_t generation = life.born();
    CHECK(generation % 2 == 1);
    CHECK(generation > last);
    CHECK(life.living() == generation);
    CHECK(life.is_alive(generation));
    last = generation;
    CHECK(life.ended() == Lifecycle::Ended::reusable);
    CHECK(life.living() == 0);
    CHECK_FALSE(life.is_alive(generation));
    CHECK_FALSE(life.is_present(generation));
  }
}

TEST_CASE("lifecycle: one that exits is not alive but still present", "[process][lifecycle]") {
  Lifecycle life;
  const std::uint32_t generation = life.born();
  CHECK_FALSE(life.is_exiting());
  life.begin_exit();
  CHECK(life.is_exiting());
  CHECK_FALSE(life.is_alive(generation));
  CHECK(life.is_present(generation));
  CHECK(life.living() == generation);
  (void)life.ended();
  const std::uint32_t next = life.born();
  CHECK_FALSE(life.is_exiting());
  CHECK(life.is_alive(next));
}

TEST_CASE("lifecycle: named once, by its generation, until it exits", "[process][lifecycle]") {
  Lifecycle life;
  CHECK(life.name(1) == Naming::dead);
  const std::uint32_t first = life.born();
  CHECK_FALSE(life.is_named());
  CHECK(life.name(first + 2) == Naming::dead);
  CHECK(life.name(first) == Naming::named);
  CHECK(life.is_named());
  CHECK(life.name(first) == Naming::has_name);
  life.unname(first + 2);
  CHECK(life.is_named());
  life.unname(first);
  CHECK_FALSE(life.is_named());
  CHECK(life.name(first) == Naming::named);
  life.begin_exit();
  life.unname(first);
  CHECK(life.name(first) == Naming::dead);
  (void)life.ended();
  CHECK(life.name(first) == Naming::dead);
  const std::uint32_t second = life.born();
  CHECK_FALSE(life.is_named());
  CHECK(life.name(first) == Naming::dead);
  CHECK(life.name(second) == Naming::named);
}

TEST_CASE("lifecycle: marked as timed by its generation until it exits, and the next one is not", "[process][lifecycle]") {
  Lifecycle life;
  CHECK_FALSE(life.mark_timed(1));
  const std::uint32_t first = life.born();
  CHECK_FALSE(life.mark_timed(first + 2));
  CHECK_FALSE(life.is_timed());
  CHECK(life.mark_timed(first));
  CHECK(life.mark_timed(first));
  CHECK(life.is_timed());
  CHECK(life.is_alive(first));
  life.begin_exit();
  CHECK_FALSE(life.mark_timed(first));
  CHECK(life.is_timed());
  (void)life.ended();
  const std::uint32_t second = life.born();
  CHECK_FALSE(life.is_timed());
  CHECK_FALSE(life.mark_timed(first));
  CHECK(life.mark_timed(second));
}
