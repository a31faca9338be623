#include <coppice/supervision/auto_shutdown.hpp>

#include "catch.hpp"

using namespace coppice;
using namespace coppice::supervision;

TEST_CASE("auto_shutdown: never ends the supervisor for no child") {
  CHECK(!ends_supervisor(AutoShutdown::never, Significance::significant, 0));
  CHECK(!ends_supervisor(AutoShutdown::never, Significance::bystander, 0));
}

TEST_CASE("auto_shutdown: a child that is not significant never ends the supervisor") {
  CHECK(!ends_supervisor(AutoShutdown::any_significant, Significance::bystander, 0));
  CHECK(!ends_supervisor(AutoShutdown::all_significant, Significance::bystander, 0));
}

TEST_CASE("auto_shutdown: any_significant ends it with the first, all_significant with the last") {
  CHECK(ends_supervisor(AutoShutdown::any_significant, Significance::significant, 3));
  CHECK(ends_supervisor(AutoShutdown::any_significant, Significance::significant, 0));
  CHECK(!ends_supervisor(AutoShutdown::all_significant, Significance::significant, 1));
  CHECK(ends_supervisor(AutoShutdown::all_significant, Significance::significant, 0));
}
