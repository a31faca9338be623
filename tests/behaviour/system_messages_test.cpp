// suspend, resume, get_state, replace_state, status.
#include "in_process.hpp"

using namespace coppice;
using namespace coppice::test;
using namespace std::chrono_literals;

namespace {

struct Add {
  int by;
};
struct Get {};

class Counter : public GenServer {
 public:
  int handle_call(Get) { return value; }
  void handle_cast(Add m) { value += m.by; }

  int value = 0;
  std::string text;
};

}  // namespace

TEST_CASE("system: a suspended server handles no message until it is resumed",
          "[system_messages]") {
  in_process([]() -> Task<> {
    auto server = co_await start_link<Counter>();
    co_await server.suspend();
    server.cast<Add>(1);
    auto request = server.send_request<Get>();
    EXPECT((co_await server.status()).mode == ServerStatus::Mode::suspended);
    EXPECT(co_await server.get_state([](const Counter& c) { return c.value; }) == 0);
    EXPECT((co_await server.within(1ms).try_call<Get>()).error().is_timeout());
    co_await server.suspend();  // twice is once
    co_await server.resume();
    EXPECT((co_await request.response()).value() == 1);
    EXPECT((co_await server.status()).mode == ServerStatus::Mode::running);
    co_await server.resume();
    EXPECT(co_await server.call<Get>() == 1);
  });
}

TEST_CASE("system: get_state sees the state between two messages", "[system_messages]") {
  in_process([]() -> Task<> {
    auto server = co_await start_link<Counter>();
    for (int i = 1; i <= 10; ++i) {
      server.cast<Add>(1);
      const int seen = co_await server.get_state([](const Counter& c) { return c.value; });
      EXPECT(seen == i);
    }
    auto text = [](const Counter& c) { return std::string(40, 'x') + c.text; };
    EXPECT(co_await server.get_state(text) == std::string(40, 'x'));
  });
}

TEST_CASE("system: replace_state changes it, also of a suspended server", "[system_messages]") {
  in_process([]() -> Task<> {
    auto server = co_await start_link<Counter>();
    co_await server.suspend();
    server.cast<Add>(1);
    co_await server.replace_state([](Counter& c) { c.value = 40; });
    co_await server.resume();
    EXPECT(co_await server.call<Get>() == 41);
    const int old =
        co_await server.replace_state([](Counter& c) { return std::exchange(c.value, 0); });
    EXPECT(old == 41);
    EXPECT(co_await server.call<Get>() == 0);
  });
}

TEST_CASE("system: a state function that throws fails its caller, not the server",
          "[system_messages]") {
  in_process([]() -> Task<> {
    auto server = co_await start_link<Counter>();
    std::string text;
    try {
      co_await server.replace_state([](Counter&) { throw std::runtime_error{"bad function"}; });
    } catch (const ExitSignal& signal) {
      text = signal.reason().text();
    }
    EXPECT(text.find("bad function") != std::string::npos);
    EXPECT(co_await server.call<Get>() == 0);
  });
}

TEST_CASE("system: status says who, what and how much waits, and prints", "[system_messages]") {
  in_process([]() -> Task<> {
    auto server = co_await start_link<Counter>(StartOptions{.name = "counter"});
    co_await server.replace_state([](Counter&) { set_label("the counter"); });
    co_await server.suspend();
    server.cast<Add>(1);
    server.cast<Add>(1);
    const ServerStatus status = co_await server.status();
    EXPECT(status.pid == server.pid());
    EXPECT(status.name == "counter");
    EXPECT(status.server.find("Counter") != std::string::npos);
    EXPECT(status.parent == self());
    EXPECT(status.queued == 2);
    EXPECT(status.handling.empty());
    EXPECT(status.label == "the counter");
    EXPECT(fmt::format("{}", status) ==
           fmt::format("{} {} (counter) suspended, 2 queued", status.server, server));
  });
}

TEST_CASE("system: requests to a dead server fail as calls do", "[system_messages]") {
  in_process([]() -> Task<> {
    auto server = co_await start<Counter>();
    co_await server.stop();
    bool noproc = false;
    try {
      (void)co_await server.status();
    } catch (const ExitSignal& signal) {
      const CallError* error = signal.reason().get<CallError>();
      noproc = error != nullptr && error->is_noproc();
    }
    EXPECT(noproc);
  });
}

TEST_CASE("system: a suspended server can be stopped, exited and killed", "[system_messages]") {
  in_process([]() -> Task<> {
    auto stopped = co_await start<Counter>();
    co_await stopped.suspend();
    co_await stopped.stop();
    auto exited = co_await start<Counter>();
    co_await exited.suspend();
    exit(exited, ExitReason::custom(1));
    (void)co_await end_of(exited.pid());
    EXPECT(!is_alive(exited));
    auto killed = co_await start<Counter>();
    co_await killed.suspend();
    exit(killed, ExitReason::kill());
    (void)co_await end_of(killed.pid());
    EXPECT(!is_alive(killed));
  });
}
