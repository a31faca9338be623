#include <coppice/supervision/spec_check.hpp>

#include <chrono>
#include <vector>

#include "catch.hpp"

using namespace coppice;
using namespace coppice::supervision;
using namespace std::chrono_literals;
using Kind = SpecError::Kind;

namespace {

ChildSettings settings(Restart restart, Significance significance = Significance::bystander) {
  ChildSettings s;
  s.restart = restart;
  s.significance = significance;
  return s;
}

Kind refused(const SpecCheck& check) {
  REQUIRE(check.has_value());
  return check->kind();
}

}  // namespace

TEST_CASE("spec check: OTP's default flags are accepted") {
  CHECK(!check_flags({}));
  CHECK(Flags{}.strategy == Strategy::one_for_one);
  CHECK(Flags{}.intensity == 1);
  CHECK(Flags{}.period == 5s);
  CHECK(Flags{}.auto_shutdown == AutoShutdown::never);
}

TEST_CASE("spec check: each bad flag is refused by name") {
  CHECK(refused(check_flags({.strategy = static_cast<Strategy>(9)})) == Kind::invalid_strategy);
  CHECK(refused(check_flags({.intensity = -1})) == Kind::invalid_intensity);
  CHECK(!check_flags({.intensity = 0}));
  CHECK(refused(check_flags({.period = 0s})) == Kind::invalid_period);
  CHECK(refused(check_flags({.period = -1s})) == Kind::invalid_period);
  CHECK(!check_flags({.period = 1ns}));
  CHECK(refused(check_flags({.auto_shutdown = static_cast<AutoShutdown>(9)})) ==
        Kind::invalid_auto_shutdown);
}

TEST_CASE("spec check: each bad setting of a child is refused with the child's id") {
  const AutoShutdown any = AutoShutdown::any_significant;
  CHECK(!check_child("a", {}, AutoShutdown::never));
  CHECK(refused(check_child("", {}, any)) == Kind::missing_id);
  CHECK(refused(check_child("a", settings(static_cast<Restart>(5)), any)) == Kind::invalid_restart);
  ChildSettings negative;
  negative.chosen_shutdown = -1ms;
  CHECK(refused(check_child("a", negative, any)) == Kind::invalid_shutdown);
  negative.chosen_shutdown = 0ms;
  CHECK(!check_child("a", negative, any));
  ChildSettings type;
  type.type = static_cast<ChildType>(2);
  CHECK(refused(check_child("a", type, any)) == Kind::invalid_type);
  CHECK(check_child("a", type, any)->child() == "a");
}

TEST_CASE("spec check: significant children that could never matter are refused") {
  constexpr auto yes = Significance::significant;
  for (const Restart restart : {Restart::permanent, Restart::transient, Restart::temporary})
    CHECK(refused(check_child("a", settings(restart, yes), AutoShutdown::never)) ==
          Kind::significant_but_never);
  for (const AutoShutdown mode : {AutoShutdown::any_significant, AutoShutdown::all_significant}) {
    CHECK(refused(check_child("a", settings(Restart::permanent, yes), mode)) ==
          Kind::significant_but_permanent);
    CHECK(!check_child("a", settings(Restart::transient, yes), mode));
    CHECK(!check_child("a", settings(Restart::temporary, yes), mode));
    CHECK(!check_child("a", settings(Restart::permanent), mode));
  }
  CHECK(SpecError{Kind::significant_but_never, "a", {}}.is_bad_combination());
  CHECK(SpecError{Kind::significant_but_permanent, "a", {}}.is_bad_combination());
  CHECK(!SpecError{Kind::duplicate_id, "a", {}}.is_bad_combination());
}

TEST_CASE("spec check: errors say what is wrong, and with which child") {
  CHECK(fmt::format("{}", *check_flags({.intensity = -3})) ==
        "invalid intensity -3: it must not be negative");
  CHECK(fmt::format("{}", *check_flags({.period = 0s})) ==
        "invalid period 0 s: it must be positive");
  CHECK(fmt::format("{}", SpecError{Kind::duplicate_id, "bee", {}}) ==
        "child \"bee\": duplicate child id");
  const std::vector<Kind> all{
      Kind::invalid_strategy,      Kind::invalid_intensity,         Kind::invalid_period,
      Kind::invalid_auto_shutdown, Kind::invalid_max_children,      Kind::missing_id,
      Kind::invalid_restart,       Kind::invalid_shutdown,          Kind::invalid_type,
      Kind::significant_but_never, Kind::significant_but_permanent, Kind::duplicate_id};
  for (const Kind kind : all)
    CHECK(SpecError(kind, "x", "v").text() != "child \"x\": invalid specification");
}
