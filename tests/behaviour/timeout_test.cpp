// The timeouts that callbacks return.
#include "in_process.hpp"

using namespace coppice;
using namespace coppice::test;
using namespace std::chrono_literals;

namespace {

struct Fired {
  int number;
};
struct Arm {
  timing::Duration time;
};
struct ArmAt {
  timing::Instant time;
};
struct ArmTwice {
  timing::Duration time;
};
struct Poke {};
struct Count {};

// Tells `boss` of each Timeout.
class Timed : public GenServer {
 public:
  using Info = Messages<Arm, Poke>;
  explicit Timed(Pid boss) : boss_{boss} {}
  Timed(Pid boss, timing::Duration from_init) : boss_{boss}, from_init_{from_init} {}
  InitResult init() {
    if (from_init_ == timing::forever) return InitResult::ok();
    if (from_init_ < 0s) return InitResult::timeout_at(now() - from_init_);
    return InitResult::timeout(from_init_);
  }
  Reply<int> handle_call(Arm m) { return Reply<int>{1}.timeout(m.time); }
  int handle_call(Count) { return fired_; }
  Next handle_cast(Arm m) { return Next::timeout(m.time); }
  Next handle_cast(ArmAt m) { return Next::timeout_at(m.time); }
  Next handle_cast(ArmTwice m) {
    again_ = m.time;
    return Next::timeout(m.time);
  }
  void handle_cast(Poke) {}
  Next handle_info(Arm m) { return Next::timeout(m.time); }
  void handle_info(Poke) {}
  Next handle_info(Timeout) {
    send<Fired>(boss_, ++fired_);
    const timing::Duration again = std::exchange(again_, timing::forever);
    return again == timing::forever ? Next{} : Next::timeout(again);
  }

 private:
  Pid boss_;
  timing::Duration from_init_ = timing::forever;
  timing::Duration again_ = timing::forever;
  int fired_ = 0;
};

class Catchall : public GenServer {
 public:
  explicit Catchall(Pid boss) : boss_{boss} {}
  InitResult init() { return InitResult::timeout(0s); }
  void handle_info(Message& message) { send<bool>(boss_, message.is<Timeout>()); }

 private:
  Pid boss_;
};

// Its only handle_info is that of the timeout.
class Single : public GenServer {
 public:
  int handle_call(Count) { return fired_; }
  void handle_info(Timeout) { ++fired_; }

 private:
  int fired_ = 0;
};

class Deaf : public GenServer {
 public:
  InitResult init() { return InitResult::timeout(0s); }
  int handle_call(Count) { return 0; }
};

}  // namespace

TEST_CASE("timeout: comes once when no message comes, and never early", "[timeout]") {
  in_process([]() -> Task<> {
    auto server = co_await start_link<Timed>(self());
    const timing::Instant begin = now();
    server.cast<Arm>(5ms);
    EXPECT((co_await next<Fired>()).number == 1);
    EXPECT(now() - begin >= 5ms);
    EXPECT(!co_await receive<Fired>(10ms));
    EXPECT(co_await server.call<Count>() == 1);
  });
}

TEST_CASE("timeout: may come from init, handle_call and handle_info, relative or absolute",
          "[timeout]") {
  in_process([]() -> Task<> {
    (void)co_await start_link<Timed>(self(), 1ms);
    EXPECT((co_await next<Fired>()).number == 1);
    (void)co_await start_link<Timed>(self(), -1ms);  // absolute
    EXPECT((co_await next<Fired>()).number == 1);
    auto server = co_await start_link<Timed>(self());
    EXPECT(co_await server.call<Arm>(1ms) == 1);
    EXPECT((co_await next<Fired>()).number == 1);
    server.send_info<Arm>(1ms);
    EXPECT((co_await next<Fired>()).number == 2);
    const timing::Instant at = now() + 4ms;
    server.cast<ArmAt>(at);
    EXPECT((co_await next<Fired>()).number == 3);
    EXPECT(now() >= at);
    server.cast<ArmAt>(now() - 1h);
    EXPECT((co_await next<Fired>()).number == 4);
  });
}

TEST_CASE("timeout: any message cancels it", "[timeout]") {
  in_process([]() -> Task<> {
    auto server = co_await start_link<Timed>(self());
    co_await server.suspend();
    server.cast<Arm>(1ms);
    server.cast<Poke>();
    server.cast<Arm>(1ms);
    server.send_info<Poke>();
    server.cast<Arm>(1ms);
    auto count = server.send_request<Count>();
    co_await server.resume();
    EXPECT((co_await count.response()).value() == 0);
    EXPECT(!co_await receive<Fired>(10ms));
  });
}

TEST_CASE("timeout: each return starts it anew", "[timeout]") {
  in_process([]() -> Task<> {
    auto server = co_await start_link<Timed>(self());
    const timing::Instant begin = now();
    server.cast<Arm>(1h);
    server.cast<ArmTwice>(3ms);
    EXPECT((co_await next<Fired>()).number == 1);
    EXPECT((co_await next<Fired>()).number == 2);
    EXPECT(now() - begin >= 6ms);
    server.cast<Arm>(1ms);
    server.cast<Arm>(1h);
    EXPECT(co_await server.call<Count>() == 2);
    EXPECT(!co_await receive<Fired>(10ms));
  });
}

TEST_CASE("timeout: 0 comes after what has arrived and before what has not", "[timeout]") {
  in_process([]() -> Task<> {
    // The message is there before the timeout begins: it cancels.
    auto busy = co_await start_link<Timed>(self());
    co_await busy.suspend();
    busy.cast<Arm>(0s);
    busy.cast<Poke>();
    auto count = busy.send_request<Count>();
    co_await busy.resume();
    EXPECT((co_await count.response()).value() == 0);
    // Nothing is there.
    auto idle = co_await start_link<Timed>(self(), 0s);
    EXPECT((co_await next<Fired>()).number == 1);
    idle.cast<Arm>(0s);
    EXPECT((co_await next<Fired>()).number == 2);
    idle.cast<Arm>(-1s);
    EXPECT((co_await next<Fired>()).number == 3);
  });
}

TEST_CASE("timeout: a system request does not cancel it, a call does", "[timeout]") {
  in_process([]() -> Task<> {
    auto server = co_await start_link<Timed>(self());
    server.cast<Arm>(20ms);
    (void)co_await server.status();
    co_await server.suspend();
    co_await server.resume();
    (void)co_await server.get_state([](const Timed&) { return 0; });
    EXPECT((co_await next<Fired>()).number == 1);
    server.cast<Arm>(20ms);
    (void)co_await server.call<Count>();
    EXPECT(!co_await receive<Fired>(30ms));
  });
}

TEST_CASE("timeout: one that passes while the server is suspended comes when it is resumed",
          "[timeout]") {
  in_process([]() -> Task<> {
    auto server = co_await start_link<Timed>(self());
    server.cast<Arm>(2ms);
    co_await server.suspend();
    if (const auto early = co_await receive<Fired>(10ms)) co_return;  // it had passed before
    co_await server.resume();
    EXPECT((co_await next<Fired>()).number == 1);
  });
}

TEST_CASE("timeout: a Timeout that a user sends is no timeout", "[timeout]") {
  Reports reports;
  in_process({.events = &reports}, []() -> Task<> {
    auto server = co_await start_link<Timed>(self());
    send<Timeout>(server);
    EXPECT(co_await server.call<Count>() == 0);
    auto single = co_await start_link<Single>();
    send<Timeout>(single);
    EXPECT(co_await single.call<Count>() == 0);
    EXPECT(runtime().dead_letter_count() == 2);
  });
  CHECK(reports.unhandled_messages().size() == 2);
}

TEST_CASE("timeout: without a handler of its own it goes to the catch-all", "[timeout]") {
  in_process([]() -> Task<> {
    (void)co_await start_link<Catchall>(self());
    EXPECT(co_await next<bool>());
  });
}

TEST_CASE("timeout: without any handler it is reported and dropped", "[timeout]") {
  Reports reports;
  in_process({.events = &reports}, [&reports]() -> Task<> {
    auto server = co_await start_link<Deaf>();
    while (reports.unhandled_messages().empty()) co_await sleep(1ms);
    EXPECT(reports.unhandled_messages()[0].message_type == "coppice::Timeout");
    EXPECT(reports.unhandled_messages()[0].server == server.pid());
    EXPECT(co_await server.call<Count>() == 0);
  });
}
