// run(): a main process, its value, and what leaves it.
#include "in_process.hpp"

using namespace coppice;
using namespace coppice::test;
using namespace std::chrono_literals;

namespace {

struct Odd {
  explicit Odd(int c) : code{c} {}
  int code;
};

RuntimeOptions silent() { return with_schedulers({.crash_reports = false}); }

Task<int> returns(int code) {
  co_await sleep(0s);
  co_return code;
}
Task<int> throws(std::string text) {
  co_await sleep(0s);
  throw std::out_of_range{text};
  co_return 0;
}
Task<int> throws_odd() {
  throw Odd{5};
  co_return 0;
}
Task<int> exits(ExitReason reason) {
  exit(std::move(reason));
  co_return 0;
}

}  // namespace

TEST_CASE("run: gives the value of the main process", "[run]") {
  {
    Runtime runtime{silent()};
    CHECK(runtime.run(returns, 4) == 4);
    CHECK(*runtime.run(
              []() -> Task<std::unique_ptr<int>> { co_return std::make_unique<int>(5); }) == 5);
    int seen = 0;
    runtime.run([&seen]() -> Task<> {
      seen = 6;
      co_return;
    });
    CHECK(seen == 6);
  }
  CHECK(base::pool_stats().live_blocks == 0);
}

TEST_CASE("run: throws again what left the main process, as it was", "[run]") {
  {
    Runtime runtime{silent()};
    try {
      runtime.run(throws, "the text");
      FAIL_CHECK("nothing was thrown");
    } catch (const std::out_of_range& error) {
      CHECK(std::string{error.what()} == "the text");
    }
    try {
      runtime.run(throws_odd);
      FAIL_CHECK("nothing was thrown");
    } catch (const Odd& odd) {
      CHECK(odd.code == 5);
    }
    CHECK(runtime.run(returns, 1) == 1);
  }
  CHECK(base::pool_stats().live_blocks == 0);
}

TEST_CASE("run: an exit without a value is thrown as ExitSignal", "[run]") {
  {
    Runtime runtime{silent()};
    for (const ExitReason& reason :
         {ExitReason::custom(3), ExitReason::shutdown(), ExitReason::normal()}) {
      try {
        runtime.run(exits, reason);
        FAIL_CHECK("nothing was thrown");
      } catch (const ExitSignal& signal) {
        CHECK(signal.reason() == reason);
      }
    }
    try {
      runtime.run([]() -> Task<> {
        exit(self(), ExitReason::kill());
        co_return;
      });
      FAIL_CHECK("nothing was thrown");
    } catch (const ExitSignal& signal) {
      CHECK(signal.reason() == ExitReason::killed());
    }
  }
  CHECK(base::pool_stats().live_blocks == 0);
}

TEST_CASE("run: many threads may run a main process each", "[run]") {
  {
    Runtime runtime{silent()};
    std::vector<std::future<int>> results;
    for (int i = 0; i < 8; ++i)
      results.push_back(
          std::async(std::launch::async, [&runtime, i] { return runtime.run(returns, i); }));
    for (int i = 0; i < 8; ++i) CHECK(results[static_cast<std::size_t>(i)].get() == i);
  }
  CHECK(base::pool_stats().live_blocks == 0);
}

TEST_CASE("run: the free function gives the exit code, 1 for what leaves main, 0 for normal",
          "[run]") {
  CHECK(coppice::run(returns, 7) == 7);
  CHECK(run_with(silent(), returns, 8) == 8);
  CHECK(run_with(silent(), []() -> Task<> { co_return; }) == 0);
  CHECK(run_with(silent(), throws, "on stderr once") == 1);
  CHECK(run_with(silent(), throws_odd) == 1);
  CHECK(run_with(silent(), exits, ExitReason::custom(1)) == 1);
  CHECK(run_with(silent(), exits, ExitReason::normal()) == 0);
  CHECK(base::pool_stats().live_blocks == 0);
}

TEST_CASE("run: what main leaves running ends with the runtime", "[run]") {
  Journal journal;
  const int code = run_with(silent(), [&journal]() -> Task<int> {
    for (int i = 0; i < 3; ++i)
      spawn([&journal]() -> Task<> {
        const Mark mark{journal, "ended"};
        send<int>(self(), 1);
        (void)co_await next<int>();
        journal.write("running");
        (void)co_await next<int>();
      });
    while (journal.text() != "running running running") co_await sleep(0s);
    co_return 2;
  });
  CHECK(code == 2);
  CHECK(journal.text() == "running running running ended ended ended");
  CHECK(base::pool_stats().live_blocks == 0);
}
