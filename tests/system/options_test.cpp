// RuntimeOptions: what is out of range is refused, by name and with the range.
#include "in_process.hpp"

using namespace coppice;
using namespace coppice::test;
using namespace std::chrono_literals;

namespace {

struct Case {
  RuntimeOptions options;
  std::string complaint;
};

template <class Change>
RuntimeOptions with(Change change) {
  RuntimeOptions options;
  change(options);
  return options;
}

std::string complaint_about(const RuntimeOptions& options) {
  try {
    hosting::check_options(options);
  } catch (const BadOption& bad) {
    return bad.what();
  }
  return {};
}

}  // namespace

TEST_CASE("options: the defaults are in range", "[options]") {
  CHECK_NOTHROW(hosting::check_options(RuntimeOptions{}));
}

TEST_CASE("options: each value out of its range is named with the range", "[options]") {
  using O = RuntimeOptions;
  const std::vector<Case> cases{
      {with([](O& o) { o.schedulers = 1025; }),
       "RuntimeOptions.schedulers is 1025: it must be from 0 to 1024"},
      {with([](O& o) { o.max_spares = 1025; }),
       "RuntimeOptions.max_spares is 1025: it must be from 0 to 1024"},
      {with([](O& o) { o.stall_after = 99us; }),
       "RuntimeOptions.stall_after is 99000 ns: it must be from 100000 ns to 3600000000000 ns"},
      {with([](O& o) { o.stall_after = 2h; }),
       "RuntimeOptions.stall_after is 7200000000000 ns: it must be from 100000 ns to 3600000000000 "
       "ns"},
      {with([](O& o) { o.report_stall_after = 4ms; }),
       "RuntimeOptions.report_stall_after is 4000000 ns: it must be from 5000000 ns to "
       "3600000000000 ns"},
      {with([](O& o) { o.blocking_threads = 0; }),
       "RuntimeOptions.blocking_threads is 0: it must be from 1 to 16384"},
      {with([](O& o) { o.blocking_threads = 16385; }),
       "RuntimeOptions.blocking_threads is 16385: it must be from 1 to 16384"},
      {with([](O& o) { o.slice_budget = 0; }),
       "RuntimeOptions.slice_budget is 0: it must be from 1 to 250"},
      {with([](O& o) { o.slice_budget = 251; }),
       "RuntimeOptions.slice_budget is 251: it must be from 1 to 250"},
      {with([](O& o) { o.shutdown_grace = -1ns; }),
       "RuntimeOptions.shutdown_grace is -1 ns: it must be from 0 ns to 3600000000000 ns"},
  };
  for (const Case& c : cases) CHECK(complaint_about(c.options) == c.complaint);
}

TEST_CASE("options: the ends of the ranges are allowed", "[options]") {
  using O = RuntimeOptions;
  const std::vector<RuntimeOptions> allowed{
      with([](O& o) { o.schedulers = 1024; }),
      with([](O& o) { o.max_spares = 0; }),
      with([](O& o) { o.max_spares = 1024; }),
      with([](O& o) { o.stall_after = 100us; }),
      with([](O& o) { o.stall_after = o.report_stall_after = 1h; }),
      with([](O& o) { o.blocking_threads = 1; }),
      with([](O& o) { o.blocking_threads = 16384; }),
      with([](O& o) { o.slice_budget = 1; }),
      with([](O& o) { o.slice_budget = 250; }),
      with([](O& o) { o.shutdown_grace = 0s; }),
      with([](O& o) { o.shutdown_grace = 1h; }),
  };
  for (const RuntimeOptions& options : allowed) CHECK(complaint_about(options).empty());
}

TEST_CASE("options: a runtime refuses them before it starts anything", "[options]") {
  CHECK_THROWS_AS(Runtime{RuntimeOptions{.slice_budget = 0}}, BadOption);
  CHECK(base::pool_stats().live_blocks == 0);
}

TEST_CASE("options: the number of schedulers is as asked for", "[options]") {
  for (const unsigned wanted : {1u, 3u}) {
    Runtime runtime{RuntimeOptions{.schedulers = wanted}};
    CHECK(runtime.schedulers() == wanted);
  }
  Runtime runtime{RuntimeOptions{}};
  CHECK(runtime.schedulers() >= 1);
}

TEST_CASE("options: a budget of one message lets everything run all the same", "[options]") {
  in_process({.slice_budget = 1}, []() -> Task<> {
    struct Note {};
    for (int i = 0; i < 1000; ++i) send<Note>(self());
    for (int i = 0; i < 1000; ++i) (void)co_await next<Note>();
    for (int i = 0; i < 100; ++i) co_await sleep(0s);
    EXPECT(queued() == 0);
  });
}
