// The start handshake: start, start_link and their try_ forms.
#include "in_process.hpp"

using namespace coppice;
using namespace coppice::test;
using namespace std::chrono_literals;

namespace {

struct Get {};
struct Go {};
struct Seen {
  bool named;
  bool trapped_before;
  Pid self;
};

class Plain : public GenServer {
 public:
  explicit Plain(int value = 0) : value_{value} {}
  int handle_call(Get) { return value_; }

 private:
  int value_;
};

// Fails in the constructor, after a member was made.
class ThrowsInConstructor : public GenServer {
 public:
  explicit ThrowsInConstructor(Journal* journal) : member_{*journal, "member-destroyed"} {
    throw std::runtime_error{"no luck"};
  }
  void terminate(const ExitReason&) { std::abort(); }

 private:
  Mark member_;
};

class ExitsInConstructor : public GenServer {
 public:
  ExitsInConstructor() { exit(ExitReason::custom(7)); }
};

enum class Init { ok, ignore, stop, throws };
class WithInit : public GenServer {
 public:
  WithInit(Journal* journal, Init how)
      : journal_{*journal}, how_{how}, end_{*journal, "destroyed"} {}
  InitResult init() {
    last = self();
    journal_.write("init");
    switch (how_) {
      case Init::ok: return InitResult::ok();
      case Init::ignore: return InitResult::ignore();
      case Init::stop: return InitResult::stop(ExitReason::shutdown(5));
      case Init::throws: throw std::runtime_error{"init threw"};
    }
    return {};
  }
  void terminate(const ExitReason&) { journal_.write("terminate"); }

  static inline Pid last;  // the process of the one that was started last

 private:
  Journal& journal_;
  Init how_;
  Mark end_;
};

// A coroutine as init: waits for Go from `boss`, to whom it says that it is there.
class WaitsInInit : public GenServer {
 public:
  WaitsInInit(Pid boss, Journal* journal)
      : boss_{boss}, journal_{*journal}, end_{*journal, "destroyed"} {}
  Task<InitResult> init() {
    send<Pid>(boss_, self());
    co_await receive([](Go) {});
    journal_.write("init");
    co_return InitResult::ok();
  }
  void terminate(const ExitReason&) { journal_.write("terminate"); }
  int handle_call(Get) { return 1; }

 private:
  Pid boss_;
  Journal& journal_;
  Mark end_;
};

// The same, when init has been suspended in between.
class InitLater : public GenServer {
 public:
  explicit InitLater(Init how) : how_{how} {}
  Task<InitResult> init() {
    co_await sleep(0s);
    switch (how_) {
      case Init::ok: co_return InitResult::ok();
      case Init::ignore: co_return InitResult::ignore();
      case Init::stop: co_return InitResult::stop(ExitReason::custom(6));
      case Init::throws: throw std::runtime_error{"init threw later"};
    }
  }
  void terminate(const ExitReason&) {}
  int handle_call(Get) { return 1; }

 private:
  Init how_;
};

// What works in a constructor.
class LooksAround : public GenServer {
 public:
  explicit LooksAround(Pid boss) {
    send(boss, Seen{whereis("lookout") == self(), trap_exit(true), self()});
  }
};

template <class S, class... Args>
Task<StartError> failed_start(Args... args) {
  std::expected<ServerRef<S>, StartError> result = co_await try_start_link<S>(std::move(args)...);
  EXPECT(!result);
  if (result) throw std::runtime_error{"started all the same"};
  co_return result.error();
}

}  // namespace

TEST_CASE("start: the server runs when the starter goes on, with the arguments given", "[start]") {
  in_process([]() -> Task<> {
    ServerRef<Plain> linked = co_await start_link<Plain>(4);
    ServerRef<Plain> free = co_await start<Plain>(5);
    EXPECT(co_await linked.call<Get>() == 4);
    EXPECT(co_await free.call<Get>() == 5);
    EXPECT(process::is_linked(linked));
    EXPECT(!process::is_linked(free));
  });
}

TEST_CASE("start: the name is taken before the constructor runs", "[start]") {
  in_process([]() -> Task<> {
    auto server = co_await start_link<LooksAround>(StartOptions{.name = "lookout"}, self());
    const Seen seen = co_await next<Seen>();
    EXPECT(seen.named);
    EXPECT(!seen.trapped_before);
    EXPECT(seen.self == server.pid());
    EXPECT(whereis("lookout") == server.pid());
  });
}

TEST_CASE("start: a taken name fails with already_started and says who has it", "[start]") {
  in_process([]() -> Task<> {
    auto first = co_await start_link<Plain>(StartOptions{.name = "only"}, 1);
    auto second = co_await try_start_link<Plain>(StartOptions{.name = "only"}, 2);
    EXPECT(!second);
    EXPECT(second.error().is_already_started());
    EXPECT(second.error().running() == first.pid());
    EXPECT(co_await first.call<Get>() == 1);
    EXPECT(queued() == 0);
    bool thrown = false;
    try {
      (void)co_await start<Plain>(StartOptions{.name = "only"}, 3);
    } catch (const StartFailed& failed) {
      thrown = failed.error().is_already_started() && failed.error().running() == first.pid();
    }
    EXPECT(thrown);
  });
}

TEST_CASE("start: one of many starters at a time gets the name, the others hear of it", "[start]") {
  in_process([]() -> Task<> {
    constexpr int starters = 8;
    const Pid me = self();
    for (int i = 0; i < starters; ++i)
      spawn([me]() -> Task<> {
        auto started = co_await try_start<Plain>(StartOptions{.name = "contended"}, 1);
        send<Pid>(me, started ? started->pid() : started.error().running());
      });
    const Pid winner = co_await next<Pid>();
    for (int i = 1; i < starters; ++i) EXPECT(co_await next<Pid>() == winner);
    EXPECT(whereis("contended") == winner);
  });
}

TEST_CASE("start: a throw in the constructor fails the start, destroys members, runs no terminate",
          "[start]") {
  Journal journal;
  in_process([&journal]() -> Task<> {
    const StartError error = co_await failed_start<ThrowsInConstructor>(&journal);
    EXPECT(error.kind() == StartError::Kind::failed);
    EXPECT(error.reason().is_error());
    EXPECT(error.reason().text().find("no luck") != std::string::npos);
    EXPECT(journal.text() == "member-destroyed");
  });
}

TEST_CASE("start: exit(reason) in the constructor fails the start with that reason", "[start]") {
  in_process([]() -> Task<> {
    const StartError error = co_await failed_start<ExitsInConstructor>();
    EXPECT(error.reason() == ExitReason::custom(7));
  });
}

TEST_CASE("start: init may run, ignore, stop or throw", "[start]") {
  Journal journal;
  in_process([&journal]() -> Task<> {
    auto running = co_await start_link<WithInit>(&journal, Init::ok);
    EXPECT(is_alive(running));
    EXPECT(journal.take() == "init");
    co_await running.stop();
    EXPECT(journal.take() == "terminate destroyed");

    const StartError ignored = co_await failed_start<WithInit>(&journal, Init::ignore);
    EXPECT(ignored.is_ignored());
    EXPECT(journal.take() == "init destroyed");

    const StartError stopped = co_await failed_start<WithInit>(&journal, Init::stop);
    EXPECT(stopped.kind() == StartError::Kind::failed);
    EXPECT(stopped.reason() == ExitReason::shutdown(5));
    EXPECT(journal.take() == "init destroyed");

    const StartError threw = co_await failed_start<WithInit>(&journal, Init::throws);
    EXPECT(threw.reason().text().find("init threw") != std::string::npos);
    EXPECT(journal.take() == "init destroyed");
    EXPECT(queued() == 0);
  });
}

TEST_CASE("start: a failed start leaves no Exit, no link, no process and no name", "[start]") {
  Journal journal;
  const bool traps = GENERATE(false, true);
  in_process([&journal, traps]() -> Task<> {
    trap_exit(traps);
    for (const Init how : {Init::ignore, Init::stop, Init::throws}) {
      for (int i = 0; i < 20; ++i) {
        auto failed =
            co_await try_start_link<WithInit>(StartOptions{.name = "brief"}, &journal, how);
        EXPECT(!failed);
        EXPECT(!whereis("brief"));
        EXPECT(!is_alive(WithInit::last));
        EXPECT(process_info(self()).links.empty());
        EXPECT(queued() == 0);
      }
    }
    // What comes late would be there by now.
    co_await sleep(2ms);
    EXPECT(queued() == 0);
  });
}

TEST_CASE("start: init may be a coroutine, and the starter waits for its end", "[start]") {
  Journal journal;
  in_process([&journal]() -> Task<> {
    const Pid me = self();
    spawn([me, &journal]() -> Task<> {
      auto server = co_await start_link<WaitsInInit>(me, &journal);
      journal.write("started");
      const int got = co_await server.call<Get>();
      send<int>(me, got);
      co_await receive([](Go) {});
    });
    const Pid server = co_await next<Pid>();
    EXPECT(journal.text().empty());
    send<Go>(server);
    EXPECT(co_await next<int>() == 1);
    EXPECT(journal.text() == "init started");
  });
}

TEST_CASE("start: a coroutine as init may do whatever init may", "[start]") {
  in_process([]() -> Task<> {
    auto running = co_await start_link<InitLater>(Init::ok);
    EXPECT(co_await running.call<Get>() == 1);
    EXPECT((co_await failed_start<InitLater>(Init::ignore)).is_ignored());
    const StartError stopped = co_await failed_start<InitLater>(Init::stop);
    EXPECT(stopped.reason() == ExitReason::custom(6));
    const StartError threw = co_await failed_start<InitLater>(Init::throws);
    EXPECT(threw.reason().text().find("init threw later") != std::string::npos);
    EXPECT(queued() == 0);
  });
}

TEST_CASE("start: a name that may not be had is a failed start that says so", "[start]") {
  in_process([]() -> Task<> {
    auto failed = co_await try_start_link<Plain>(StartOptions{.name = "undefined"});
    EXPECT(!failed);
    EXPECT(failed.error().kind() == StartError::Kind::failed);
    EXPECT(failed.error().text().find("the name is reserved") != std::string::npos);
    EXPECT(queued() == 0);
  });
}

TEST_CASE("start: a name that comes and goes is taken or held by somebody, never by nobody",
          "[start]") {
  in_process([]() -> Task<> {
    const Pid me = self();
    for (int i = 0; i < 4; ++i)
      spawn([me]() -> Task<> {
        for (int round = 0; round < 50; ++round) {
          auto started = co_await try_start<Plain>(StartOptions{.name = "brief"});
          if (started)
            co_await started->stop();
          else
            EXPECT((started.error().is_already_started() && started.error().running()));
        }
        send<Go>(me);
      });
    for (int i = 0; i < 4; ++i) (void)co_await next<Go>();
    EXPECT(!whereis("brief"));
  });
}

TEST_CASE("start: a server may live on a thread of its own", "[start]") {
  in_process([]() -> Task<> {
    auto server = co_await start_link<Plain>(
        StartOptions{.name = "apart", .thread = ProcessThread::dedicated}, 3);
    EXPECT(co_await server.call<Get>() == 3);
    co_await server.stop();
    EXPECT(!whereis("apart"));
    auto failed = co_await try_start<ExitsInConstructor>(StartOptions{.thread = dedicated});
    EXPECT(failed.error().reason() == ExitReason::custom(7));
  });
}

TEST_CASE("start: after the timeout the process is killed and nothing is left of it", "[start]") {
  Journal journal;
  const bool traps = GENERATE(false, true);
  in_process([&journal, traps]() -> Task<> {
    trap_exit(traps);
    auto late = co_await try_start_link<WaitsInInit>(StartOptions{.name = "late", .timeout = 5ms},
                                                     self(), &journal);
    EXPECT(!late);
    EXPECT(late.error().is_timeout());
    EXPECT(!whereis("late"));
    EXPECT(journal.take() == "destroyed");
    const Pid pid = co_await next<Pid>();
    EXPECT(!is_alive(pid));
    EXPECT(process_info(self()).links.empty());
    EXPECT(queued() == 0);
  });
}

TEST_CASE("start: who is killed while it starts is a failed start to its starter, and no more",
          "[start]") {
  Journal journal;
  const bool traps = GENERATE(false, true);
  in_process([&journal, traps]() -> Task<> {
    const Pid me = self();
    auto [starter, end] = spawn_monitor([me, traps, &journal]() -> Task<> {
      trap_exit(traps);
      auto failed = co_await try_start_link<WaitsInInit>(me, &journal);
      EXPECT(!failed);
      EXPECT(failed.error().reason() == ExitReason::killed());
      co_await sleep(2ms);
      EXPECT(queued() == 0);
      EXPECT(process_info(self()).links.empty());
    });
    const Pid server = co_await next<Pid>();
    exit(server, ExitReason::kill());
    EXPECT(co_await end_of(end) == ExitReason::normal());
    EXPECT(journal.text() == "destroyed");
  });
}

TEST_CASE("start: a starter that dies takes the linked process that is starting with it",
          "[start]") {
  Journal journal;
  in_process([&journal]() -> Task<> {
    const Pid me = self();
    const Pid starter =
        spawn([me, &journal]() -> Task<> { (void)co_await start_link<WaitsInInit>(me, &journal); });
    const Pid server = co_await next<Pid>();
    const MonitorRef end = monitor(server);
    exit(starter, ExitReason::custom(3));
    EXPECT(co_await end_of(end) == ExitReason::custom(3));
    EXPECT(journal.text() == "destroyed");
  });
}

TEST_CASE("start: a started server's end reaches a starter that is linked", "[start]") {
  in_process([]() -> Task<> {
    trap_exit(true);
    auto server = co_await start_link<Plain>();
    exit(server, ExitReason::custom(9));
    const Exit exit = co_await next<Exit>();
    EXPECT(exit.from == server.pid());
    EXPECT(exit.reason == ExitReason::custom(9));
  });
}

TEST_CASE("start: errors print what failed and why", "[start]") {
  in_process([]() -> Task<> {
    const StartError error = co_await failed_start<ExitsInConstructor>();
    EXPECT(fmt::format("{}", error) == "the start failed: 7");
    EXPECT(std::string{StartFailed{error}.what()} == error.text());
    auto first = co_await start<Plain>(StartOptions{.name = "only"});
    auto second = co_await try_start<Plain>(StartOptions{.name = "only"});
    EXPECT(second.error().text() == fmt::format("the name is taken by {}", first));
  });
}
