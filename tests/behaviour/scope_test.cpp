// scope: what is started in it has ended when it has.
#include "in_process.hpp"

#include <coppice/behaviour/scope.hpp>

using namespace coppice;
using namespace coppice::test;
using namespace std::chrono_literals;

namespace {

struct Get {};
struct Go {};

Task<> waits(Journal* journal) {
  const Mark mark{*journal, "ended"};
  co_await receive([](Go) {});
}

class Server : public GenServer {
 public:
  explicit Server(Journal* journal) : journal_{*journal} { trap_exit(true); }
  int handle_call(Get) { return 1; }
  void terminate(const ExitReason& reason) { journal_.write("terminate:" + reason.text()); }

 private:
  Journal& journal_;
};

class Fails : public GenServer {
 public:
  Fails() { throw std::runtime_error{"no start"}; }
};

}  // namespace

TEST_CASE("scope: what it started has ended when it has, and its value is handed on", "[scope]") {
  Journal journal;
  in_process([&journal]() -> Task<> {
    Pid other;
    const Pid helper = co_await scope([&journal, &other](Scope& s) -> Task<Pid> {
      const Pid pid = s.spawn(waits, &journal);
      other = s.spawn(waits, &journal);
      co_await sleep(0s);
      co_return pid;
    });
    EXPECT(!is_alive(helper));
    EXPECT(!is_alive(other));
    EXPECT(process_info(self()).links.empty());
    EXPECT(queued() == 0);
  });
}

TEST_CASE("scope: a throw ends what it started, and goes on", "[scope]") {
  in_process([]() -> Task<> {
    Journal journal;
    std::string thrown;
    Pid helper;
    try {
      co_await scope([&journal, &helper](Scope& s) -> Task<> {
        helper = s.spawn(waits, &journal);
        co_await sleep(0s);
        throw std::runtime_error{"out of the scope"};
      });
    } catch (const std::runtime_error& error) {
      thrown = error.what();
    }
    EXPECT(thrown == "out of the scope");
    EXPECT(!is_alive(helper));
  });
}

TEST_CASE("scope: exit(reason) in it ends what it started before the process goes on", "[scope]") {
  Journal journal;
  in_process([&journal]() -> Task<> {
    Pid helper;
    auto [owner, end] = spawn_monitor([&journal, &helper]() -> Task<> {
      bool unwound = false;
      try {
        co_await scope([&journal, &helper](Scope& s) -> Task<> {
          helper = s.spawn(waits, &journal);
          co_await sleep(0s);
          exit(ExitReason::custom(5));
        });
      } catch (const ExitSignal&) {
        unwound = !is_alive(helper);
      }
      EXPECT(unwound);
      exit(ExitReason::custom(5));
    });
    EXPECT(co_await end_of(end) == ExitReason::custom(5));
  });
}

TEST_CASE("scope: when the owner is killed all in it end", "[scope]") {
  Journal journal;
  in_process([&journal]() -> Task<> {
    const Pid me = self();
    const Pid owner = spawn([me, &journal]() -> Task<> {
      co_await scope([me, &journal](Scope& s) -> Task<> {
        auto server = co_await s.start<Server>(&journal);
        const Pid helper = s.spawn(waits, &journal);
        send<Pid>(me, server.pid());
        send<Pid>(me, helper);
        co_await receive([](Go) {});
      });
    });
    const MonitorRef server_end = monitor(co_await next<Pid>());
    const MonitorRef helper_end = monitor(co_await next<Pid>());
    exit(owner, ExitReason::kill());
    EXPECT(co_await end_of(helper_end) == ExitReason::killed());
    EXPECT(co_await end_of(server_end) == ExitReason::killed());
    EXPECT(journal.text().find("terminate:killed") != std::string::npos);
  });
}

TEST_CASE("scope: an owner that ends by itself within one takes all with it", "[scope]") {
  Journal journal;
  in_process([&journal]() -> Task<> {
    const Pid me = self();
    const Pid owner = spawn([me, &journal]() -> Task<> {
      co_await scope([me, &journal](Scope& s) -> Task<> {
        send<Pid>(me, s.spawn(waits, &journal));
        co_await receive([](Go) {});
      });
    });
    const MonitorRef end = monitor(co_await next<Pid>());
    exit(owner, ExitReason::custom(6));
    EXPECT(co_await end_of(end) == ExitReason::custom(6));
  });
}

TEST_CASE("scope: the end of what is in it does not reach the owner", "[scope]") {
  in_process([]() -> Task<> {
    co_await scope([](Scope& s) -> Task<> {
      const Pid crashing = s.spawn([]() -> Task<> {
        throw std::runtime_error{"crash in a scope"};
        co_return;
      });
      (void)co_await end_of(crashing);
      trap_exit(true);
      const Pid quiet = s.spawn([]() -> Task<> { co_return; });
      (void)co_await end_of(quiet);
      EXPECT(queued() == 0);
      trap_exit(false);
    });
  });
}

TEST_CASE("scope: a server in it is stopped in order, trapping or not", "[scope]") {
  Journal journal;
  in_process([&journal]() -> Task<> {
    co_await scope([&journal](Scope& s) -> Task<> {
      auto server = co_await s.start<Server>(StartOptions{.name = "scoped"}, &journal);
      EXPECT(co_await server.call<Get>() == 1);
    });
    EXPECT(!whereis("scoped"));
    EXPECT(journal.text() == "terminate:shutdown");
  });
}

TEST_CASE("scope: a server that does not start is an error in it, and leaves nothing", "[scope]") {
  in_process([]() -> Task<> {
    co_await scope([](Scope& s) -> Task<> {
      bool failed = false;
      try {
        (void)co_await s.start<Fails>();
      } catch (const StartFailed&) {
        failed = true;
      }
      EXPECT(failed);
      EXPECT(queued() == 0);
    });
    EXPECT(process_info(self()).links.empty());
  });
}

TEST_CASE("scope: one in another ends first", "[scope]") {
  Journal journal;
  in_process([&journal]() -> Task<> {
    co_await scope([&journal](Scope& outer) -> Task<> {
      const Pid first = outer.spawn(waits, &journal);
      Pid second;
      co_await scope([&journal, &second](Scope& inner) -> Task<> {
        second = inner.spawn(waits, &journal);
        co_await sleep(0s);
      });
      EXPECT(is_alive(first));
      EXPECT(!is_alive(second));
    });
  });
}

TEST_CASE("scope: those that have ended before it does are forgotten", "[scope]") {
  in_process([]() -> Task<> {
    co_await scope([](Scope& s) -> Task<> {
      for (int i = 0; i < 1000; ++i) {
        const Pid pid = s.spawn([]() -> Task<> { co_return; });
        (void)co_await end_of(pid);
      }
    });
    EXPECT(queued() == 0);
    EXPECT(process_info(self()).monitors.empty());
  });
}
