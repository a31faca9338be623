// VirtualClock: time that passes only while nothing can run.
#include <coppice/time/virtual_clock.hpp>

#include "in_process.hpp"

using namespace coppice;
using namespace coppice::test;
using namespace std::chrono_literals;

namespace {

// Runs a main process on a clock of its own; the clock's reading when that has ended.
template <class F>
timing::Instant run_virtually(F main) {
  timing::VirtualClock clock;
  RuntimeOptions options = with_schedulers({.crash_reports = false});
  options.clock = &clock;
  Runtime runtime{options};
  runtime.run(main);
  return clock.now();
}

constexpr timing::Instant beginning{};
// The wheel rounds up.
constexpr auto a_tick = 1ms;

// Keeps a processor for much longer than others need to act, if they could.
void compute() {
  for (int i = 0; i < 20'000; ++i) base::yield_thread();
}

class Silent : public GenServer {
 public:
  struct Ask {};
  Reply<int> handle_call(Ask, From<int> from) {
    asked_ = std::move(from);
    return no_reply;
  }

 private:
  std::optional<From<int>> asked_;
};

}  // namespace

TEST_CASE("virtual clock: waits take no time, and time passes as far as they say", "[virtual]") {
  const timing::Instant end = run_virtually([]() -> Task<> {
    for (int i = 0; i < 3; ++i) co_await sleep(24h);
    const bool got = (co_await receive<int>(1h)).has_value();
    EXPECT(!got);
  });
  CHECK(end >= beginning + 73h);
  CHECK(end <= beginning + 73h + 4 * a_tick);
}

TEST_CASE("virtual clock: what time orders is so ordered however long anything takes", "[virtual]") {
  Journal journal;
  run_virtually([&journal]() -> Task<> {
    const auto act = [&journal](timing::Duration when, std::string word) -> Task<> {
      co_await sleep(when);
      compute();
      journal.write(word);
    };
    const MonitorRef last = spawn_monitor(act, 30ms, "third").ref;
    spawn(act, 20ms, "second");
    spawn(act, 10ms, "first");
    compute();
    co_await receive(on(last, [](const Down&) {}));
  });
  CHECK(journal.text() == "first second third");
}

TEST_CASE("virtual clock: stands still while a blocking function runs", "[virtual]") {
  Journal journal;
  run_virtually([&journal]() -> Task<> {
    const auto tick = [&journal]() -> Task<> {
      co_await sleep(1s);
      journal.write("tick");
    };
    const MonitorRef ticked = spawn_monitor(tick).ref;
    co_await blocking(compute);
    journal.write("worked");
    EXPECT(now() == beginning);
    co_await receive(on(ticked, [](const Down&) {}));
  });
  CHECK(journal.text() == "worked tick");
}

TEST_CASE("virtual clock: stands still while a process on its own thread runs", "[virtual]") {
  Journal journal;
  run_virtually([&journal]() -> Task<> {
    const auto work = [&journal]() -> Task<> {
      compute();
      journal.write("worked");
      co_await sleep(2s);
      compute();
      journal.write("again");
    };
    const SpawnedMonitor worker = spawn_monitor(SpawnOptions{.thread = dedicated}, work);
    co_await sleep(1s);
    journal.write("tick");
    co_await receive(on(worker.ref, [](const Down&) {}));
  });
  CHECK(journal.text() == "worked tick again");
}

TEST_CASE("virtual clock: a plain thread's timeouts are real", "[virtual]") {
  timing::VirtualClock clock;
  RuntimeOptions options = with_schedulers({.crash_reports = false});
  options.clock = &clock;
  Runtime runtime{options};
  const auto server = runtime.start<Silent>();
  const auto answer = runtime.try_call<Silent::Ask>(server, 20ms);
  REQUIRE(!answer.has_value());
  CHECK(answer.error().kind() == CallError::Kind::timeout);
  CHECK(clock.now() == beginning);
}
