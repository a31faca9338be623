// gen_statem_SUITE of OTP: how state machines are stopped, end by themselves, and crash.
#include <coppice/behaviour/request_set.hpp>

#include "exit_of.hpp"
#include "phone_line.hpp"

using namespace coppice;
using namespace coppice::test;
using namespace coppice::test::phone;
using namespace std::chrono_literals;

namespace {

struct Answered {};     // answers and postpones
struct AnswerTwice {};  // makes a call event of a From that has answered
struct Timed {};        // sets a timeout that is over before it begins
struct Kept {};         // kept, answered by the machine's end
struct Finish {};

enum class Only { state };

// Does what no machine may do.
class Wrong : public StateMachine<Wrong, Only> {
 public:
  Answer<int> handle_call(Answered) { return {1, postpone()}; }
  Answer<int> handle_call(AnswerTwice, From<int> from) {
    from.reply(2);
    return keep().next_call<Answered>(std::move(from));
  }
  Answer<int> handle_call(Timed) { return {3, keep().event_timeout(-1ms)}; }
  void handle_timeout(EventTimeout) {}
};

// Keeps its callers, answers them as it stops.
class Keeping : public StateMachine<Keeping, Only> {
 public:
  Answer<int> handle_call(Kept, From<int> from) {
    kept_.push_back(std::move(from));
    return no_reply;
  }
  Step handle_cast(Finish) {
    return stop(ExitReason::custom(4)).reply(kept_.at(0), 1).reply(std::move(kept_.at(1)), 2);
  }

 private:
  std::vector<From<int>> kept_;
};

class WithoutTerminate : public StateMachine<WithoutTerminate, Only> {};
class ThrowingAtEnd : public StateMachine<ThrowingAtEnd, Only> {
 public:
  void terminate(const ExitReason&) { throw std::runtime_error{"terminate threw"}; }
};

template <class S>
Task<CallError::Kind> stop_again(ServerRef<S> machine) {
  const ExitReason why = co_await exit_of(machine.stop());
  const CallError* error = why.get<CallError>();
  co_return error == nullptr ? CallError::Kind::cycle : error->kind();
}

// The caller hears why the machine has crashed, and so does who is linked to it.
template <class M>
Task<> crash_by(std::string why) {
  trap_exit(true);
  const auto machine = co_await start_link<Wrong>();
  const auto answer = co_await machine.template try_call<M>();
  EXPECT(!answer && answer.error().is_exit());
  EXPECT(answer.error().reason().is_error());
  EXPECT(answer.error().reason().text().find(why) != std::string::npos);
  const Exit end = co_await next<Exit>();
  EXPECT(end.from == machine.pid() && end.reason == answer.error().reason());
  EXPECT(queued() == 0);
}

}  // namespace

TEST_CASE(
    "gen_statem_SUITE: stop1, stop2: stop waits for the end, which has the reason that was given; "
    "then it is noproc",
    "[otp][gen_statem][rule-17]") {
  in_process([]() -> Task<> {
    const auto line = co_await start<Line>();
    const MonitorRef end = monitor(line);
    co_await line.stop();
    EXPECT(!is_alive(line));
    EXPECT(co_await end_of(end) == ExitReason::normal());
    EXPECT(co_await stop_again(line) == CallError::Kind::noproc);
    const auto other = co_await start<Line>();
    const MonitorRef other_end = monitor(other);
    co_await other.stop(ExitReason::custom(7), timing::forever);
    EXPECT(!is_alive(other));
    EXPECT(co_await end_of(other_end) == ExitReason::custom(7));
  });
}

TEST_CASE(
    "gen_statem_SUITE: stop3: a timeout that makes no sense is an error, and the machine stays",
    "[otp][gen_statem][rule-17]") {
  in_process([]() -> Task<> {
    const auto line = co_await start<Line>();
    bool refused = false;
    try {
      co_await line.stop(ExitReason::custom(7), -1ms);
    } catch (const ProcessError& error) {
      refused = error.code() == ProcessErrorCode::bad_argument;
    }
    EXPECT(refused && is_alive(line));
    EXPECT(co_await line.call<Alive>());
    co_await line.stop();
    EXPECT(!is_alive(line));
  });
}

TEST_CASE("gen_statem_SUITE: stop4, stop5: a machine is stopped by its name, which is free then",
          "[otp][gen_statem][rule-8]") {
  in_process([]() -> Task<> {
    const auto line = co_await start<Line>(StartOptions{.name = "to_stop"});
    const Name<Line> name{"to_stop"};
    const ServerRef<Line> found = name.resolve().value();
    EXPECT(found == line);
    co_await found.stop();
    EXPECT(!is_alive(line) && !whereis("to_stop"));
    EXPECT(name.resolve().error().is_noproc());
    EXPECT(co_await stop_again(found) == CallError::Kind::noproc);
  });
}

TEST_CASE(
    "gen_statem_SUITE: abnormal1, abnormal1clean, abnormal1dirty: after a call's timeout its reply "
    "is dropped, always",
    "[otp][gen_statem][rule-14]") {
  in_process([]() -> Task<> {
    const auto line = co_await start<Line>(StartOptions{.name = "slow"});
    const Name<Line> name{"slow"};
    auto request = name.send_request<Delayed>();
    send<Go>(line);
    EXPECT((co_await request.response(patience)).value() == "delayed");
    const auto late = co_await name.within(1ms).try_call<Delayed>();
    EXPECT(!late && late.error().is_timeout());
    send<Go>(line);
    EXPECT(co_await line.call<Alive>());
    EXPECT(queued() == 0 && runtime().late_reply_count() == 1);
    co_await line.stop();
    EXPECT(queued() == 0);
  });
}

TEST_CASE("gen_statem_SUITE: abnormal2: an answer that contradicts itself crashes the machine",
          "[otp][gen_statem][rule-13]") {
  in_process([]() -> Task<> { co_await crash_by<Answered>("answered and postponed"); });
}

TEST_CASE("gen_statem_SUITE: abnormal3: a next event that cannot be crashes the machine",
          "[otp][gen_statem][rule-13]") {
  in_process([]() -> Task<> {
    // The caller has been answered before that.
    trap_exit(true);
    const auto machine = co_await start_link<Wrong>();
    EXPECT(co_await machine.call<AnswerTwice>() == 2);
    const Exit end = co_await next<Exit>();
    EXPECT(end.from == machine.pid());
    EXPECT(end.reason.text().find("has answered already") != std::string::npos);
  });
}

TEST_CASE("gen_statem_SUITE: abnormal4: a timeout that cannot be crashes the machine",
          "[otp][gen_statem][rule-13]") {
  in_process([]() -> Task<> { co_await crash_by<Timed>("negative"); });
}

TEST_CASE("gen_statem_SUITE: shutdown: an end in order is heard, and not reported",
          "[otp][gen_statem][rule-14]") {
  Reports reports;
  in_process({.events = &reports}, [&reports]() -> Task<> {
    trap_exit(true);
    const auto line = co_await start_link<Line>();
    co_await use(line);
    EXPECT(co_await line.call<Leave>(ExitReason::shutdown(5)));
    const Exit end = co_await next<Exit>();
    EXPECT(end.from == line.pid() && end.reason == ExitReason::shutdown(5));
    const auto gone = co_await line.try_call<Alive>();
    EXPECT(!gone && gone.error().is_noproc());
    EXPECT(queued() == 0 && reports.take_crashes().empty());
    // One that crashes is reported.
    const auto broken = co_await start_link<Line>();
    const auto answer = co_await broken.try_call<Break>();
    const Exit crash = co_await next<Exit>();
    EXPECT(!answer && crash.reason == answer.error().reason());
    const std::vector<process::CrashReport> crashes = reports.take_crashes();
    EXPECT(crashes.size() == 1 && crashes[0].pid == broken.pid());
    EXPECT(crashes[0].last_message.find("Break") != std::string::npos);
  });
}

TEST_CASE("gen_statem_SUITE: stop_and_reply: kept callers are answered in order before the end",
          "[otp][gen_statem][rule-14]") {
  in_process([]() -> Task<> {
    trap_exit(true);
    const auto machine = co_await start_link<Keeping>();
    RequestSet<int, int> callers;
    for (const int n : {1, 2, 3}) callers.add(machine.send_request<Kept>(), n);
    machine.cast<Finish>();
    const Exit end = co_await next<Exit>();
    EXPECT(end.from == machine.pid() && end.reason == ExitReason::custom(4));
    for (const int n : {1, 2}) {  // they are there already
      const auto answered = co_await callers.next(0s);
      EXPECT(answered && answered->label == n && answered->response.value() == n);
    }
    // Who was left without an answer hears the reason.
    const auto left = co_await callers.next(patience);
    EXPECT(left && left->label == 3 && left->response.error().reason() == ExitReason::custom(4));
    const auto gone = co_await machine.try_call<Kept>();
    EXPECT(!gone && gone.error().is_noproc());
    EXPECT(queued() == 0);
  });
}

TEST_CASE(
    "gen_statem_SUITE: undef_terminate1, undef_terminate2: without terminate a machine ends with "
    "its reason",
    "[otp][gen_statem][rule-13]") {
  in_process([]() -> Task<> {
    const std::vector<ExitReason> reasons = {ExitReason::normal(), ExitReason::custom(3)};
    for (const ExitReason& reason : reasons) {
      const auto machine = co_await start<WithoutTerminate>();
      const MonitorRef end = monitor(machine);
      co_await machine.stop(reason);
      EXPECT(co_await end_of(end) == reason);
    }
  });
}

TEST_CASE("gen_statem_SUITE: undef_in_terminate: an error inside terminate becomes the reason",
          "[otp][gen_statem][rule-13]") {
  in_process([]() -> Task<> {
    const auto machine = co_await start<ThrowingAtEnd>();
    const MonitorRef end = monitor(machine);
    const ExitReason heard = co_await exit_of(machine.stop());
    const CallError* error = heard.get<CallError>();
    EXPECT(error != nullptr && error->reason().error_info()->message == "terminate threw");
    const ExitReason why = co_await end_of(end);
    EXPECT(why.error_info()->message == "terminate threw");
  });
}
