// The order in which a state machine handles events: next events, postponed ones, the mailbox; enter calls.
#include "state_machine_rig.hpp"

using namespace coppice;
using namespace coppice::test;
using namespace std::chrono_literals;

TEST_CASE("state machine: next events come before the mailbox, in the order asked for", "[state_machine]") {
  in_process([]() -> Task<> {
    Rig::Plan plan;
    plan.on["c1@a"] = [](Rig&) { return Rig::keep().next_internal<E>(2).next_cast<E>(3).next_info<E>(4).next_timeout<E>(5); };
    auto rig = co_await start_rig(std::move(plan));
    rig.cast<E>(1);
    rig.cast<E>(9);
    EXPECT(co_await written(rig) == "eaa c1@a i2@a c3@a m4@a t5@a c9@a");
  });
}

TEST_CASE("state machine: next events of a later handler come before those left of an earlier one", "[state_machine]") {
  in_process([]() -> Task<> {
    Rig::Plan plan;
    plan.on["c1@a"] = [](Rig&) { return Rig::keep().next_internal<E>(2).next_internal<E>(3); };
    plan.on["i2@a"] = [](Rig&) { return Rig::keep().next_internal<E>(4).next_internal<E>(5); };
    auto rig = co_await start_rig(std::move(plan));
    rig.cast<E>(1);
    EXPECT(co_await written(rig) == "eaa c1@a i2@a i4@a i5@a i3@a");
  });
}

TEST_CASE("state machine: postponed events wait for a change of state, then come oldest first, before the mailbox",
          "[state_machine]") {
  in_process([]() -> Task<> {
    Rig::Plan plan;
    for (const char* word : {"c1@a", "m2@a", "k3@a"}) plan.on[word] = [](Rig&) { return Rig::postpone(); };
    plan.on["c9@a"] = [](Rig&) { return Rig::to(S::b); };
    auto rig = co_await start_rig(std::move(plan));
    rig.cast<E>(1);
    rig.send_info<E>(2);
    auto request = rig.send_request<E>(3);
    rig.cast<E>(8);
    EXPECT(co_await written(rig) == "eaa c1@a m2@a k3@a c8@a");
    rig.cast<E>(9);
    rig.cast<E>(7);
    EXPECT(co_await written(rig) == "c9@a eab c1@b m2@b k3@b c7@b");
    EXPECT((co_await request.response()).value() == 3);
  });
}

TEST_CASE("state machine: a retried event that is postponed again waits for the next change, in its place",
          "[state_machine]") {
  in_process([]() -> Task<> {
    Rig::Plan plan;
    for (const char* word : {"c1@a", "c2@a", "c3@a", "c1@b", "c3@b"}) plan.on[word] = [](Rig&) { return Rig::postpone(); };
    plan.on["c9@a"] = [](Rig&) { return Rig::to(S::b); };
    plan.on["c9@b"] = [](Rig&) { return Rig::to(S::c); };
    auto rig = co_await start_rig(std::move(plan));
    for (const int n : {1, 2, 3, 9}) rig.cast<E>(n);
    EXPECT(co_await written(rig) == "eaa c1@a c2@a c3@a c9@a eab c1@b c2@b c3@b");
    rig.cast<E>(9);
    EXPECT(co_await written(rig) == "c9@b ebc c1@c c3@c");
  });
}

TEST_CASE("state machine: a change during the retries brings what was postponed since before what is left of them",
          "[state_machine]") {
  in_process([]() -> Task<> {
    Rig::Plan plan;
    for (const char* word : {"c1@a", "c2@a", "c3@a", "c1@b"}) plan.on[word] = [](Rig&) { return Rig::postpone(); };
    plan.on["c9@a"] = [](Rig&) { return Rig::to(S::b); };
    plan.on["c2@b"] = [](Rig&) { return Rig::to(S::c); };
    auto rig = co_await start_rig(std::move(plan));
    for (const int n : {1, 2, 3, 9}) rig.cast<E>(n);
    EXPECT(co_await written(rig) == "eaa c1@a c2@a c3@a c9@a eab c1@b c2@b ebc c1@c c3@c");
  });
}

TEST_CASE("state machine: next events come before retried ones", "[state_machine]") {
  in_process([]() -> Task<> {
    Rig::Plan plan;
    plan.on["c1@a"] = [](Rig&) { return Rig::postpone(); };
    plan.on["c9@a"] = [](Rig&) { return Rig::to(S::b).next_internal<E>(5).next_internal<E>(6); };
    auto rig = co_await start_rig(std::move(plan));
    rig.cast<E>(1);
    rig.cast<E>(9);
    EXPECT(co_await written(rig) == "eaa c1@a c9@a eab i5@b i6@b c1@b");
  });
}

TEST_CASE("state machine: an event that is postponed by the change of state comes back in the new state", "[state_machine]") {
  in_process([]() -> Task<> {
    Rig::Plan plan;
    plan.on["c1@a"] = [](Rig&) { return Rig::to(S::b).postpone(); };
    auto rig = co_await start_rig(std::move(plan));
    rig.cast<E>(1);
    EXPECT(co_await written(rig) == "eaa c1@a eab c1@b");
  });
}

TEST_CASE("state machine: going to the present state is no change", "[state_machine]") {
  in_process([]() -> Task<> {
    Rig::Plan plan;
    plan.on["c1@a"] = [](Rig&) { return Rig::postpone(); };
    plan.on["c2@a"] = [](Rig&) { return Rig::to(S::a); };
    auto rig = co_await start_rig(std::move(plan));
    rig.cast<E>(1);
    rig.cast<E>(2);
    EXPECT(co_await written(rig) == "eaa c1@a c2@a");
  });
}

TEST_CASE("state machine: repeat makes the enter call again and retries nothing", "[state_machine]") {
  in_process([]() -> Task<> {
    Rig::Plan plan;
    plan.on["c1@a"] = [](Rig&) { return Rig::postpone(); };
    plan.on["c2@a"] = [](Rig&) { return Rig::repeat().next_internal<E>(3); };
    auto rig = co_await start_rig(std::move(plan));
    rig.cast<E>(1);
    rig.cast<E>(2);
    EXPECT(co_await written(rig) == "eaa c1@a c2@a eaa i3@a");
  });
}

TEST_CASE("state machine: the enter call is made before next and retried events", "[state_machine]") {
  in_process([]() -> Task<> {
    Rig::Plan plan;
    plan.on["c9@a"] = [](Rig&) { return Rig::to(S::b).next_internal<E>(1); };
    plan.on["i1@b"] = [](Rig&) { return Rig::to(S::c); };
    auto rig = co_await start_rig(std::move(plan));
    rig.cast<E>(9);
    EXPECT(co_await written(rig) == "eaa c9@a eab i1@b ebc");
  });
}

TEST_CASE("state machine: an enter call may ask to be repeated, and is told of the same state before", "[state_machine]") {
  in_process([]() -> Task<> {
    Rig::Plan plan;
    plan.on["c9@a"] = [](Rig&) { return Rig::to(S::b); };
    plan.entering["eab"] = [left = 2](Rig&) mutable { return left-- > 0 ? Rig::entered().repeat() : Rig::entered(); };
    auto rig = co_await start_rig(std::move(plan));
    rig.cast<E>(9);
    EXPECT(co_await written(rig) == "eaa c9@a eab eab eab");
  });
}

TEST_CASE("state machine: an enter call may stop the machine", "[state_machine]") {
  in_process([]() -> Task<> {
    Journal journal;
    Rig::Plan plan;
    plan.on["c9@a"] = [](Rig&) { return Rig::to(S::b).next_internal<E>(1); };
    plan.entering["eab"] = [](Rig&) { return Rig::entered().stop(ExitReason::custom(7)); };
    auto rig = co_await start<Rig>(std::move(plan), &journal);
    const MonitorRef ref = monitor(rig);
    rig.cast<E>(9);
    EXPECT(co_await end_of(ref) == ExitReason::custom(7));
    EXPECT(journal.text() == "eaa c9@a eab end");
  });
}

TEST_CASE("state machine: while a handler is suspended events wait, and then come in order", "[state_machine]") {
  in_process([]() -> Task<> {
    Rig::Plan plan;
    auto rig = co_await start_rig(std::move(plan));
    rig.cast<Wait>();
    rig.cast<E>(1);
    rig.send_info<E>(2);
    send(rig, Go{});
    EXPECT(co_await written(rig) == "eaa wait@a c1@a m2@a");
  });
}

TEST_CASE("event queue: next first, then retried, then what is left", "[state_machine]") {
  const auto event = [](int n) { return behaviour::Event{base::pool_new<process::MessageSignal<E>>(n)}; };
  const auto number = [](const behaviour::Event& e) { return static_cast<process::MessageSignal<E>&>(*e).payload.n; };
  behaviour::EventQueue queue;
  CHECK(queue.empty());
  queue.postpone(event(1));
  queue.postpone(event(2));
  CHECK(!queue.has_ready());
  CHECK(queue.pop() == nullptr);
  std::vector<behaviour::Event> next;
  next.push_back(event(3));
  queue.put_first(next);
  queue.retry();
  next.push_back(event(4));
  next.push_back(event(5));
  queue.put_first(next);
  CHECK(next.empty());
  queue.postpone(event(6));
  for (const int n : {4, 5, 1, 2}) CHECK(number(queue.pop()) == n);
  std::vector<int> left;
  queue.drain([&](behaviour::Event e) { left.push_back(number(e)); });
  CHECK(left == std::vector<int>{3, 6});
  CHECK(queue.empty());
}
