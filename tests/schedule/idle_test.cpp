#include <coppice/schedule/idle.hpp>

#include "tests/support/catch.hpp"

using namespace coppice;
using schedule::IdleSet;
using schedule::Sleeper;

namespace {

const timing::Instant soon{std::chrono::seconds{10}};

}  // namespace

TEST_CASE("nobody is picked while nobody sleeps, or while somebody searches") {
  IdleSet idle{2, 0};
  Sleeper a{false};
  CHECK(idle.pick() == nullptr);
  REQUIRE(idle.begin_search());
  idle.enlist(a, false);
  CHECK(idle.pick() == nullptr);
  CHECK(idle.sleeping() == 1);
  CHECK(idle.end_search());
  CHECK(idle.pick() == &a);
  CHECK(idle.sleeping() == 0);
  CHECK(idle.searching() == 1);
  CHECK_FALSE(idle.leave(a));
}

TEST_CASE("the watch may pick although somebody searches") {
  IdleSet idle{2, 0};
  Sleeper a{false};
  CHECK(idle.pick_anyway() == nullptr);
  REQUIRE(idle.begin_search());
  idle.enlist(a, false);
  CHECK(idle.pick_anyway() == &a);
  CHECK(idle.searching() == 2);
}

TEST_CASE("half of the workers may search, and one of one") {
  IdleSet four{4, 0};
  CHECK(four.begin_search());
  CHECK(four.begin_search());
  CHECK_FALSE(four.begin_search());
  CHECK_FALSE(four.end_search());
  CHECK(four.begin_search());
  CHECK_FALSE(four.end_search());
  CHECK(four.end_search());
  IdleSet one{1, 0};
  CHECK(one.begin_search());
  CHECK_FALSE(one.begin_search());
}

TEST_CASE("who leaves by itself searches") {
  IdleSet idle{2, 0};
  Sleeper a{false};
  REQUIRE(idle.begin_search());
  idle.enlist(a, true);
  CHECK(idle.searching() == 0);
  CHECK(idle.leave(a));
  CHECK(idle.searching() == 1);
  CHECK(idle.sleeping() == 0);
  CHECK_FALSE(idle.leave(a));
}

TEST_CASE("the keeper and spares are picked last") {
  IdleSet idle{4, 2};
  idle.enter_duty();
  CHECK(idle.end_search());
  Sleeper keeper{false}, b{false}, c{false}, spare{true};
  for (Sleeper* one : {&keeper, &b, &spare, &c}) idle.enlist(*one, false);
  CHECK(idle.standing(keeper).keeper);
  CHECK_FALSE(idle.standing(b).keeper);
  CHECK(idle.pick_anyway() == &c);
  CHECK(idle.pick_anyway() == &b);
  CHECK(idle.pick_anyway() == &keeper);
  CHECK(idle.pick_anyway() == &spare);
  CHECK(idle.pick_anyway() == nullptr);
}

TEST_CASE("an earlier timer wakes the keeper, a later one does not") {
  IdleSet idle{2, 0};
  Sleeper a{false}, b{false};
  CHECK(idle.keeper_to_wake(soon) == nullptr);
  idle.enlist(a, false);
  idle.enlist(b, false);
  CHECK(idle.keeper_to_wake(soon) == &a);
  idle.keep_until(b, soon);
  CHECK(idle.keeper_to_wake(soon) == &a);
  idle.keep_until(a, soon);
  CHECK(idle.keeper_to_wake(soon) == nullptr);
  CHECK(idle.keeper_to_wake(soon + std::chrono::seconds{1}) == nullptr);
  CHECK(idle.keeper_to_wake(soon - std::chrono::nanoseconds{1}) == &a);
}

TEST_CASE("the role of the keeper is free again when the keeper leaves") {
  IdleSet idle{3, 0};
  Sleeper a{false}, b{false};
  idle.enlist(a, false);
  idle.keep_until(a, soon);
  REQUIRE(idle.leave(a));
  CHECK(idle.keeper_to_wake(soon - std::chrono::seconds{1}) == nullptr);
  idle.enlist(b, false);
  CHECK(idle.standing(b).keeper);
  // A new keeper sleeps for ever until it says otherwise.
  CHECK(idle.keeper_to_wake(soon + std::chrono::seconds{1}) == &b);
}

TEST_CASE("a spare steps down only when fewer workers are stalled than spares are on duty") {
  IdleSet idle{2, 2};
  Sleeper spare{true};
  idle.enter_duty();
  CHECK(idle.on_duty() == 1);
  CHECK(idle.searching() == 1);
  idle.set_stalled(1, false);
  bool last = false;
  CHECK_FALSE(idle.retire(spare, true, last));
  idle.set_stalled(0, false);
  CHECK(idle.retire(spare, true, last));
  CHECK(last);
  CHECK(idle.standing(spare).retired);
  CHECK(idle.on_duty() == 0);
  CHECK(idle.searching() == 0);
  CHECK(idle.recall() == &spare);
  CHECK_FALSE(idle.standing(spare).retired);
  CHECK(idle.on_duty() == 1);
  CHECK(idle.searching() == 1);
  CHECK(idle.recall() == nullptr);
  idle.leave_duty();
  CHECK(idle.on_duty() == 0);
}

TEST_CASE("a sleeping spare is retired where it sleeps, and hands the keeper's role on") {
  IdleSet idle{1, 1};
  Sleeper a{false}, spare{true};
  idle.enter_duty();
  idle.enlist(spare, true);
  REQUIRE(idle.standing(spare).keeper);
  // The only sleeper keeps the time.
  CHECK(idle.retire_surplus() == nullptr);
  CHECK(idle.on_duty() == 1);
  idle.enlist(a, false);
  idle.set_stalled(1, false);
  CHECK(idle.retire_surplus() == nullptr);
  CHECK(idle.on_duty() == 1);
  idle.set_stalled(0, false);
  CHECK(idle.retire_surplus() == &a);
  CHECK(idle.standing(a).keeper);
  CHECK(idle.keeper_to_wake(soon) == &a);
  CHECK(idle.standing(spare).retired);
  CHECK_FALSE(idle.standing(spare).listed);
  CHECK(idle.sleeping() == 1);
  CHECK(idle.all_asleep());
  CHECK_FALSE(idle.leave(spare));
  CHECK(idle.recall() == &spare);
  CHECK(idle.searching() == 1);
}

TEST_CASE("all are asleep when the regular ones and the spares on duty are") {
  IdleSet idle{1, 1};
  Sleeper a{false}, spare{true};
  CHECK_FALSE(idle.all_asleep());
  idle.enlist(a, false);
  CHECK(idle.all_asleep());
  idle.enter_duty();
  CHECK_FALSE(idle.all_asleep());
  idle.enlist(spare, true);
  CHECK(idle.all_asleep());
}

TEST_CASE("all sleep only when nothing is on its way between queues") {
  IdleSet idle{2, 0};
  Sleeper a{false};
  Sleeper b{false};
  idle.enlist(a, false);
  CHECK_FALSE(idle.sleep_of_all());
  idle.enlist(b, false);
  const auto sleep = idle.sleep_of_all();
  CHECK(sleep);
  idle.set_rescuing(true);
  CHECK_FALSE(idle.sleep_of_all());
  idle.set_rescuing(false);
  CHECK(idle.sleep_of_all() == sleep);
}
