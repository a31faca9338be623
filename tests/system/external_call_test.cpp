// A runtime used from plain threads: starts, calls, futures, waits.
#include "in_process.hpp"

#include <atomic>
#include <thread>

using namespace coppice;
using namespace coppice::test;
using namespace std::chrono_literals;

namespace {

struct Echo {
  int value;
};
struct Upper {
  std::string text;
};
struct Hold {};
struct Release {};
struct Nothing {};
struct Quit {};
struct Crash {};
struct Misuse {
  Runtime* runtime;
};

class Server : public GenServer {
 public:
  int handle_call(Echo e) { return e.value; }
  std::string handle_call(Upper u) {
    for (char& c : u.text) c = static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
    return u.text;
  }
  Reply<int> handle_call(Hold, From<int> from) {
    held_.push_back(std::move(from));
    return no_reply;
  }
  int handle_call(Release) {
    const auto count = static_cast<int>(held_.size());
    for (From<int>& from : held_) from.reply(0);
    held_.clear();
    return count;
  }
  void handle_call(Nothing) {}
  Reply<int> handle_call(Quit) { return Reply<int>::stop(ExitReason::custom(3), 4); }
  int handle_call(Crash) { throw std::runtime_error{"crash for a thread"}; }

 private:
  std::vector<From<int>> held_;
};

class SlowStart : public GenServer {
 public:
  Task<> init() {
    co_await receive([](Release) {});
  }
};
class FailsToStart : public GenServer {
 public:
  FailsToStart() { throw std::runtime_error{"no start"}; }
};
class Ignores : public GenServer {
 public:
  InitResult init() { return InitResult::ignore(); }
};

// A runtime for plain threads, and the check that it leaves nothing.
template <class Body>
void with_runtime(Body body) {
  {
    Reports reports;
    RuntimeOptions options;
    options.events = &reports;
    Runtime runtime{with_schedulers(options)};
    body(runtime);
    CHECK(runtime.stop(patience).has_value());
  }
  CHECK(base::pool_stats().live_blocks == 0);
}

}  // namespace

TEST_CASE("external: calls from many threads at a time get their own replies", "[external]") {
  with_runtime([](Runtime& runtime) {
    auto server = runtime.start<Server>();
    std::vector<std::thread> threads;
    std::atomic<int> wrong{0};
    for (int t = 0; t < 8; ++t)
      threads.emplace_back([&, t] {
        for (int i = 0; i < 200; ++i)
          if (runtime.call<Echo>(server, patience, t * 1000 + i) != t * 1000 + i) ++wrong;
      });
    for (std::thread& thread : threads) thread.join();
    CHECK(wrong == 0);
  });
}

TEST_CASE("external: every form of a call", "[external]") {
  with_runtime([](Runtime& runtime) {
    auto server = runtime.start<Server>(StartOptions{.name = "server"});
    CHECK(runtime.call<Echo>(server, 1min, 1) == 1);
    CHECK(runtime.call(server, Upper{"text"}) == "TEXT");
    CHECK(runtime.call(server, Upper{"text"}, 1min) == "TEXT");
    CHECK(runtime.call<Echo>(Name<Server>{"server"}, 1min, 2) == 2);
    runtime.call<Nothing>(server, 1min);
    CHECK(runtime.try_call<Nothing>(server, 1min).has_value());
    CHECK(runtime.try_call(server, Upper{"x"}).value() == "X");
    CHECK(runtime.call<Echo>(server, infinity, 3) == 3);
    CHECK(runtime.whereis("server") == server.pid());
  });
}

TEST_CASE("external: a call fails by timeout, and a late reply disturbs no later call",
          "[external]") {
  with_runtime([](Runtime& runtime) {
    auto server = runtime.start<Server>();
    for (int i = 0; i < 5; ++i) {
      const auto begin = std::chrono::steady_clock::now();
      const auto late = runtime.try_call<Hold>(server, 2ms);
      CHECK(std::chrono::steady_clock::now() - begin >= 2ms);
      REQUIRE(!late);
      CHECK(late.error().is_timeout());
      CHECK(late.error().request().find("Hold") != std::string::npos);
    }
    CHECK(runtime.call<Release>(server, patience) == 5);
    CHECK(runtime.call<Echo>(server, patience, 6) == 6);
    CHECK(runtime.late_reply_count() == 5);
    CHECK_THROWS_AS(runtime.call<Hold>(server, 1ms), CallFailed);
    CHECK(runtime.call<Release>(server, patience) == 1);
  });
}

TEST_CASE("external: a late reply keeps no memory, though the thread never calls again",
          "[external]") {
  with_runtime([](Runtime& runtime) {
    auto server = runtime.start<Server>();
    std::thread{[&] { EXPECT(!runtime.try_call<Hold>(server, 1ms)); }}.join();
    std::thread{[&] { EXPECT(runtime.call<Release>(server, patience) == 1); }}.join();
  });
}

TEST_CASE("external: a call fails with the server's reason, or noproc", "[external]") {
  with_runtime([](Runtime& runtime) {
    auto crashing = runtime.start<Server>();
    const auto crashed = runtime.try_call<Crash>(crashing, patience);
    CHECK(crashed.error().is_exit());
    CHECK(crashed.error().reason().text().find("crash for a thread") != std::string::npos);
    (void)runtime.wait(crashing, patience);  // its reply comes while it ends
    const auto gone = runtime.try_call<Echo>(crashing, patience, 1);
    CHECK(gone.error().is_noproc());
    try {
      runtime.call<Echo>(crashing, patience, 1);
      FAIL_CHECK("nothing was thrown");
    } catch (const CallFailed& failed) {
      CHECK(failed.error().is_noproc());
      CHECK(std::string{failed.what()} == failed.error().text());
    }
    CHECK_THROWS_AS(runtime.call<Echo>(Name<Server>{"nobody"}, patience, 1), CallFailed);
  });
}

TEST_CASE("external: start hands on every outcome, and a failed one leaves nothing", "[external]") {
  with_runtime([](Runtime& runtime) {
    auto first = runtime.start<Server>(StartOptions{.name = "only"});
    const auto second = runtime.try_start<Server>(StartOptions{.name = "only"});
    REQUIRE(!second);
    CHECK(second.error().is_already_started());
    CHECK(second.error().running() == first.pid());
    CHECK_THROWS_AS(runtime.start<FailsToStart>(), StartFailed);
    CHECK(runtime.try_start<Ignores>().error().is_ignored());
    const auto slow = runtime.try_start<SlowStart>(StartOptions{.name = "slow", .timeout = 2ms});
    CHECK(slow.error().is_timeout());
    CHECK(!runtime.whereis("slow"));
    CHECK(runtime.wait(first, 0s) == std::nullopt);
  });
}

TEST_CASE("external: async_call gives a future of the value or of CallFailed", "[external]") {
  with_runtime([](Runtime& runtime) {
    auto server = runtime.start<Server>();
    std::vector<std::future<int>> futures;
    for (int i = 0; i < 100; ++i) futures.push_back(runtime.async_call<Echo>(server, patience, i));
    for (int i = 0; i < 100; ++i) CHECK(futures[static_cast<std::size_t>(i)].get() == i);
    runtime.async_call<Nothing>(server, patience).get();
    auto late = runtime.async_call<Hold>(server, 1ms);
    try {
      (void)late.get();
      FAIL_CHECK("nothing was thrown");
    } catch (const CallFailed& failed) {
      CHECK(failed.error().is_timeout());
    }
    auto dead = runtime.async_call<Echo>(ServerRef<Server>{}, patience, 1);
    CHECK_THROWS_AS(dead.get(), CallFailed);
  });
}

TEST_CASE("external: a future of a runtime that stops is broken, not forgotten", "[external]") {
  std::future<int> future;
  with_runtime([&future](Runtime& runtime) {
    auto server = runtime.start<Server>();
    future = runtime.async_call<Hold>(server, infinity);
  });
  REQUIRE(future.wait_for(0s) == std::future_status::ready);
  CHECK_THROWS(future.get());
}

TEST_CASE("external: wait gives why a process ended, or nothing in time", "[external]") {
  with_runtime([](Runtime& runtime) {
    auto server = runtime.start<Server>();
    CHECK(!runtime.wait(server, 1ms));
    CHECK(runtime.call<Quit>(server, patience) == 4);
    const auto reason = runtime.wait(server, patience);
    REQUIRE(reason);
    // The end may have come before the wait.
    CHECK((*reason == ExitReason::custom(3) || *reason == ExitReason::noproc()));
    CHECK(runtime.wait(server, patience) == ExitReason::noproc());

    // Ends once somebody waits for it.
    const Pid pid = runtime.spawn([]() -> Task<> {
      while (process_info(self()).monitored_by.empty()) co_await sleep(0s);
      exit(ExitReason::custom(7));
    });
    CHECK(runtime.wait(pid, patience) == ExitReason::custom(7));
  });
}

TEST_CASE("external: send and exit reach processes", "[external]") {
  with_runtime([](Runtime& runtime) {
    std::promise<int> got;
    auto future = got.get_future();
    const Pid pid = runtime.spawn([&got]() -> Task<> {
      const Echo echo = co_await next<Echo>();
      const Upper upper = co_await next<Upper>();
      got.set_value(echo.value + static_cast<int>(upper.text.size()));
    });
    runtime.send<Echo>(pid, 40);
    runtime.send(pid, Upper{"ab"});
    CHECK(future.get() == 42);
    (void)runtime.wait(pid, patience);
    runtime.send<Echo>(pid, 1);
    CHECK(runtime.dead_letter_count() == 1);
  });
}

TEST_CASE("external: what would block a scheduler's thread is refused there", "[external]") {
  with_runtime([](Runtime& runtime) {
    auto server = runtime.start<Server>();
    Runtime* const r = &runtime;
    const int refused = runtime.run([r, server]() -> Task<int> {
      int count = 0;
      const auto attempt = [&count](auto&& action) {
        try {
          action();
        } catch (const std::logic_error& error) {
          if (std::string{error.what()}.find("scheduler's thread") != std::string::npos) ++count;
        }
      };
      attempt([&] { (void)r->try_call<Echo>(server, 1s, 1); });
      attempt([&] { (void)r->wait(server, 1s); });
      attempt([&] { (void)r->stop(1s); });
      attempt([&] { r->stop(); });
      attempt([&] { (void)r->try_start<Server>(); });
      attempt([&] { (void)r->run([]() -> Task<int> { co_return 0; }); });
      co_return count;
    });
    CHECK(refused == 6);
    // On a thread of the blocking pool it may be done.
    const int called = runtime.run([r, server]() -> Task<int> {
      auto call = [](Runtime* own, ServerRef<Server> to) {
        return own->call<Echo>(to, patience, 5);
      };
      co_return co_await blocking(call, r, server);
    });
    CHECK(called == 5);
  });
}
