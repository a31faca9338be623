// Calls of a state machine: answered, deferred, postponed, made anew, and left without an answer.
#include "state_machine_rig.hpp"

using namespace coppice;
using namespace coppice::test;
using namespace std::chrono_literals;

TEST_CASE("state machine: a call is answered before the state changes, and before terminate", "[state_machine]") {
  in_process([]() -> Task<> {
    Journal journal;
    Rig::Plan plan;
    plan.on["c1@a"] = [](Rig& r) {
      r.kept.at(0).reply(1);
      return Rig::stop(ExitReason::custom(3)).reply(r.kept.at(1), 2).reply(std::move(r.kept.at(2)), 3);
    };
    auto rig = co_await start<Rig>(std::move(plan), &journal);
    const MonitorRef ref = monitor(rig);
    std::vector<RequestHandle<int>> requests;
    for (int i = 0; i < 4; ++i) requests.push_back(rig.send_request<F>(i));
    rig.cast<E>(1);
    for (int i = 0; i < 3; ++i) EXPECT((co_await requests[static_cast<std::size_t>(i)].response()).value() == i + 1);
    auto left = co_await requests[3].response();
    EXPECT(left.error().reason() == ExitReason::custom(3));
    EXPECT(co_await end_of(ref) == ExitReason::custom(3));
    EXPECT(journal.text() == "eaa k0@a k1@a k2@a k3@a c1@a end");
  });
}

TEST_CASE("state machine: a call that stops the machine without an answer gets the reason", "[state_machine]") {
  in_process([]() -> Task<> {
    Rig::Plan plan;
    plan.on["k1@a"] = [](Rig&) { return Rig::stop(ExitReason::shutdown()); };
    auto rig = co_await start<Rig>(std::move(plan));
    auto answer = co_await rig.try_call<E>(1);
    EXPECT(answer.error().is_exit());
    EXPECT(answer.error().reason() == ExitReason::shutdown());
  });
}

TEST_CASE("state machine: postponed calls hear the reason when the machine ends, killed or not", "[state_machine]") {
  in_process([]() -> Task<> {
    for (const bool killed : {false, true}) {
      Rig::Plan plan;
      for (const char* word : {"k1@a", "c3@a", "c4@a", "k1@b"}) plan.on[word] = [](Rig&) { return Rig::postpone(); };
      auto rig = co_await start<Rig>(std::move(plan));
      auto request = rig.send_request<E>(1);
      rig.cast<E>(3);
      EXPECT(co_await written(rig) == "eaa k1@a c3@a");
      const ExitReason why = killed ? ExitReason::kill() : ExitReason::shutdown();
      if (killed)
        exit(rig, why);
      else
        co_await rig.stop(why);
      auto answer = co_await request.response();
      EXPECT(answer.error().reason() == (killed ? ExitReason::killed() : why));
    }
  });
}

TEST_CASE("state machine: a call whose From was kept cannot be postponed, one whose From was dropped can", "[state_machine]") {
  in_process([]() -> Task<> {
    Rig::Plan plan;
    plan.on["k1@a"] = [](Rig& r) {
      r.kept.clear();  // the From goes back to its call
      return Rig::postpone();
    };
    plan.on["k1@b"] = [](Rig& r) { return Rig::keep().reply(r.kept.back(), 11); };
    plan.on["c9@a"] = [](Rig&) { return Rig::to(S::b); };
    plan.on["k2@b"] = [](Rig&) { return Rig::postpone(); };
    auto rig = co_await start<Rig>(std::move(plan));
    auto request = rig.send_request<F>(1);
    rig.cast<E>(9);
    EXPECT((co_await request.response()).value() == 11);
    auto bad = co_await rig.try_call<F>(2);
    EXPECT(bad.error().reason().text().find("postponed a call whose From") != std::string::npos);
  });
}

TEST_CASE("state machine: a call that is answered and postponed ends the machine, and the caller hears why", "[state_machine]") {
  class Both : public StateMachine<Both, S> {
   public:
    Answer<int> handle_call(E) { return {1, postpone()}; }
  };
  in_process([]() -> Task<> {
    auto both = co_await start<Both>();
    auto answer = co_await both.try_call<E>(1);
    EXPECT(answer.error().reason().text().find("answered and postponed") != std::string::npos);
  });
}

TEST_CASE("state machine: a call without answer, From kept or not, is dropped at once", "[state_machine]") {
  in_process([]() -> Task<> {
    Rig::Plan plan;
    plan.on["k1@a"] = [](Rig& r) {
      r.kept.clear();
      return Rig::keep();
    };
    auto rig = co_await start_rig(std::move(plan));
    auto answer = co_await rig.try_call<F>(1);
    EXPECT(answer.error().kind() == CallError::Kind::dropped);
    auto timed = co_await rig.within(5ms).try_call<F>(2);
    EXPECT(timed.error().is_timeout());
    EXPECT(co_await rig.call<E>(3) == 3);
  });
}

TEST_CASE("state machine: next_call answers in the name of a kept From", "[state_machine]") {
  in_process([]() -> Task<> {
    Rig::Plan plan;
    plan.on["k1@a"] = [](Rig& r) {
      From<int> from = std::move(r.kept.back());
      r.kept.clear();
      return Rig::keep().next_call<E>(std::move(from), 5);
    };
    plan.on["k2@a"] = [](Rig& r) { return Rig::stop(ExitReason::shutdown()).next_call<E>(std::move(r.kept.back()), 5); };
    auto rig = co_await start<Rig>(std::move(plan));
    EXPECT(co_await rig.call<F>(1) == 5);
    EXPECT(co_await written(rig) == "eaa k1@a k5@a");
    auto answer = co_await rig.try_call<F>(2);
    EXPECT(answer.error().reason() == ExitReason::shutdown());
  });
}
