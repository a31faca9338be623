// Labels, ancestors and crash reports, through an event sink.
#include <chrono>
#include <mutex>
#include <stdexcept>
#include <string>
#include <vector>

#include <coppice/core.hpp>
#include <coppice/process/events.hpp>

#include "processes.hpp"

using namespace coppice;
using namespace coppice::test;
using namespace std::chrono_literals;

namespace {

struct Go {};

class Crashes final : public process::EventSink {
 public:
  void crashed(const process::CrashReport& report) noexcept override {
    const std::lock_guard guard{lock_};
    reports_.push_back(report);
  }
  std::vector<process::CrashReport> reports() {
    const std::lock_guard guard{lock_};
    return reports_;
  }

 private:
  std::mutex lock_;
  std::vector<process::CrashReport> reports_;
};

template <class Body>
std::vector<process::CrashReport> crashes_of(Body body) {
  Crashes crashes;
  RuntimeOptions options = quiet();
  options.events = &crashes;
  Runtime runtime{options};
  runtime.run(std::move(body));
  runtime.stop();
  return crashes.reports();
}

Task<> faulty() {
  set_label("printer 3");
  (void)register_name("printer", self());
  throw std::runtime_error{"no ink"};
  co_return;
}
Task<> end_of(SpawnedMonitor process) { co_await receive(on(process.ref, [](const Down&) {})); }

}  // namespace

TEST_CASE("crash report: says who, what ran, label, name and reason", "[process][reports]") {
  Pid crashed;
  const auto reports = crashes_of([&crashed]() -> Task<> {
    const SpawnedMonitor p = spawn_monitor(faulty);
    crashed = p.pid;
    co_await end_of(p);
  });
  REQUIRE(reports.size() == 1);
  CHECK(reports[0].pid == crashed);
  CHECK(reports[0].label == "printer 3");
  CHECK(reports[0].name == Atom{"printer"});
  CHECK(reports[0].reason.text().find("no ink") != std::string::npos);
  CHECK_FALSE(reports[0].what.empty());
}

TEST_CASE("crash report: names the ancestors, parent first", "[process][reports]") {
  std::vector<Pid> expected;
  const auto reports = crashes_of([&expected]() -> Task<> {
    expected.push_back(self());
    co_await end_of(spawn_monitor([&expected]() -> Task<> {
      EXPECT(process_info(self()).parent == expected.front());
      expected.insert(expected.begin(), self());
      co_await end_of(spawn_monitor(faulty));
    }));
  });
  REQUIRE(reports.size() == 1);
  CHECK(reports[0].ancestors == expected);
}

TEST_CASE("crash report: for every end by itself that is not orderly, and for no other", "[process][reports]") {
  const auto reports = crashes_of([]() -> Task<> {
    const auto ends_with = [](ExitReason reason) -> Task<> {
      exit(std::move(reason));
      co_return;
    };
    co_await end_of(spawn_monitor([]() -> Task<> { co_return; }));
    co_await end_of(spawn_monitor(ends_with, ExitReason::normal()));
    co_await end_of(spawn_monitor(ends_with, ExitReason::shutdown()));
    co_await end_of(spawn_monitor(ends_with, ExitReason::shutdown("done")));
    const SpawnedMonitor killed = spawn_monitor([]() -> Task<> { co_await receive([](Go) {}); });
    exit(killed.pid, ExitReason::kill());
    co_await end_of(killed);
    const SpawnedMonitor told = spawn_monitor([]() -> Task<> { co_await receive([](Go) {}); });
    exit(told.pid, ExitReason::custom("by a signal"));
    co_await end_of(told);
    co_await end_of(spawn_monitor(ends_with, ExitReason::custom("first")));
    co_await end_of(spawn_monitor(ends_with, ExitReason::kill()));
    co_await end_of(spawn_monitor([]() -> Task<> { throw 5; co_return; }));
  });
  REQUIRE(reports.size() == 3);
  CHECK(reports[0].reason == ExitReason::custom("first"));
  CHECK(reports[1].reason == ExitReason::kill());
  CHECK(reports[2].reason.is_error());
}

TEST_CASE("crash report: of a server names the message that it was handling", "[process][reports]") {
  struct Explode {};
  class Bomb : public GenServer {
   public:
    void handle_cast(Explode) { throw std::runtime_error{"bang"}; }
  };
  const auto reports = crashes_of([]() -> Task<> {
    auto bomb = co_await start<Bomb>();
    const MonitorRef ref = monitor(bomb.pid());
    bomb.cast<Explode>();
    co_await receive(on(ref, [](const Down&) {}));
  });
  REQUIRE(reports.size() == 1);
  CHECK(reports[0].what.find("Bomb") != std::string::npos);
  CHECK(reports[0].last_message.find("Explode") != std::string::npos);
}

TEST_CASE("label: belongs to its process", "[process][reports]") {
  in_process([]() -> Task<> {
    EXPECT(process_info(self()).label.empty());
    set_label("main");
    EXPECT(process_info(self()).label == "main");
    set_label("other");
    EXPECT(process_info(self()).label == "other");
    co_return;
  });
}

TEST_CASE("process_info: of another process is an error", "[process][reports]") {
  in_process([]() -> Task<> {
    const Pid other = spawn([]() -> Task<> { co_await receive([](Go) {}); });
    bool refused = false;
    try {
      (void)process_info(other);
    } catch (const ProcessError& e) {
      refused = e.code() == ProcessErrorCode::bad_argument;
    }
    EXPECT(refused);
    send(other, Go{});
    co_return;
  });
}
