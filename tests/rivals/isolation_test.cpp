// What goes wrong in a receiver stays there, and a signal acts on who does not look.
#include <chrono>
#include <stdexcept>

#include <coppice/coppice.hpp>

#include "processes.hpp"

using namespace coppice;
using namespace coppice::test;
using namespace std::chrono_literals;

namespace {

struct Bad {};
struct Ready {};
struct Never {};

class Fragile : public GenServer {
 public:
  void handle_cast(Bad) { throw std::runtime_error{"cast"}; }
  int handle_call(Bad) { throw std::runtime_error{"call"}; }
};

Task<> throws_on_bad() {
  co_await receive([](Bad) { throw std::runtime_error{"message"}; });
}
Task<> end_of(MonitorRef ref) {
  co_await receive(on(ref, [](const Down& d) { EXPECT(d.reason.is_error()); }));
}

}  // namespace

TEST_CASE("a receiver's exception never shows in its sender", "[rivals]") {
  // On one scheduler, where the receiver may run as soon as the sender waits, and on several.
  const unsigned count = GENERATE(1u, 2u, 4u);
  in_runtime(quiet(count), []() -> Task<> {
    for (int i = 0; i < 100; ++i) {
      auto [plain, ref] = spawn_monitor(throws_on_bad);
      bool thrown = false;
      try {
        send(plain, Bad{});
        co_await sleep(0ms);
      } catch (...) {
        thrown = true;
      }
      EXPECT(!thrown);
      co_await end_of(ref);
      auto server = co_await start<Fragile>();
      const MonitorRef server_ref = monitor(server.pid());
      try {
        server.cast<Bad>();
        co_await sleep(0ms);
      } catch (...) {
        thrown = true;
      }
      EXPECT(!thrown);
      co_await end_of(server_ref);
    }
  });
}

TEST_CASE("a server's exception reaches its caller as a value that says so", "[rivals]") {
  in_process([]() -> Task<> {
    auto server = co_await start<Fragile>();
    std::expected<int, CallError> answer = co_await server.try_call<Bad>();
    EXPECT(!answer);
    EXPECT(answer.error().is_exit());
    EXPECT(answer.error().reason().is_error());
  });
}

TEST_CASE("an exit signal acts on a process that does not look at its mailbox", "[rivals]") {
  using Place = Task<> (*)(Pid);
  const Place places[] = {
      // It sleeps, and sleeps again, and never receives.
      [](Pid owner) -> Task<> {
        send(owner, Ready{});
        for (;;) co_await sleep(1h);
      },
      // It is busy with itself.
      [](Pid owner) -> Task<> {
        send(owner, Ready{});
        for (;;) co_await sleep(0ms);
      },
      // It waits for something else, with much in its mailbox.
      [](Pid owner) -> Task<> {
        for (int i = 0; i < 10'000; ++i) send(self(), Bad{});
        send(owner, Ready{});
        co_await receive([](Never) {});
      },
  };
  for (const Place place : places)
    for (const bool by_link : {false, true})
      in_turns([place, by_link]() -> Task<> {
        auto [victim, ref] = spawn_monitor(place, self());
        co_await receive([](Ready) {});
        if (by_link) {
          const Pid target = victim;
          spawn([target]() -> Task<> {
            link(target);
            exit(ExitReason::custom("signal"));
            co_return;
          });
        } else {
          exit(victim, ExitReason::custom("signal"));
        }
        const ExitReason reason = co_await receive(on(ref, [](const Down& d) { return d.reason; }));
        EXPECT(reason == ExitReason::custom("signal"));
      });
}
