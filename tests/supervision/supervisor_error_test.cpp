#include <coppice/supervision/supervisor_error.hpp>

#include <string>
#include <vector>

#include "catch.hpp"

using namespace coppice;
using Kind = SupervisorError::Kind;

TEST_CASE("supervisor error: says which rule refused, and about which child") {
  const SupervisorError missing{Kind::not_found, "a"};
  CHECK(missing.is_not_found());
  CHECK(missing.child() == "a");
  CHECK(fmt::format("{}", missing) == "child \"a\" is not known to this supervisor");
  CHECK(std::string{missing.what()} == missing.text());
  CHECK(missing.reason() == ExitReason::normal());
  CHECK(missing.spec_error() == nullptr);
  CHECK(!missing.is_bad_combination());
}

TEST_CASE("supervisor error: carries the pid, reason or spec error that belongs to it") {
  const auto there = SupervisorError::already_started("a", Pid{0, 7, 1});
  CHECK(there.is_already_started());
  CHECK(there.pid() == Pid{0, 7, 1});
  CHECK(there.text() == "child \"a\" is already started as <0.7.1>");

  const auto failed = SupervisorError::start_failed("a", ExitReason::custom(std::string{"bad"}));
  CHECK(failed.is_start_failed());
  CHECK(failed.reason() == ExitReason::custom(std::string{"bad"}));
  CHECK(failed.text() == "child \"a\" failed to start: bad");

  const auto dead = SupervisorError::unreachable(ExitReason::noproc());
  CHECK(dead.is_unreachable());
  CHECK(dead.text() == "the supervisor did not answer: noproc");

  const auto bad =
      SupervisorError::invalid_spec({supervision::SpecError::Kind::significant_but_never, "a", {}});
  CHECK(bad.is_invalid_spec());
  CHECK(bad.is_bad_combination());
  CHECK(bad.child() == "a");
  const SupervisorError copy = bad;
  CHECK(copy.spec_error() == bad.spec_error());
}

TEST_CASE("supervisor error: each kind has its question and its words") {
  struct Row {
    Kind kind;
    bool (SupervisorError::*question)() const noexcept;
  };
  const std::vector<Row> rows{{Kind::already_started, &SupervisorError::is_already_started},
                              {Kind::already_present, &SupervisorError::is_already_present},
                              {Kind::running, &SupervisorError::is_running},
                              {Kind::restarting, &SupervisorError::is_restarting},
                              {Kind::not_found, &SupervisorError::is_not_found},
                              {Kind::invalid_spec, &SupervisorError::is_invalid_spec},
                              {Kind::max_children, &SupervisorError::is_max_children},
                              {Kind::start_failed, &SupervisorError::is_start_failed},
                              {Kind::unreachable, &SupervisorError::is_unreachable}};
  std::vector<std::string> texts;
  for (const Row& row : rows) {
    const SupervisorError error{row.kind, "x"};
    for (const Row& other : rows) CHECK((error.*other.question)() == (other.kind == row.kind));
    for (const std::string& text : texts) CHECK(text != error.text());
    texts.push_back(error.text());
  }
}

TEST_CASE("supervisor error: a child that failed to start prints its whole story") {
  const supervision::FailedToStart inner{"c", ExitReason::custom(std::string{"bad"})};
  const supervision::FailedToStart outer{"s", ExitReason::shutdown(inner)};
  CHECK(fmt::format("{}", outer) ==
        "failed to start child \"s\": shutdown: failed to start child \"c\": bad");
  CHECK(outer == supervision::FailedToStart{"s", ExitReason::shutdown(inner)});
}
