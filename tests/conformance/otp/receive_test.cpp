// receive_SUITE and after_SUITE of OTP.
#include "in_process.hpp"
#include "processor_time.hpp"

using namespace coppice;
using namespace coppice::test;
using namespace std::chrono_literals;

namespace {

struct Filler {
  int number;
};
struct Request {
  Pid from;
  Reference ref;
};
struct Answer {
  Reference ref;
};
struct Go {};
struct Init {};
struct Aborted {};

// Answers each request by its reference.
Task<> echo() {
  for (;;) {
    const Request request = co_await receive<Request>();
    send<Answer>(request.from, request.ref);
  }
}
Task<> answer_to(Reference ref) {
  co_await receive(on<Answer>(field(&Answer::ref) == ref, [](Answer) {}));
}
// A call by hand: monitor, request, answer.
Task<> call(Pid server) {
  const MonitorRef m = monitor(server);
  const Reference ref = make_ref();
  send<Request>(server, self(), ref);
  co_await answer_to(ref);
  demonitor(m, flush);
}
template <class F>
Task<timing::Duration> best_time(F round) {
  timing::Duration best = 1h;
  for (int i = 0; i < 5; ++i) {
    const timing::Duration begin = processor_time();
    for (int k = 0; k < 100; ++k) co_await round();
    best = std::min(best, processor_time() - begin);
  }
  co_return best;
}
// The same with 100,000 messages waiting may cost OTP's ten times as much, and no more.
template <class F>
Task<> costs_the_same_in_a_crowd(F round) {
  const timing::Duration empty = co_await best_time(round);
  for (int i = 0; i < 100'000; ++i) send<Filler>(self(), i);
  const timing::Duration full = co_await best_time(round);
  EXPECT(queued() == 100'000);
  EXPECT(full < 10 * empty + 20ms);  // a look at every message would take 100 times 1 ms
}
// Takes a message to oneself by its reference, with something else done in between.
template <class F>
Task<bool> own_message_arrives(F disturb) {
  const Reference ref = make_ref();
  send<Answer>(self(), ref);
  co_await disturb();
  co_return co_await receive(on<Answer>(field(&Answer::ref) == ref, [](Answer) { return true; }),
                             after(0s, [] { return false; }));
}
Task<bool> refused(timing::Duration time) {
  try {
    co_await receive([](Go) {}, after(time, [] {}));
  } catch (const ProcessError& error) {
    co_return error.code() == ProcessErrorCode::bad_argument;
  }
  co_return false;
}
// Numbers 0 to 4 are in the mailbox, in this order.
Task<bool> in_order() {
  for (int i = 0; i < 5; ++i)
    if ((co_await next<Filler>()).number != i) co_return false;
  co_return queued() == 0;
}

}  // namespace

TEST_CASE("receive_SUITE: call_with_huge_message_queue: a call costs the same whatever waits",
          "[otp][receive]") {
  in_process([]() -> Task<> {
    const Pid server = spawn_link(echo);
    co_await costs_the_same_in_a_crowd([server]() { return call(server); });
  });
}

TEST_CASE(
    "receive_SUITE: multi_recv_opt, multi_recv_opt_clear: several outstanding references cost no "
    "more, taken or dropped",
    "[otp][receive]") {
  in_process([]() -> Task<> {
    const Pid server = spawn_link(echo);
    const auto several = [server]() -> Task<> {
      const Reference one = make_ref();
      const Reference two = make_ref();
      const MonitorRef dropped = monitor(server);
      send<Request>(server, self(), one);
      send<Request>(server, self(), two);
      co_await answer_to(two);
      demonitor(dropped, flush);
      co_await answer_to(one);
    };
    co_await costs_the_same_in_a_crowd(several);
  });
}

TEST_CASE(
    "receive_SUITE: receive_in_between: another receive between a reference and its own does no "
    "harm",
    "[otp][receive][rule-27]") {
  in_process([]() -> Task<> {
    const Pid server = spawn_link(echo);
    send<Go>(self());
    const Reference ref = make_ref();
    send<Request>(server, self(), ref);
    co_await receive([](Go) {});  // older than the reference
    co_await answer_to(ref);
    EXPECT(queued() == 0);
  });
}

TEST_CASE("receive_SUITE: receive_opt_exception: nor does an exception",
          "[otp][receive][rule-27]") {
  in_process([]() -> Task<> {
    const auto throws = []() -> Task<> {
      throw Aborted{};
      co_return;
    };
    const auto disturb = [throws]() -> Task<> {
      bool thrown = false;
      try {
        (void)co_await own_message_arrives(throws);
      } catch (const Aborted&) {
        thrown = true;
      }
      EXPECT(thrown);
    };
    EXPECT(co_await own_message_arrives(disturb));
    EXPECT(queued() == 1);  // the inner one's
    (void)co_await next<Answer>();
  });
}

TEST_CASE(
    "receive_SUITE: receive_opt_recursion: nor does the same again inside, which finds nothing",
    "[otp][receive][rule-27]") {
  in_process([]() -> Task<> {
    const auto disturb = []() -> Task<> {
      const Reference ref = make_ref();
      const Pid black_hole = spawn([]() -> Task<> { co_return; });
      send<Answer>(black_hole, ref);
      const bool found =
          co_await receive(on<Answer>(field(&Answer::ref) == ref, [](Answer) { return true; }),
                           after(0s, [] { return false; }));
      EXPECT(!found);
    };
    EXPECT(co_await own_message_arrives(disturb));
    EXPECT(queued() == 0);
  });
}

TEST_CASE(
    "receive_SUITE: gh_5235_missing_save_reset, gh_5235_recv_mark: after a receive with a bad "
    "timeout the next starts from the oldest",
    "[otp][receive][rule-27]") {
  in_process([]() -> Task<> {
    send<Init>(self());
    EXPECT(co_await refused(-1ms));
    EXPECT((co_await receive<Init>(0s)).has_value());
    send<Init>(self());
    EXPECT(co_await refused(-1h));
    const Reference ref = make_ref();
    send<Answer>(self(), ref);
    EXPECT((co_await receive<Init>(0s)).has_value());
    co_await answer_to(ref);
    EXPECT(queued() == 0);
  });
}

TEST_CASE("after_SUITE: t_after: is never early, and comes when the time is over", "[otp][after]") {
  in_process([]() -> Task<> {
    // How late it comes depends on what else the machine does: the best of some must be on time.
    timing::Duration best = 1h;
    for (int i = 0; i < 30 && best > 10ms; ++i) {
      const timing::Instant begin = now();
      co_await receive([](Go) {}, after(200ms, [] {}));
      const timing::Duration taken = now() - begin;
      EXPECT(taken >= 200ms);
      best = std::min<timing::Duration>(best, taken - 200ms);
    }
    EXPECT(best <= 10ms);
  });
}

TEST_CASE("after_SUITE: receive_after: ever shorter times", "[otp][after]") {
  in_process([]() -> Task<> {
    for (timing::Duration time = 64ms; time >= 1ms; time /= 2) {
      const timing::Instant begin = now();
      EXPECT(!co_await receive<Go>(time));
      EXPECT(now() - begin >= time);
    }
  });
}

TEST_CASE(
    "after_SUITE: receive_after_big, receive_after_32bit: the longest times do not come at once, "
    "and a message does",
    "[otp][after]") {
  in_process([]() -> Task<> {
    for (const timing::Duration time : {timing::Duration{0xffff'ffffLL * 1ms},
                                        timing::Duration{0x7fff'ffffLL * 1s}, timing::forever}) {
      const Pid boss = self();
      const Pid waiter = spawn([boss, time]() -> Task<> {
        const bool came =
            co_await receive([](Go) { return true; }, after(time, [] { return false; }));
        send<bool>(boss, came);
      });
      EXPECT(!co_await receive<bool>(5ms));
      send<Go>(waiter);
      EXPECT(co_await next<bool>());
    }
  });
}

TEST_CASE("after_SUITE: receive_after_errors: a time that makes no sense is an error",
          "[otp][after]") {
  in_process([]() -> Task<> {
    EXPECT(co_await refused(-1ns));
    EXPECT(co_await refused(-42s));
    EXPECT(co_await refused(timing::Duration::min()));
    send<Go>(self());
    EXPECT(co_await refused(-1s));  // also if a message is there
    EXPECT(queued() == 1);
    (void)co_await next<Go>();
  });
}

TEST_CASE(
    "after_SUITE: receive_zero, receive_var_zero: after(0) looks once at all that is there, and "
    "leaves it in order",
    "[otp][after][rule-27]") {
  in_process([]() -> Task<> {
    for (const timing::Duration zero : {timing::Duration{0s}, timing::Duration{0ms}}) {
      for (int i = 0; i < 5; ++i) send<Filler>(self(), i);
      const bool found = co_await receive(
          on<Filler>(field(&Filler::number) == 99, [](Filler) { return true; }),
          [](Go) { return true; }, after(zero, [] { return false; }));
      EXPECT(!found && queued() == 5);
      EXPECT(co_await in_order());
      send<Filler>(self(), 0);
      send<Go>(self());
      EXPECT(co_await receive([](Go) { return true; }, after(zero, [] { return false; })));
      EXPECT((co_await next<Filler>()).number == 0);
    }
  });
}

TEST_CASE("after_SUITE: multi_timeout: a message, a timeout, a message", "[otp][after]") {
  in_process([]() -> Task<> {
    const Pid boss = self();
    const Pid waiter = spawn_link([boss]() -> Task<> {
      for (int i = 0; i < 3; ++i)
        send<bool>(boss, co_await receive([](Go) { return true; },
                                          after(i == 1 ? 1ms : patience, [] { return false; })));
    });
    send<Go>(waiter);
    EXPECT(co_await next<bool>());
    EXPECT(!co_await next<bool>());
    send<Go>(waiter);
    EXPECT(co_await next<bool>());
  });
}

TEST_CASE(
    "after_SUITE: receive_after_blast: ten thousand processes whose time is over at one instant",
    "[otp][after]") {
  in_process([]() -> Task<> {
    const timing::Instant at = now() + 100ms;
    std::vector<MonitorRef> ends;
    for (int i = 0; i < 10'000; ++i)
      ends.push_back(spawn_monitor([at]() -> Task<> {
                       co_await receive([](Go) {}, after(timing::until(now(), at), [] {}));
                       if (now() < at) exit(ExitReason::custom(1));
                     }).ref);
    int early = 0;
    for (const MonitorRef& m : ends) early += co_await end_of(m) == ExitReason::normal() ? 0 : 1;
    EXPECT(early == 0);
    EXPECT(runtime().process_count() < 100);
  });
}
