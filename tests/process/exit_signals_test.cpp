// Exit signals on living processes (semantics 1, 4 to 7); the rule table is in signal_rules_test.cpp.
#include <chrono>
#include <stdexcept>
#include <utility>
#include <vector>

#include <coppice/core.hpp>

#include "processes.hpp"

using namespace coppice;
using namespace coppice::test;
using namespace std::chrono_literals;

namespace {

struct Go {};
struct Ready {};
struct Number {
  int value;
};

// Waits for Go; trapping or not.
Task<> waiter(bool traps, Pid owner) {
  trap_exit(traps);
  send(owner, Ready{});
  co_await receive([](Go) {});
  if (process_info(self()).message_queue_len != 0) {
    const Exit e = co_await receive<Exit>();
    exit(ExitReason::custom("trapped " + e.reason.text()));
  }
}
Task<ExitReason> reason_of_end(MonitorRef ref) {
  co_return co_await receive(on(ref, [](const Down& d) { return d.reason; }));
}

}  // namespace

TEST_CASE("exit: what a signal does to a process that traps and to one that does not", "[process][exit]") {
  in_process([]() -> Task<> {
    struct Row {
      ExitReason signal;
      bool traps;
      ExitReason ends_with;
    };
    std::vector<Row> rows;
    rows.push_back({ExitReason::shutdown(), false, ExitReason::shutdown()});
    rows.push_back({ExitReason::shutdown(), true, ExitReason::custom("trapped shutdown")});
    rows.push_back({ExitReason::normal(), false, ExitReason::normal()});  // ignored: ends by itself
    rows.push_back({ExitReason::normal(), true, ExitReason::custom("trapped normal")});
    rows.push_back({ExitReason::kill(), false, ExitReason::killed()});
    rows.push_back({ExitReason::kill(), true, ExitReason::killed()});
    rows.push_back({ExitReason::killed(), true, ExitReason::custom("trapped killed")});
    rows.push_back({ExitReason::custom(8), false, ExitReason::custom(8)});
    for (const Row& row : rows) {
      auto [pid, ref] = spawn_monitor(waiter, row.traps, self());
      co_await receive([](Ready) {});
      exit(pid, row.signal);
      send(pid, Go{});
      const ExitReason ended = co_await reason_of_end(ref);
      EXPECT(ended == row.ends_with);
    }
  });
}

TEST_CASE("exit: a process that ends itself with kill passes kill on, which is trapped or ends with kill", "[process][exit]") {
  in_process([]() -> Task<> {
    auto [outer, ref] = spawn_monitor([]() -> Task<> {
      spawn_link([]() -> Task<> {
        exit(ExitReason::kill());
        co_return;
      });
      co_await receive([](Go) {});
    });
    (void)outer;
    EXPECT(co_await reason_of_end(ref) == ExitReason::kill());
    trap_exit(true);
    spawn_link([]() -> Task<> {
      exit(ExitReason::kill());
      co_return;
    });
    const Exit e = co_await receive<Exit>();
    EXPECT(e.reason == ExitReason::kill());
  });
}

TEST_CASE("exit: who is killed passes killed on", "[process][exit]") {
  in_process([]() -> Task<> {
    trap_exit(true);
    const Pid victim = spawn_link(waiter, true, self());
    co_await receive([](Ready) {});
    exit(victim, ExitReason::kill());
    const Exit e = co_await receive<Exit>();
    EXPECT(e.from == victim);
    EXPECT(e.reason == ExitReason::killed());
  });
}

TEST_CASE("exit: of oneself unwinds with its reason", "[process][exit]") {
  in_process([]() -> Task<> {
    auto [pid, ref] = spawn_monitor([]() -> Task<> {
      exit(ExitReason::custom(4));
      EXPECT(false);
      co_return;
    });
    (void)pid;
    EXPECT(co_await reason_of_end(ref) == ExitReason::custom(4));
  });
}

TEST_CASE("exit: of oneself can be caught, as a catch of class exit in OTP", "[process][exit]") {
  in_process([]() -> Task<> {
    auto [pid, ref] = spawn_monitor([]() -> Task<> {
      try {
        exit(ExitReason::custom(4));
      } catch (const ExitSignal& signal) {
        EXPECT(signal.reason() == ExitReason::custom(4));
      }
      co_await sleep(0ms);
      exit(ExitReason::custom("went on"));
    });
    (void)pid;
    EXPECT(co_await reason_of_end(ref) == ExitReason::custom("went on"));
  });
}

TEST_CASE("exit: a signal to oneself acts before the call returns", "[process][exit]") {
  in_process([]() -> Task<> {
    auto [plain, first] = spawn_monitor([]() -> Task<> {
      exit(self(), ExitReason::custom(1));
      EXPECT(false);
      co_return;
    });
    (void)plain;
    EXPECT(co_await reason_of_end(first) == ExitReason::custom(1));
    auto [normal, second] = spawn_monitor([]() -> Task<> {
      exit(self(), ExitReason::normal());
      EXPECT(false);
      co_return;
    });
    (void)normal;
    EXPECT(co_await reason_of_end(second) == ExitReason::normal());
    auto [trapping, third] = spawn_monitor([]() -> Task<> {
      trap_exit(true);
      exit(self(), ExitReason::normal());
      EXPECT(process_info(self()).message_queue_len == 1);
      const Exit e = co_await receive<Exit>();
      EXPECT(e.from == self());
      exit(self(), ExitReason::kill());
      EXPECT(false);
    });
    (void)trapping;
    EXPECT(co_await reason_of_end(third) == ExitReason::killed());
  });
}

TEST_CASE("exit: a kill of oneself that is caught still ends the process at its next wait", "[process][exit]") {
  in_process([]() -> Task<> {
    auto [pid, ref] = spawn_monitor([](Pid owner) -> Task<> {
      try {
        exit(self(), ExitReason::kill());
      } catch (...) {
        send(owner, Ready{});
      }
      co_await sleep(0ms);
      send(owner, Go{});
    }, self());
    (void)pid;
    co_await receive([](Ready) {});
    EXPECT(co_await reason_of_end(ref) == ExitReason::killed());
    EXPECT(!co_await receive<Go>(0ms));
  });
}

TEST_CASE("exit: to a dead process is no error", "[process][exit]") {
  in_process([]() -> Task<> {
    auto [dead, ref] = spawn_monitor([]() -> Task<> { co_return; });
    (void)co_await reason_of_end(ref);
    exit(dead, ExitReason::kill());
    exit(Pid{}, ExitReason::kill());
    EXPECT(!is_alive(dead));
  });
}

TEST_CASE("trap_exit: changes later signals only and returns the old value", "[process][exit]") {
  in_turns([]() -> Task<> {
    EXPECT(!trap_exit(true));
    EXPECT(trap_exit(true));
    EXPECT(process_info(self()).trap_exit);
    // Trapped already, it stays a message when the process stops trapping.
    const Pid other = spawn_link([]() -> Task<> { exit(ExitReason::custom(1)); co_return; });
    const MonitorRef ref = monitor(other);
    (void)co_await reason_of_end(ref);
    EXPECT(process_info(self()).message_queue_len == 1);
    EXPECT(trap_exit(false));
    const Exit e = co_await receive<Exit>();
    EXPECT(e.from == other);
  });
}

TEST_CASE("signals: from one process arrive in the order sent, whatever their kind and however sent", "[process][exit]") {
  in_process([]() -> Task<> {
    trap_exit(true);
    const Pid me = self();
    EXPECT(register_name("me", me).has_value());
    for (int round = 0; round < 50; ++round) {
      const Pid other = spawn([me]() -> Task<> {
        link(me);
        send(me, Number{1});
        exit(me, ExitReason::custom(2));
        send(Atom{"me"}, Number{3});
        send(me, Number{4});
        exit(ExitReason::custom(5));
        co_return;
      });
      std::string order;
      for (int i = 0; i < 5; ++i)
        order += co_await receive([](Number n) { return std::to_string(n.value); },
                                  [](const Exit& e) { return e.reason.text(); });
      EXPECT(order == "12345");
      (void)other;
    }
  });
}

TEST_CASE("signals: a trapped exit and a down come after what the same process sent before", "[process][exit]") {
  in_process([]() -> Task<> {
    trap_exit(true);
    const Pid me = self();
    for (int round = 0; round < 50; ++round) {
      const Pid other = spawn_link([me]() -> Task<> {
        for (int i = 0; i < 20; ++i) send(me, Number{i});
        co_return;
      });
      const MonitorRef ref = monitor(other);
      int numbers = 0;
      bool exited = false, down = false;
      while (!exited || !down)
        co_await receive([&](Number) { ++numbers; },
                         [&](const Exit&) {
                           EXPECT(numbers == 20);
                           exited = true;
                         },
                         [&](const Down& d) {
                           EXPECT(d.ref == ref);
                           EXPECT(numbers == 20 || d.reason.is_noproc());
                           down = true;
                         });
    }
  });
}

TEST_CASE("exit: an exception that leaves a process is its error reason, with where it was", "[process][exit]") {
  in_process([]() -> Task<> {
    auto [pid, ref] = spawn_monitor([]() -> Task<> {
      throw std::runtime_error{"no ink"};
      co_return;
    });
    (void)pid;
    const ExitReason reason = co_await reason_of_end(ref);
    EXPECT(reason.is_error());
    EXPECT(reason.error_info()->type_name() == "std::runtime_error");
    EXPECT(reason.error_info()->message == "no ink");
    EXPECT(static_cast<bool>(reason.error_info()->where));
    auto [odd, odd_ref] = spawn_monitor([]() -> Task<> {
      throw 42;
      co_return;
    });
    (void)odd;
    const ExitReason odd_reason = co_await reason_of_end(odd_ref);
    EXPECT(odd_reason.is_error());
    EXPECT(odd_reason.error_info()->type_name() == "int");
  });
}
