// gen_server_SUITE of OTP: timeouts of callbacks, system requests, what terminate does, long
// queues.
#include "in_process.hpp"
#include "processor_time.hpp"

using namespace coppice;
using namespace coppice::test;
using namespace std::chrono_literals;

namespace {

struct Get {};
struct Touch {};
struct Arm {
  timing::Duration time;
};
struct ArmAt {
  timing::Instant time;
};
struct ArmByContinue {
  timing::Duration time;
};
struct Fired {};
struct Quit {
  int code;
};
struct Crash {};

// Answers every kind of message with a timeout, and tells the starter when one comes.
class Timed : public GenServer {
 public:
  using Info = Messages<Arm, Touch>;
  explicit Timed(Pid boss) : boss_{boss} {}
  Reply<int> handle_call(Arm arm) { return Reply<int>{0}.timeout(arm.time); }
  int handle_call(Touch) { return touched_; }
  Reply<int> handle_call(ArmByContinue m) { return Reply<int>{0}.continue_with(m); }
  Next handle_cast(Arm arm) { return Next::timeout(arm.time); }
  Next handle_cast(ArmAt arm) { return Next::timeout_at(arm.time); }
  Next handle_cast(ArmByContinue m) { return Next::continue_with(m); }
  Next handle_continue(ArmByContinue m) { return Next::timeout(m.time); }
  Next handle_info(Arm arm) { return Next::timeout(arm.time); }
  void handle_info(Touch) { ++touched_; }
  void handle_info(Timeout) {
    send<Fired>(boss_);
    ++touched_;
  }

 private:
  Pid boss_;
  int touched_ = 0;
};

struct Told {
  ExitReason reason;
};
// Tells of its terminate, which may throw.
class Ending : public GenServer {
 public:
  explicit Ending(Pid boss, bool throws = false) : boss_{boss}, throws_{throws} {}
  int handle_call(Get) { return state; }
  Next handle_cast(Quit quit) { return Next::stop(ExitReason::custom(quit.code)); }
  void terminate(const ExitReason& reason) {
    send<Told>(boss_, reason);
    if (throws_) throw std::runtime_error{"terminate threw"};
  }
  int state = 1;

 private:
  Pid boss_;
  bool throws_;
};

class WithoutTerminate : public GenServer {
 public:
  Next handle_cast(Quit quit) {
    return Next::stop(quit.code == 0 ? ExitReason::normal() : ExitReason::custom(quit.code));
  }
  void handle_cast(Crash) { throw 5; }
};

// Whether what `arm_and_cancel` does keeps a timeout of 20 ms from coming. Again, if that took so
// long that it may have come.
template <class F>
Task<bool> cancels(F arm_and_cancel) {
  for (;;) {
    const timing::Instant begin = now();
    co_await arm_and_cancel();
    if (now() - begin < 20ms) break;
    while (co_await receive<Fired>(0ms)) {
    }
  }
  co_return !co_await receive<Fired>(30ms);
}
Task<bool> fires() { co_return (co_await receive<Fired>(patience)).has_value(); }

}  // namespace

TEST_CASE(
    "gen_server_SUITE: handle_event_timeout: one from call, cast, info or a continuation comes, "
    "unless a message comes first",
    "[otp][gen_server][rule-16]") {
  in_process([]() -> Task<> {
    const auto server = co_await start_link<Timed>(self());
    const timing::Instant begin = now();
    co_await server.call<Arm>(2ms);
    EXPECT(co_await fires());
    EXPECT(now() - begin >= 2ms);
    server.cast<Arm>(2ms);
    EXPECT(co_await fires());
    send<Arm>(server, 2ms);
    EXPECT(co_await fires());
    server.cast<ArmAt>(now() + 2ms);
    EXPECT(co_await fires());
    co_await server.call<ArmByContinue>(2ms);
    EXPECT(co_await fires());
    server.cast<ArmByContinue>(2ms);
    EXPECT(co_await fires());
    // Whatever the message, it cancels.
    const auto by_call = [server]() -> Task<> {
      co_await server.call<Arm>(20ms);
      co_await server.call<Touch>();
    };
    EXPECT(co_await cancels(by_call));
    const auto by_message = [server]() -> Task<> {
      server.cast<ArmAt>(now() + 20ms);
      send<Touch>(server);
      co_await server.get_state([](const Timed&) {});
    };
    EXPECT(co_await cancels(by_message));
    // Each return starts it anew: this one comes once.
    server.cast<Arm>(1h);
    server.cast<Arm>(1ms);
    EXPECT(co_await fires());
    EXPECT(!co_await receive<Fired>(5ms));
  });
}

TEST_CASE(
    "gen_server_SUITE: handle_event_timeout_zero: a timeout of 0 comes before messages that come "
    "later",
    "[otp][gen_server][rule-16]") {
  in_process([]() -> Task<> {
    const auto server = co_await start_link<Timed>(self());
    co_await server.call<Arm>(0ms);
    EXPECT(co_await fires());
    EXPECT(co_await server.call<Touch>() == 1);
    co_await server.call<ArmByContinue>(0ms);
    EXPECT(co_await fires());
    // What has arrived already comes first, and cancels it.
    co_await server.suspend();
    server.cast<Arm>(0ms);
    send<Touch>(server);
    co_await server.resume();
    EXPECT(co_await server.call<Touch>() == 3);
    EXPECT(!co_await receive<Fired>(0ms));
  });
}

TEST_CASE(
    "gen_server_SUITE: handle_event_timeout_plain: a system request does not cancel a timeout, a "
    "call does",
    "[otp][gen_server][rule-16]") {
  in_process([]() -> Task<> {
    const auto server = co_await start_link<Timed>(self());
    server.cast<Arm>(10ms);
    co_await server.get_state([](const Timed&) {});
    EXPECT((co_await server.status()).mode == ServerStatus::Mode::running);
    EXPECT(co_await fires());
    const auto by_call = [server]() -> Task<> {
      server.cast<Arm>(20ms);
      co_await server.call<Touch>();
    };
    EXPECT(co_await cancels(by_call));
  });
}

TEST_CASE("gen_server_SUITE: get_state: of a server that runs, and of one that is suspended",
          "[otp][gen_server][rule-18]") {
  in_process([]() -> Task<> {
    const auto server = co_await start<Ending>(StartOptions{.name = "stateful"}, self());
    EXPECT(co_await server.get_state([](const Ending& s) { return s.state; }) == 1);
    const ServerRef<Ending> by_name = Name<Ending>{"stateful"}.resolve().value();
    EXPECT(co_await by_name.get_state([](const Ending& s) { return s.state; }) == 1);
    co_await server.suspend();
    auto waiting = server.send_request<Get>();
    EXPECT(co_await server.get_state([](const Ending& s) { return s.state; }) == 1);
    EXPECT((co_await waiting.response(0ms)).error().is_timeout());
    co_await server.resume();
    EXPECT(co_await server.call<Get>() == 1);
    co_await server.stop();
  });
}

TEST_CASE(
    "gen_server_SUITE: replace_state: changes the state; a function that fails leaves it and the "
    "server alone",
    "[otp][gen_server][rule-18]") {
  in_process([]() -> Task<> {
    const auto server = co_await start<Ending>(self());
    EXPECT(co_await server.replace_state([](Ending& s) { return s.state = 2; }) == 2);
    EXPECT(co_await server.call<Get>() == 2);
    ExitReason failure;
    try {
      co_await server.replace_state([](Ending&) { throw std::runtime_error{"cannot"}; });
    } catch (const ExitSignal& signal) {
      failure = signal.reason();
    }
    EXPECT(failure.get<CallError>() != nullptr);
    EXPECT(co_await server.call<Get>() == 2);
    co_await server.suspend();
    co_await server.replace_state([](Ending& s) { s.state = 3; });
    co_await server.resume();
    EXPECT(co_await server.call<Get>() == 3);
    co_await server.stop();
  });
}

TEST_CASE(
    "gen_server_SUITE: undef_terminate1, undef_terminate2: without terminate a server ends with "
    "its reason",
    "[otp][gen_server][rule-13]") {
  in_process([]() -> Task<> {
    for (const int code : {0, 6}) {
      const auto server = co_await start<WithoutTerminate>();
      const MonitorRef end = monitor(server);
      server.cast<Quit>(code);
      const ExitReason expected = code == 0 ? ExitReason::normal() : ExitReason::custom(code);
      EXPECT(co_await end_of(end) == expected);
    }
    const auto stopped = co_await start<WithoutTerminate>();
    const MonitorRef end = monitor(stopped);
    co_await stopped.stop(ExitReason::custom(3));
    EXPECT(co_await end_of(end) == ExitReason::custom(3));
  });
}

TEST_CASE("gen_server_SUITE: undef_in_terminate: an error inside terminate becomes the reason",
          "[otp][gen_server][rule-13]") {
  in_process([]() -> Task<> {
    const auto server = co_await start<Ending>(self(), true);
    const MonitorRef end = monitor(server);
    server.cast<Quit>(1);
    const ExitReason why = co_await end_of(end);
    EXPECT(why.is_error() && why.error_info()->message == "terminate threw");
    EXPECT((co_await next<Told>()).reason == ExitReason::custom(1));
  });
}

TEST_CASE(
    "gen_server_SUITE: call_with_huge_message_queue: a call costs the same whatever waits in the "
    "caller's mailbox",
    "[otp][gen_server]") {
  in_process([]() -> Task<> {
    const auto server = co_await start_link<Ending>(self());
    const auto time_calls = [server]() -> Task<timing::Duration> {
      timing::Duration best = 1h;
      for (int round = 0; round < 5; ++round) {
        const timing::Duration begin = processor_time();
        for (int i = 0; i < 200; ++i) co_await server.call<Get>();
        best = std::min(best, processor_time() - begin);
      }
      co_return best;
    };
    const timing::Duration empty = co_await time_calls();
    for (int i = 0; i < 100'000; ++i) send<Touch>(self());
    const timing::Duration full = co_await time_calls();
    EXPECT(queued() == 100'000);
    EXPECT(full < 10 * empty + 20ms);  // OTP's own limit; a scan of the queue would take 200 * 1 ms
  });
}

TEST_CASE(
    "rule 13: terminate runs on a stop and on an exception, not on a kill nor on an exit that is "
    "not trapped",
    "[otp][gen_server][rule-13]") {
  class Trapping : public Ending {
   public:
    using Ending::Ending;
    void handle_cast(Crash) { throw std::runtime_error{"crash"}; }
  };
  in_process([]() -> Task<> {
    const auto crashing = co_await start<Trapping>(self());
    crashing.cast<Crash>();
    EXPECT((co_await next<Told>()).reason.is_error());
    const auto killed = co_await start<Ending>(self());
    const MonitorRef end = monitor(killed);
    exit(killed, ExitReason::kill());
    EXPECT(co_await end_of(end) == ExitReason::killed());
    const auto asked = co_await start<Ending>(self());
    exit(asked, ExitReason::shutdown());
    co_await end_of(asked);
    EXPECT(!co_await receive<Told>(0ms));
  });
}

TEST_CASE("rule 15: a thrown value is an error, whatever it is", "[otp][gen_server][rule-15]") {
  in_process([]() -> Task<> {
    const auto server = co_await start<WithoutTerminate>();
    const MonitorRef end = monitor(server);
    server.cast<Crash>();
    EXPECT((co_await end_of(end)).is_error());
  });
}

TEST_CASE(
    "rule 17: a stop throws the server's reason if it is another, and on a timeout, after which "
    "the server still ends",
    "[otp][gen_server][rule-17]") {
  struct Go {};
  class Slow : public GenServer {
   public:
    Slow(bool other, bool waits) : other_{other}, waits_{waits} {}
    Task<> terminate(const ExitReason&) {
      if (waits_) co_await receive([](Go) {});
      if (other_) exit(ExitReason::custom(5));
    }

   private:
    bool other_;
    bool waits_;
  };
  in_process([]() -> Task<> {
    for (const bool other : {false, true}) {
      const auto server = co_await start<Slow>(other, true);
      const MonitorRef end = monitor(server);
      CallError::Kind kind = CallError::Kind::cycle;
      try {
        co_await server.stop(ExitReason::shutdown(), 1ms);
      } catch (const ExitSignal& signal) {
        kind = signal.reason().get<CallError>()->kind();
      }
      EXPECT(kind == CallError::Kind::timeout && is_alive(server));
      send<Go>(server);
      const ExitReason expected = other ? ExitReason::custom(5) : ExitReason::shutdown();
      EXPECT(co_await end_of(end) == expected);
    }
    const auto server = co_await start<Slow>(true, false);
    ExitReason why;
    try {
      co_await server.stop();
    } catch (const ExitSignal& signal) {
      why = signal.reason().get<CallError>()->reason();
    }
    EXPECT(why == ExitReason::custom(5));
  });
}
