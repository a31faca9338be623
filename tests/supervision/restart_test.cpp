#include <coppice/supervision/restart.hpp>

#include <vector>

#include "catch.hpp"

using namespace coppice;
using namespace coppice::supervision;

namespace {

struct Case {
  Restart restart;
  Ending how;
  AfterEnd then;
  Reported reported;
};

const std::vector<Case> table{
    {Restart::permanent, Ending::normal, AfterEnd::restart, Reported::yes},
    {Restart::permanent, Ending::shutdown, AfterEnd::restart, Reported::yes},
    {Restart::permanent, Ending::shutdown_with, AfterEnd::restart, Reported::yes},
    {Restart::permanent, Ending::killed, AfterEnd::restart, Reported::yes},
    {Restart::permanent, Ending::other, AfterEnd::restart, Reported::yes},
    {Restart::transient, Ending::normal, AfterEnd::keep_spec, Reported::no},
    {Restart::transient, Ending::shutdown, AfterEnd::keep_spec, Reported::no},
    {Restart::transient, Ending::shutdown_with, AfterEnd::keep_spec, Reported::no},
    {Restart::transient, Ending::killed, AfterEnd::restart, Reported::yes},
    {Restart::transient, Ending::other, AfterEnd::restart, Reported::yes},
    {Restart::temporary, Ending::normal, AfterEnd::forget_spec, Reported::no},
    {Restart::temporary, Ending::shutdown, AfterEnd::forget_spec, Reported::no},
    {Restart::temporary, Ending::shutdown_with, AfterEnd::forget_spec, Reported::no},
    {Restart::temporary, Ending::killed, AfterEnd::forget_spec, Reported::yes},
    {Restart::temporary, Ending::other, AfterEnd::forget_spec, Reported::yes},
};

}  // namespace

TEST_CASE("restart: what becomes of a child depends on its restart type and on how it ended") {
  for (const Case& c : table) {
    INFO(fmt::format("{}, ending {}", c.restart, static_cast<int>(c.how)));
    CHECK(after_end(c.restart, c.how) == c.then);
    CHECK(reports_end(c.restart, c.how) == c.reported);
  }
}

TEST_CASE("restart: types print as their words, and a value that is none as a number") {
  CHECK(fmt::format("{} {} {}", Restart::permanent, Restart::transient, Restart::temporary) ==
        "permanent transient temporary");
  CHECK(fmt::format("{}", static_cast<Restart>(7)) == "7");
  CHECK(is_named(Restart::temporary));
  CHECK(!is_named(static_cast<Restart>(3)));
}
