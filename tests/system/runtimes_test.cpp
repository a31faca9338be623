// Several runtimes beside each other.
#include "in_process.hpp"

#include <thread>

using namespace coppice;
using namespace coppice::test;
using namespace std::chrono_literals;

namespace {

struct Echo {
  int value;
};
struct Ask {
  Pid whom;
};
struct Go {};

class Server : public GenServer {
 public:
  int handle_call(Echo e) { return e.value; }
  // Asks a server of another runtime.
  Task<int> handle_call(Ask ask) {
    co_return co_await ServerRef<Server>{ask.whom}.within(patience).call<Echo>(9);
  }
};

}  // namespace

TEST_CASE("runtimes: names belong to each, pids reach across", "[runtimes]") {
  {
    Runtime one{with_schedulers({.schedulers = 1})};
    Runtime two{with_schedulers()};
    auto a = one.start<Server>(StartOptions{.name = "server"});
    auto b = two.start<Server>(StartOptions{.name = "server"});
    CHECK(one.whereis("server") == a.pid());
    CHECK(two.whereis("server") == b.pid());
    CHECK(one.call<Ask>(a, patience, b.pid()) == 9);
    CHECK(two.call<Ask>(b, patience, a.pid()) == 9);
    CHECK(one.call<Echo>(b, patience, 3) == 3);
  }
  CHECK(base::pool_stats().live_blocks == 0);
}

TEST_CASE("runtimes: links, monitors and exits work across, and a stopped one is merely dead",
          "[runtimes]") {
  {
    Reports reports;
    Runtime one{with_schedulers({.events = &reports})};
    auto two = std::make_unique<Runtime>(with_schedulers({.events = &reports}));
    const Pid remote = two->spawn([]() -> Task<> { co_await receive([](Go) {}); });
    auto far_server = two->start<Server>();
    std::promise<void> linked;
    std::thread stopper{[&] {
      linked.get_future().wait();
      two.reset();
    }};
    one.run([remote, far_server, &linked]() -> Task<> {
      trap_exit(true);
      link(remote);
      const MonitorRef ref = monitor(remote);
      EXPECT(co_await far_server.call<Echo>(1) == 1);
      linked.set_value();
      const Exit exit = co_await next<Exit>();
      EXPECT(exit.from == remote);
      EXPECT((exit.reason.is_shutdown() || exit.reason == ExitReason::killed()));
      EXPECT(co_await end_of(ref) == exit.reason);
      EXPECT(!is_alive(remote));
    });
    stopper.join();
    one.run([remote, far_server]() -> Task<> {
      EXPECT((co_await far_server.try_call<Echo>(1)).error().is_noproc());
      EXPECT(co_await end_of(remote) == ExitReason::noproc());
      send<Go>(remote);
      EXPECT(runtime().dead_letter_count() >= 1);
    });
  }
  CHECK(base::pool_stats().live_blocks == 0);
}

TEST_CASE("runtimes: one stops while another sends to it", "[runtimes]") {
  {
    Runtime one{with_schedulers()};
    for (int round = 0; round < 10; ++round) {
      Runtime two{with_schedulers({.crash_reports = false})};
      const Pid remote = two.spawn([]() -> Task<> {
        for (;;) co_await receive([](Go) {});
      });
      const Pid sender = one.spawn([remote]() -> Task<> {
        for (;;) {
          send<Go>(remote);
          co_await sleep(0s);
        }
      });
      CHECK(two.stop(patience).has_value());
      one.exit(sender, ExitReason::kill());
      CHECK(one.wait(sender, patience).has_value());
    }
  }
  CHECK(base::pool_stats().live_blocks == 0);
}

TEST_CASE("runtimes: a process knows its own", "[runtimes]") {
  Runtime one{with_schedulers()};
  Runtime two{with_schedulers()};
  const auto own = []() -> Task<Runtime*> { co_return &runtime(); };
  CHECK(one.run(own) == &one);
  CHECK(two.run(own) == &two);
  CHECK_THROWS_AS(runtime(), ProcessError);
}
