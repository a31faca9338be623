// gen_statem_SUITE of OTP: the order of events, enter calls, and the kinds of events and timeouts. The scenarios are OTP's;
// the machine (state_machine_rig.hpp) does what a plan says and writes down what reaches it.
#include "../../behaviour/state_machine_rig.hpp"

using namespace coppice;
using namespace coppice::test;
using namespace std::chrono_literals;

namespace {

// For plans: the caller that is kept.
From<int> kept(Rig& rig) {
  From<int> from = std::move(rig.kept.back());
  rig.kept.pop_back();
  return from;
}
Task<ExitReason> exit_from(Pid pid) {
  const Exit end = co_await next<Exit>();
  EXPECT(end.from == pid);
  co_return end.reason;
}
Task<> expect_gone(ServerRef<Rig> rig) {
  const auto gone = co_await rig.try_call<E>(0);
  EXPECT(!gone && gone.error().is_noproc());
  EXPECT(queued() == 0);
}

// Has an event of its own from the start.
class Eager : public StateMachine<Eager, S> {
 public:
  Eager() : StateMachine{S::a} {}
  Step init() { return keep().next_internal<E>(0); }
  Step handle_internal(S s, const E& e) { return s == S::a && e.n == 0 ? to(S::b) : stop(ExitReason::custom(1)); }
  bool handle_call(S s, const E&) { return s == S::b; }
};

}  // namespace

TEST_CASE("gen_statem_SUITE: next_events: come in the order in which they are asked for, before any other",
          "[otp][gen_statem]") {
  in_process([]() -> Task<> {
    Rig::Plan plan;
    plan.on["c1@a"] = [](Rig&) { return Rig::to(S::b).next_internal<E>(2).next_internal<E>(3).next_internal<E>(4); };
    auto rig = co_await start<Rig>(std::move(plan));
    co_await rig.suspend();
    rig.cast<E>(1);
    rig.cast<E>(9);
    co_await rig.resume();
    EXPECT(co_await rig.call<E>(5) == 5);
    EXPECT(co_await written(rig) == "eaa c1@a eab i2@b i3@b i4@b c9@b k5@b");
    co_await rig.stop();
    EXPECT(!is_alive(rig));
  });
}

TEST_CASE("gen_statem_SUITE: state_enter: enter calls come at the start, with a change and a repeat, and may set timeouts",
          "[otp][gen_statem]") {
  in_process([]() -> Task<> {
    trap_exit(true);
    Rig::Plan plan;
    // Entered three times, each time coming from where the machine was before. The last one's timeouts count.
    plan.on["k2@a"] = [](Rig&) { return Rig::to(S::b).event_timeout<E>(0s, 2); };
    plan.entering["eab"] = [n = 3](Rig&) mutable {
      const int number = n++;
      Rig::Entered entered = Rig::entered().event_timeout<E>(0s, number).state_timeout<E>(0s, 10 + number);
      return number < 5 ? std::move(entered).repeat() : std::move(entered);
    };
    // Entered anew by the state itself, with timeouts of both.
    plan.on["k8@b"] = [](Rig&) { return Rig::repeat().event_timeout<E>(0s, 8); };
    plan.entering["ebb"] = [](Rig&) { return Rig::entered().event_timeout<E>(0s, 9).state_timeout<E>(0s, 19); };
    plan.on["k11@b"] = [](Rig&) { return Rig::to(S::a).next_internal<E>(13); };
    plan.on["k14@a"] = [](Rig&) { return Rig::repeat(); };
    plan.on["c16@a"] = [](Rig&) { return Rig::stop(ExitReason::custom(1)); };
    auto rig = co_await start_rig(std::move(plan));
    EXPECT(co_await written(rig) == "eaa");
    EXPECT(co_await rig.call<E>(2) == 2);
    EXPECT(co_await written(rig) == "k2@a eab eab eab t5@b t15@b");
    EXPECT(co_await rig.get_state([](const Rig& r) { return r.is_in(S::b); }));
    EXPECT(co_await rig.call<E>(8) == 8);
    EXPECT(co_await written(rig) == "k8@b ebb t9@b t19@b");
    EXPECT(co_await rig.call<E>(11) == 11);
    EXPECT(co_await written(rig) == "k11@b eba i13@a");
    EXPECT(co_await rig.call<E>(14) == 14);
    EXPECT(co_await written(rig) == "k14@a eaa");
    rig.cast<E>(16);
    EXPECT(co_await exit_from(rig) == ExitReason::custom(1));
    co_await expect_gone(rig);
  });
}

TEST_CASE("gen_statem_SUITE: event_order: next events, then what was postponed; an event timeout is cancelled by either",
          "[otp][gen_statem]") {
  in_process([]() -> Task<> {
    trap_exit(true);
    Journal journal;
    Rig::Plan plan;
    for (const char* word : {"c1@a", "c2@a"}) plan.on[word] = [](Rig&) { return Rig::postpone(); };
    plan.on["k3@a"] = [](Rig&) {
      return Rig::to(S::b).next_internal<E>(4).next_internal<E>(5).event_timeout<E>(0s, 6);
    };
    plan.on["k7@b"] = [](Rig&) { return Rig::to(S::c).next_internal<E>(8); };
    plan.on["i8@c"] = [](Rig&) { return Rig::stop(ExitReason::custom(2)); };
    auto rig = co_await start_link<Rig>(std::move(plan), &journal);
    rig.cast<E>(1);
    rig.cast<E>(2);
    EXPECT(co_await rig.call<E>(3) == 3);
    EXPECT(co_await rig.call<E>(7) == 7);
    EXPECT(co_await exit_from(rig) == ExitReason::custom(2));
    EXPECT(journal.text() == "eaa c1@a c2@a k3@a eab i4@b i5@b c1@b c2@b k7@b ebc i8@c end");
    co_await expect_gone(rig);
  });
}

TEST_CASE("gen_statem_SUITE: state_timeout: against event timeouts, changes of state and timeouts of zero",
          "[otp][gen_statem]") {
  in_process([]() -> Task<> {
    trap_exit(true);
    Journal journal;
    Rig::Plan plan;
    plan.on["k1@a"] = [](Rig&) {
      send<E>(self(), 50);
      return Rig::to(S::b).event_timeout<E>(20ms, 11).state_timeout<E>(20ms, 1).next_internal<E>(1);
    };
    // The change cancels the state timeout, and a next event comes before timeouts of zero, of which it cancels the event's.
    plan.on["i1@b"] = [](Rig&) {
      return Rig::to(S::c).event_timeout<E>(0s, 12).state_timeout<E>(0s, 2).next_internal<E>(2);
    };
    // One of the event is behind the state's that waits, and is cancelled by that.
    plan.on["i2@c"] = [](Rig&) { return Rig::keep().event_timeout<E>(0s, 13); };
    plan.on["t2@c"] = [](Rig&) { return Rig::keep().event_timeout<E>(0s, 14).state_timeout<E>(0s, 5); };
    // One of the state that waits may be set anew, and cancels the event's that is behind it.
    plan.on["t14@c"] = [](Rig&) { return Rig::keep().state_timeout<E>(0s, 6).event_timeout<E>(0s, 17); };
    plan.on["t6@c"] = [](Rig& r) { return Rig::to(S::a).reply(kept(r), 1).state_timeout<E>(20ms, 8); };
    plan.on["t8@a"] = [](Rig& r) { return Rig::stop(ExitReason::normal()).reply(kept(r), 2); };
    auto rig = co_await start_link<Rig>(std::move(plan), &journal);
    const timing::Instant begin = now();
    EXPECT(co_await rig.call<F>(1) == 1);
    EXPECT(co_await rig.call<F>(2) == 2);
    EXPECT(now() - begin >= 20ms);
    EXPECT(co_await exit_from(rig) == ExitReason::normal());
    EXPECT(journal.text() == "eaa k1@a eab i1@b ebc i2@c t2@c t14@c t6@c eca m50@a k2@a t8@a end");
    co_await expect_gone(rig);
  });
}

TEST_CASE("gen_statem_SUITE: timeout_cancel_and_update: cancelled it does not come; updated it keeps its time, fired or not",
          "[otp][gen_statem]") {
  in_process([]() -> Task<> {
    trap_exit(true);
    Journal journal;
    Rig::Plan plan;
    plan.on["k1@a"] = [](Rig&) {
      send<E>(self(), 50);
      return Rig::to(S::b).state_timeout<E>(1ms, 1).next_internal<E>(1);
    };
    plan.on["i1@b"] = [](Rig&) { return Rig::keep().cancel_state_timeout().timeout<E>("named", 10ms, 2); };
    plan.on["m50@b"] = [](Rig&) { return Rig::keep().update_named_timeout<E>("named", 3); };
    plan.on["t3@b"] = [](Rig&) { return Rig::to(S::c).state_timeout<E>(1ms, 4).next_cast<Wait>().next_internal<E>(2); };
    // Its event is in the mailbox by now.
    plan.on["i2@c"] = [](Rig&) { return Rig::keep().update_state_timeout<E>(5).event_timeout<E>(1h, 6); };
    plan.on["t5@c"] = [](Rig& r) { return Rig::to(S::a).event_timeout(1h).reply(kept(r), 1); };
    plan.on["c9@a"] = [](Rig&) { return Rig::stop(ExitReason::normal()); };
    auto rig = co_await start_link<Rig>(std::move(plan), &journal);
    auto request = rig.send_request<F>(1);
    for (;;) {
      const ServerStatus status = co_await rig.status();
      if (!status.handling.empty() && status.queued == 1) break;
      co_await sleep(1ms);
    }
    send<Go>(rig);
    EXPECT((co_await request.response(patience)).value() == 1);
    EXPECT((co_await rig.status()).timeouts == 1);  // that of an hour alone
    rig.cast<E>(9);
    EXPECT(co_await exit_from(rig) == ExitReason::normal());
    EXPECT(journal.text() == "eaa k1@a eab i1@b m50@b t3@b ebc wait@c i2@c t5@c eca c9@a end");
    co_await expect_gone(rig);
  });
}

TEST_CASE("gen_statem_SUITE: event_types: a next event may be of every type, and is handled as such", "[otp][gen_statem]") {
  in_process([]() -> Task<> {
    trap_exit(true);
    auto eager = co_await start_link<Eager>();
    EXPECT(co_await eager.call<E>(1));
    co_await eager.stop();
    EXPECT(co_await exit_from(eager) == ExitReason::normal());

    Journal journal;
    Rig::Plan plan;
    plan.on["k1@a"] = [](Rig& r) {
      return Rig::to(S::b)
          .next_internal<E>(1)
          .next_timeout<StateTimeout>()
          .next_timeout<EventTimeout>()
          .next_info<E>(4)
          .next_cast<E>(5)
          .next_timeout<E>(6)
          .next_call<E>(kept(r), 7);
    };
    // Each moves the machine on.
    plan.on["i1@b"] = plan.on["v0@b"] = plan.on["c5@b"] = [](Rig&) { return Rig::to(S::c); };
    plan.on["s0@c"] = plan.on["m4@c"] = plan.on["t6@c"] = [](Rig&) { return Rig::to(S::b); };
    plan.on["c8@b"] = [](Rig&) { return Rig::stop(ExitReason::shutdown()); };
    auto rig = co_await start_link<Rig>(std::move(plan), &journal);
    EXPECT(co_await rig.call<F>(1) == 7);
    rig.cast<E>(8);
    EXPECT(co_await exit_from(rig) == ExitReason::shutdown());
    EXPECT(journal.text() ==
           "eaa k1@a eab i1@b ebc s0@c ecb v0@b ebc m4@c ecb c5@b ebc t6@c ecb k7@b c8@b end");
    co_await expect_gone(rig);
  });
}

TEST_CASE("gen_statem_SUITE: generic_timers: known by their names, relative or absolute, set anew and cancelled",
          "[otp][gen_statem]") {
  in_process([]() -> Task<> {
    trap_exit(true);
    Journal journal;
    Rig::Plan plan;
    plan.on["k1@a"] = [](Rig&) {
      return Rig::to(S::b).timeout<E>("a", 15ms, 1).state_timeout<E>(15ms, 1).timeout<E>("b", 10ms, 1).next_internal<E>(1);
    };
    plan.on["i1@b"] = [](Rig&) {
      return Rig::to(S::c)
          .timeout<E>("c", now() + 5ms, 2)
          .timeout<E>("d", 0s, 3)
          .event_timeout<E>(0s, 4)
          .timeout<E>("b", timing::forever, 5)
          .timeout<F>("a", 10ms, 6);
    };
    plan.on["t3@c"] = [](Rig&) { return Rig::to(S::a); };
    plan.on["t2@a"] = [](Rig&) { return Rig::to(S::b); };
    plan.on["t6@b"] = [](Rig& r) { return Rig::stop(ExitReason::shutdown()).reply(kept(r), 1); };
    auto rig = co_await start_link<Rig>(std::move(plan), &journal);
    EXPECT(co_await rig.call<F>(1) == 1);
    EXPECT(co_await exit_from(rig) == ExitReason::shutdown());
    EXPECT(journal.text() == "eaa k1@a eab i1@b ebc t3@c eca t2@a eab t6@b end");
    co_await expect_gone(rig);
  });
}
