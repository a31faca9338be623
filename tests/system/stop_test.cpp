// The stop of a runtime: in order, with a grace, with a deadline, and leaving nothing.
#include "in_process.hpp"

#include <atomic>
#include <filesystem>
#include <thread>

using namespace coppice;
using namespace coppice::test;
using namespace std::chrono_literals;

namespace {

struct Go {};
struct Echo {
  int value;
};

RuntimeOptions quiet_options(timing::Duration grace = 60s) {
  return with_schedulers({.shutdown_grace = grace, .crash_reports = false});
}

std::size_t threads() {
  using Tasks = std::filesystem::directory_iterator;
  return static_cast<std::size_t>(std::distance(Tasks{"/proc/self/task"}, Tasks{}));
}
// A thread that was joined may be listed for a moment more.
bool threads_come_down_to(std::size_t expected) {
  for (int look = 0; look < 10'000 && threads() > expected; ++look)
    std::this_thread::sleep_for(1ms);
  return threads() <= expected;
}

// Processes that do come back may need a while.
std::expected<void, StopError> stop_until_one_is_left(Runtime& runtime) {
  for (;;) {
    auto late = runtime.stop(20ms);
    if (late || late.error().count() == 1) return late;
  }
}

class Server : public GenServer {
 public:
  Server(Journal* journal, std::string name) : journal_{*journal}, name_{std::move(name)} {
    trap_exit(true);
  }
  int handle_call(Echo e) { return e.value; }
  void terminate(const ExitReason& reason) { journal_.write(name_ + ":" + reason.text()); }

 private:
  Journal& journal_;
  std::string name_;
};

class Parent : public GenServer {
 public:
  explicit Parent(Journal* journal) : journal_{*journal} {}
  Task<> init() { (void)co_await start_link<Server>(&journal_, "child"); }
  void terminate(const ExitReason& reason) { journal_.write("parent:" + reason.text()); }

 private:
  Journal& journal_;
};

class Stubborn : public GenServer {
 public:
  explicit Stubborn(Journal* journal) : journal_{*journal}, mark_{*journal, "destroyed"} {}
  Task<> terminate(const ExitReason&) {
    journal_.write("terminate");
    co_await receive([](Go) {});
    journal_.write("never");
  }

 private:
  Journal& journal_;
  Mark mark_;
};

}  // namespace

TEST_CASE("stop: leaves no process, no block and no thread", "[stop]") {
  std::thread{[] {}}.join();  // with the first one ThreadSanitizer starts a thread of its own
  const std::size_t before = threads();
  {
    Runtime runtime{quiet_options()};
    Journal journal;
    for (int i = 0; i < 100; ++i) {
      (void)runtime.start<Server>(&journal, "s");
      runtime.spawn([]() -> Task<> { co_await receive([](Go) {}); });
      runtime.spawn([]() -> Task<> { co_await sleep(1h); });
      runtime.spawn([]() -> Task<> {
        send_after<Go>(1h, self());
        send<std::string>(self(), std::string(100, 'x'));
        co_await receive<Go>(2h);
      });
    }
    runtime.run([]() -> Task<> { co_await blocking([] {}); });
    runtime.spawn([]() -> Task<> {
      // A grandchild of nobody who is left.
      spawn([]() -> Task<> {
        spawn([]() -> Task<> { co_await receive([](Go) {}); });
        co_return;
      });
      co_return;
    });
    CHECK(runtime.stop(patience).has_value());
    CHECK(runtime.process_count() == 0);
    CHECK(base::pool_stats().live_blocks == 0);
    CHECK(threads_come_down_to(before));
  }
  CHECK(base::pool_stats().live_blocks == 0);
}

TEST_CASE("stop: a second one does nothing, and the destructor neither", "[stop]") {
  Runtime runtime{quiet_options()};
  runtime.stop();
  runtime.stop();
  CHECK(runtime.stop(1ns).has_value());
}

TEST_CASE("stop: servers end by terminate(shutdown), parents before what they own", "[stop]") {
  Journal journal;
  Runtime runtime{quiet_options()};
  (void)runtime.start<Parent>(&journal);
  runtime.stop();
  CHECK(journal.text() == "parent:shutdown child:shutdown");
}

TEST_CASE("stop: the user branch ends in the reverse order of its start, before the system branch",
          "[stop]") {
  Journal journal;
  Reports reports;
  RuntimeOptions options;
  options.events = &reports;
  Runtime runtime{with_schedulers(options)};
  for (const char* name : {"one", "two", "three"})
    (void)runtime.start_child(child<Server>(name, &journal, name));
  runtime.run(
      [&journal](ServerRef<StaticSupervisor> root) -> Task<> {
        const ChildInfo info = co_await root.which_child("system");
        const ServerRef<StaticSupervisor> branch{info.pid.value()};
        ChildSpec service = child<Server>("service", &journal, "service");
        (void)co_await branch.start_child(std::move(service));
      },
      runtime.root());
  runtime.stop();
  CHECK(journal.text() == "three:shutdown two:shutdown one:shutdown service:shutdown");
}

TEST_CASE("stop: other processes get an exit signal, which they may trap and act upon", "[stop]") {
  Journal journal;
  Runtime runtime{quiet_options()};
  std::promise<void> ready;
  runtime.spawn([&journal, &ready]() -> Task<> {
    trap_exit(true);
    ready.set_value();
    const Exit exit = co_await next<Exit>();
    co_await sleep(1ms);
    journal.write("trapped:" + exit.reason.text());
  });
  ready.get_future().wait();
  runtime.stop();
  CHECK(journal.text() == "trapped:shutdown");
}

TEST_CASE("stop: who is not ready when the grace is over is killed", "[stop]") {
  Journal journal;
  Runtime runtime{quiet_options(5ms)};
  (void)runtime.start<Stubborn>(&journal);
  std::promise<void> ready;
  runtime.spawn([&journal, &ready]() -> Task<> {
    const Mark mark{journal, "trapper"};
    trap_exit(true);
    ready.set_value();
    for (;;) (void)co_await receive<Exit>();
  });
  ready.get_future().wait();
  CHECK(runtime.stop(patience).has_value());
  const std::string text = journal.text();
  CHECK(text.find("terminate") != std::string::npos);
  CHECK(text.find("destroyed") != std::string::npos);
  CHECK(text.find("trapper") != std::string::npos);
  CHECK(text.find("never") == std::string::npos);
}

TEST_CASE("stop: no grace kills at once, without terminate", "[stop]") {
  Journal journal;
  Runtime runtime{quiet_options(0s)};
  (void)runtime.start<Server>(&journal, "server");
  runtime.stop();
  CHECK(journal.text().empty());
}

TEST_CASE("stop: with a deadline, it names who does not come back, and may be called again",
          "[stop]") {
  std::atomic<bool> released{false};
  std::promise<Pid> spinning;
  Runtime runtime{quiet_options(1ms)};
  runtime.spawn([&released, &spinning]() -> Task<> {
    (void)register_name("spinner", self());
    spinning.set_value(self());
    while (!released.load()) std::this_thread::yield();
    co_return;
  });
  const Pid pid = spinning.get_future().get();
  const auto late = stop_until_one_is_left(runtime);
  REQUIRE(!late);
  REQUIRE(late.error().processes().size() == 1);
  CHECK(late.error().processes()[0] == fmt::format("{} (spinner)", pid));
  CHECK(late.error().text() == fmt::format("1 processes did not end in time: {} (spinner)", pid));
  CHECK(is_alive(pid));
  CHECK(runtime.process_count() == 1);
  released = true;
  CHECK(runtime.stop(patience).has_value());
  CHECK(!is_alive(pid));
}

TEST_CASE("stop: a process in blocking() is waited for, since its code runs", "[stop]") {
  std::atomic<bool> released{false};
  std::promise<void> blocked;
  Runtime runtime{quiet_options(1ms)};
  runtime.spawn([&released, &blocked]() -> Task<> {
    auto work = [](std::atomic<bool>* until, std::promise<void>* begun) {
      begun->set_value();
      while (!until->load()) std::this_thread::yield();
    };
    co_await blocking(work, &released, &blocked);
  });
  blocked.get_future().wait();
  REQUIRE(!stop_until_one_is_left(runtime));
  released = true;
  CHECK(runtime.stop(patience).has_value());
}

TEST_CASE("stop: processes that are born meanwhile end too", "[stop]") {
  Runtime runtime{quiet_options(2ms)};
  for (int i = 0; i < 4; ++i)
    runtime.spawn([]() -> Task<> {
      trap_exit(true);
      for (;;) {
        for (int n = 0; n < 10; ++n) spawn([]() -> Task<> { co_await receive([](Go) {}); });
        co_await sleep(0s);
      }
    });
  CHECK(runtime.stop(patience).has_value());
  CHECK(runtime.process_count() == 0);
  CHECK(base::pool_stats().live_blocks == 0);
}

TEST_CASE("stop: threads that call meanwhile get an error and do not hang", "[stop]") {
  for (int round = 0; round < 10; ++round) {
    Runtime runtime{quiet_options()};
    Journal journal;
    auto server = runtime.start<Server>(&journal, "server");
    std::atomic<int> calling{0};
    std::atomic<int> wrong{0};
    std::vector<std::thread> callers;
    for (int t = 0; t < 3; ++t)
      callers.emplace_back([&] {
        ++calling;
        int value = 0;
        while (const auto answer = runtime.try_call<Echo>(server, patience, value)) {
          if (*answer != value++) ++wrong;
        }
      });
    while (calling.load() < 3) std::this_thread::yield();
    CHECK(runtime.stop(patience).has_value());
    for (std::thread& caller : callers) caller.join();
    CHECK(wrong == 0);
  }
  CHECK(base::pool_stats().live_blocks == 0);
}
