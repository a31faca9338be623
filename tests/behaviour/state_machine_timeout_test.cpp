// The timeouts of a state machine: of the state, of the event, and named ones.
#include "state_machine_rig.hpp"

using namespace coppice;
using namespace coppice::test;
using namespace std::chrono_literals;

TEST_CASE("state timeout: fires in its state, whatever events come meanwhile", "[state_machine]") {
  in_process([]() -> Task<> {
    Rig::Plan plan;
    plan.on["c1@a"] = [](Rig&) {
      cast_self(2);
      return Rig::keep().state_timeout(1ms);
    };
    auto rig = co_await start_rig(std::move(plan));
    rig.cast<E>(1);
    co_await expect_written(rig, "eaa c1@a c2@a s0@a");
  });
}

TEST_CASE("state timeout: a change of state cancels it, and one asked for with the change is the new state's",
          "[state_machine]") {
  in_process([]() -> Task<> {
    Rig::Plan plan;
    plan.on["c1@a"] = [](Rig&) { return Rig::keep().state_timeout<E>(1ms, 7); };
    plan.on["c2@a"] = [](Rig&) { return Rig::to(S::b).state_timeout<E>(20ms, 8); };
    auto rig = co_await start_rig(std::move(plan));
    rig.cast<Wait>();
    rig.cast<E>(1);
    rig.cast<E>(2);
    send(rig, Go{});
    co_await expect_written(rig, "eaa wait@a c1@a c2@a eab t8@b");
  });
}

TEST_CASE("state timeout: repeat and going to the present state leave it", "[state_machine]") {
  in_process([]() -> Task<> {
    Rig::Plan plan;
    plan.on["c1@a"] = [](Rig&) {
      cast_self(2);
      cast_self(3);
      return Rig::keep().state_timeout(1ms);
    };
    plan.on["c2@a"] = [](Rig&) { return Rig::repeat(); };
    plan.on["c3@a"] = [](Rig&) { return Rig::to(S::a); };
    auto rig = co_await start_rig(std::move(plan));
    rig.cast<E>(1);
    co_await expect_written(rig, "eaa c1@a c2@a eaa c3@a s0@a");
  });
}

TEST_CASE("event timeout: any event cancels it, a system request does not", "[state_machine]") {
  in_process([]() -> Task<> {
    Rig::Plan plan;
    plan.on["c1@a"] = [](Rig&) {
      send<E>(self(), 9);
      cast_self(2);
      return Rig::keep().event_timeout(1ms);
    };
    plan.on["c2@a"] = [](Rig&) { return Rig::keep().event_timeout(1ms).next_internal<E>(3); };
    plan.on["c4@a"] = [](Rig&) { return Rig::keep().event_timeout(5ms); };
    auto rig = co_await start_rig(std::move(plan));
    rig.cast<E>(1);
    co_await sleep(10ms);
    EXPECT(co_await written(rig) == "eaa c1@a m9@a c2@a i3@a");
    rig.cast<E>(4);
    EXPECT((co_await rig.status()).state == std::to_string('a'));
    co_await expect_written(rig, "c4@a v0@a");
  });
}

TEST_CASE("timeout of zero: before the mailbox, behind next and retried events, in the order asked for", "[state_machine]") {
  in_process([]() -> Task<> {
    Rig::Plan plan;
    plan.on["c1@a"] = [](Rig&) { return Rig::postpone(); };
    plan.on["c2@a"] = [](Rig&) {
      return Rig::to(S::b).timeout<E>(0s, 4).state_timeout<E>(0s, 5).timeout<F>("named", 0s, 6).next_internal<E>(3);
    };
    auto rig = co_await start_rig(std::move(plan));
    rig.cast<E>(1);
    rig.cast<E>(2);
    rig.cast<E>(9);
    EXPECT(co_await written(rig) == "eaa c1@a c2@a eab i3@b c1@b t4@b t5@b t6@b c9@b");
  });
}

TEST_CASE("timeout of zero: that of the event is cancelled by a next event", "[state_machine]") {
  in_process([]() -> Task<> {
    Rig::Plan plan;
    plan.on["c1@a"] = [](Rig&) { return Rig::keep().event_timeout(0s); };
    plan.on["c2@a"] = [](Rig&) { return Rig::keep().event_timeout(0s).next_internal<E>(3); };
    auto rig = co_await start_rig(std::move(plan));
    rig.cast<E>(1);
    rig.cast<E>(2);
    rig.cast<E>(9);
    EXPECT(co_await written(rig) == "eaa c1@a v0@a c2@a i3@a c9@a");
  });
}

TEST_CASE("timeout of zero: that of the state is cancelled when a next event changes the state", "[state_machine]") {
  in_process([]() -> Task<> {
    Rig::Plan plan;
    plan.on["c1@a"] = [](Rig&) { return Rig::keep().state_timeout(0s).next_internal<E>(2); };
    plan.on["i2@a"] = [](Rig&) { return Rig::to(S::b); };
    auto rig = co_await start_rig(std::move(plan));
    rig.cast<E>(1);
    rig.cast<E>(9);
    EXPECT(co_await written(rig) == "eaa c1@a i2@a eab c9@b");
  });
}

TEST_CASE("named timeouts: known by type or name, many at a time, left alone by events and changes", "[state_machine]") {
  in_process([]() -> Task<> {
    Rig::Plan plan;
    plan.on["c1@a"] = [](Rig&) {
      cast_self(2);
      return Rig::to(S::b).timeout<E>(12ms, 3).timeout<F>(8ms, 2).timeout<E>("first", 4ms, 1).timeout<F>("last", 16ms, 4);
    };
    plan.on["c2@b"] = [](Rig&) { return Rig::to(S::c); };
    auto rig = co_await start_rig(std::move(plan));
    rig.cast<E>(1);
    co_await expect_written(rig, "eaa c1@a eab c2@b ebc t1@c t2@c t3@c t4@c");
  });
}

TEST_CASE("timeout: set again it starts anew, with what was said last", "[state_machine]") {
  in_process([]() -> Task<> {
    Rig::Plan plan;
    plan.on["c1@a"] = [](Rig&) { return Rig::keep().state_timeout<E>(1ms, 1).timeout<E>("x", 1ms, 2); };
    plan.on["c2@a"] = [](Rig&) { return Rig::keep().state_timeout<E>(20ms, 3).timeout<F>("x", 30ms, 4); };
    auto rig = co_await start_rig(std::move(plan));
    rig.cast<Wait>();
    rig.cast<E>(1);
    rig.cast<E>(2);
    send(rig, Go{});
    co_await expect_written(rig, "eaa wait@a c1@a c2@a t3@a t4@a");
  });
}

TEST_CASE("timeout: cancelled it does not come, even if it has fired; forever cancels too", "[state_machine]") {
  in_process([]() -> Task<> {
    Rig::Plan plan;
    plan.on["c1@a"] = [](Rig&) {
      wait_self();
      cast_self(2);
      return Rig::keep().state_timeout(1ms).timeout<E>(1ms, 1).timeout<E>("x", 1ms, 2).timeout<F>(1ms, 3);
    };
    plan.on["c2@a"] = [](Rig&) {
      return Rig::keep().cancel_state_timeout().cancel_timeout<E>().cancel_timeout("x").timeout<F>(timing::forever, 4);
    };
    plan.on["c3@a"] = [](Rig&) { return Rig::keep().event_timeout(0s).cancel_event_timeout(); };
    auto rig = co_await start_rig(std::move(plan));
    rig.cast<E>(1);
    while ((co_await rig.status()).queued < 5) co_await sleep(1ms);  // all four have fired
    rig.cast<E>(3);
    rig.cast<E>(4);
    send(rig, Go{});
    EXPECT(co_await written(rig) == "eaa c1@a wait@a c2@a c3@a c4@a");
  });
}

TEST_CASE("timeout: update gives a running one another event, and starts one that does not run with zero",
          "[state_machine]") {
  in_process([]() -> Task<> {
    Rig::Plan plan;
    plan.on["c1@a"] = [](Rig&) {
      cast_self(2);
      return Rig::keep().state_timeout<E>(2ms, 1).timeout<E>("x", 4ms, 2).timeout<F>(6ms, 3);
    };
    plan.on["c2@a"] = [](Rig&) {
      return Rig::keep().update_state_timeout<E>(4).update_named_timeout<F>("x", 5).update_timeout<F>(6);
    };
    plan.on["c3@a"] = [](Rig&) { return Rig::keep().update_state_timeout<E>(7).update_timeout<E>(8).update_event_timeout(); };
    auto rig = co_await start_rig(std::move(plan));
    rig.cast<E>(1);
    co_await expect_written(rig, "eaa c1@a c2@a t4@a t5@a t6@a");
    rig.cast<E>(3);
    rig.cast<E>(9);
    EXPECT(co_await written(rig) == "c3@a t7@a t8@a c9@a");  // t7 was an event, and cancelled that of the event
  });
}

TEST_CASE("timeout: of several actions for one the last counts, wherever its order puts the others", "[state_machine]") {
  in_process([]() -> Task<> {
    Rig::Plan plan;
    // Does not run yet, so what is left is an update that starts it with zero.
    plan.on["c1@a"] = [](Rig&) { return Rig::keep().state_timeout<E>(1h, 1).update_state_timeout<E>(2); };
    // Runs, and goes on running with another event.
    plan.on["c3@a"] = [](Rig&) { return Rig::keep().state_timeout<E>(10ms, 3); };
    plan.on["c4@a"] = [](Rig&) { return Rig::keep().cancel_state_timeout().update_state_timeout<E>(4); };
    plan.on["c5@a"] = [](Rig&) {
      return Rig::keep().timeout<E>("x", 0s, 5).timeout<E>("y", 0s, 6).timeout<E>("x", 0s, 7).event_timeout(0s).event_timeout(1h);
    };
    auto rig = co_await start_rig(std::move(plan));
    rig.cast<E>(1);
    EXPECT(co_await written(rig) == "eaa c1@a t2@a");
    rig.cast<E>(3);
    rig.cast<E>(4);
    rig.cast<E>(5);
    co_await expect_written(rig, "c3@a c4@a c5@a t6@a t7@a t4@a");
  });
}

TEST_CASE("timeout: at a point of time; one that has passed comes through the mailbox", "[state_machine]") {
  in_process([]() -> Task<> {
    Rig::Plan plan;
    plan.on["c1@a"] = [](Rig& r) {
      r.write(now() > timing::Instant{} ? "now" : "never");
      return Rig::keep().state_timeout<E>(now() - 1s, 1).timeout<E>(now() + 5ms, 2).timeout<F>("x", now() + 10ms, 3);
    };
    plan.on["t3@a"] = [](Rig&) { return Rig::keep().event_timeout(now() + 1ms); };
    auto rig = co_await start_rig(std::move(plan));
    rig.cast<Wait>();
    rig.cast<E>(1);
    rig.cast<E>(9);
    send(rig, Go{});
    co_await expect_written(rig, "eaa wait@a c1@a now c9@a t1@a t2@a t3@a v0@a");
  });
}

TEST_CASE("timeout: comes in its place among messages", "[state_machine]") {
  in_process([]() -> Task<> {
    Rig::Plan plan;
    plan.on["c1@a"] = [](Rig&) {
      const ServerRef<Rig> me{self()};
      me.cast<Wait>();
      me.cast<E>(2);
      return Rig::keep().state_timeout(1ms);
    };
    auto rig = co_await start_rig(std::move(plan));
    rig.cast<E>(1);
    while ((co_await rig.status()).queued < 2) co_await sleep(1ms);
    rig.cast<E>(3);
    send(rig, Go{});
    EXPECT(co_await written(rig) == "eaa c1@a wait@a c2@a s0@a c3@a");
  });
}

TEST_CASE("timeout: a negative time is an error of the machine", "[state_machine]") {
  in_process([]() -> Task<> {
    Rig::Plan plan;
    plan.on["c1@a"] = [](Rig&) { return Rig::keep().state_timeout(-1ms); };
    auto rig = co_await start<Rig>(std::move(plan));
    const MonitorRef ref = monitor(rig);
    rig.cast<E>(1);
    EXPECT((co_await end_of(ref)).text().find("negative") != std::string::npos);
  });
}

TEST_CASE("timeout: an enter call's are started after the handler's, and belong to the new state", "[state_machine]") {
  in_process([]() -> Task<> {
    Rig::Plan plan;
    plan.on["c1@a"] = [](Rig&) { return Rig::to(S::b).timeout<E>(0s, 1).state_timeout<E>(0s, 2); };
    plan.entering["eab"] = [](Rig&) { return Rig::entered().timeout<F>(0s, 3).state_timeout<E>(0s, 4); };
    auto rig = co_await start_rig(std::move(plan));
    rig.cast<E>(1);
    EXPECT(co_await written(rig) == "eaa c1@a eab t1@b t3@b t4@b");
  });
}

TEST_CASE("timeout: a suspended machine hears of it when it is resumed", "[state_machine]") {
  in_process([]() -> Task<> {
    Rig::Plan plan;
    plan.on["c1@a"] = [](Rig&) { return Rig::keep().state_timeout(1ms); };
    auto rig = co_await start_rig(std::move(plan));
    rig.cast<E>(1);
    co_await rig.suspend();
    co_await sleep(10ms);
    EXPECT(co_await written(rig) == "eaa c1@a");
    EXPECT((co_await rig.status()).mode == ServerStatus::Mode::suspended);
    co_await rig.resume();
    co_await expect_written(rig, "s0@a");
  });
}
