// gen_statem_SUITE of OTP: how state machines start, by what names they are known, and how starts fail.
#include "failing_starts.hpp"
#include "phone_line.hpp"

using namespace coppice;
using namespace coppice::test;
using namespace coppice::test::phone;
using namespace std::chrono_literals;

namespace {

struct Unused {};

enum class Init { ok, ignore, stop, throws, exits, never };

class Starting : public StateMachine<Starting, Unused> {
 public:
  explicit Starting(Init how) : how_{how} {}
  Task<InitResult> init() {
    switch (how_) {
      case Init::ok: break;
      case Init::ignore: co_return InitResult::ignore();
      case Init::stop: co_return InitResult::stop(ExitReason::custom(1));
      case Init::throws: throw std::runtime_error{"init threw"};
      case Init::exits: exit(ExitReason::custom(2));
      case Init::never: co_await receive([](Go) {});
    }
    co_return InitResult::ok();
  }
  bool handle_call(Alive) { return true; }

 private:
  Init how_;
};
class StoppingByStep : public StateMachine<StoppingByStep, Unused> {
 public:
  Step init() { return stop(ExitReason::custom(3)); }
};


// Started with a name that is taken.
Task<> fail_for_name(Atom name, Pid holder) {
  const StartOptions same{.name = name};
  const auto apart = co_await try_start<Line>(same);
  EXPECT(!apart && apart.error().is_already_started() && apart.error().running() == holder);
  const auto linked = co_await try_start_link<Line>(same);
  EXPECT(!linked && linked.error().is_already_started() && linked.error().running() == holder);
}

}  // namespace

TEST_CASE("gen_statem_SUITE: start1, start6: an anonymous machine, linked, or apart and monitored",
          "[otp][gen_statem][rule-10]") {
  in_process([]() -> Task<> {
    const auto linked = co_await start_link<Line>();
    EXPECT(process_info(self()).links == std::vector<Pid>{linked.pid()});
    co_await use(linked);
    co_await leave(linked, linked.pid());
    EXPECT(process_info(self()).links.empty());
    const auto apart = co_await start<Line>();
    const MonitorRef end = monitor(apart);
    EXPECT(process_info(self()).links.empty());
    co_await use(apart);
    co_await leave(apart, apart.pid());
    EXPECT(co_await end_of(end) == ExitReason::normal());
    EXPECT(queued() == 0);
  });
}

TEST_CASE("gen_statem_SUITE: start2: an anonymous machine that shuts down when it is asked to",
          "[otp][gen_statem]") {
  in_process([]() -> Task<> {
    const auto line = co_await start<Line>();
    co_await use(line);
    co_await leave(line, line.pid(), ExitReason::shutdown());
    EXPECT(queued() == 0);
  });
}

TEST_CASE("gen_statem_SUITE: start3: a start that takes longer than its timeout fails",
          "[otp][gen_statem][rule-10]") {
  in_process([]() -> Task<> {
    const auto line = co_await start<Line>(StartOptions{.timeout = patience});
    co_await use(line);
    co_await leave(line, line.pid());
    const auto never = co_await try_start<Starting>(StartOptions{.timeout = 5ms}, Init::never);
    EXPECT(!never && never.error().kind() == StartError::Kind::timeout);
    EXPECT(queued() == 0);
  });
}

TEST_CASE("gen_statem_SUITE: start4: init that ignores", "[otp][gen_statem][rule-10]") {
  in_process([]() -> Task<> {
    trap_exit(true);
    const auto ignored = co_await try_start_link<Starting>(Init::ignore);
    EXPECT(!ignored && ignored.error().is_ignored());
    EXPECT(queued() == 0);
  });
}

TEST_CASE(
    "gen_statem_SUITE: start5a, start5b: init that stops fails the start with its reason, however "
    "it says so",
    "[otp][gen_statem][rule-10]") {
  in_process([]() -> Task<> {
    trap_exit(true);
    const auto stopped = co_await try_start_link<Starting>(Init::stop);
    EXPECT(!stopped && stopped.error().reason() == ExitReason::custom(1));
    const auto exited = co_await try_start_link<Starting>(Init::exits);
    EXPECT(!exited && exited.error().reason() == ExitReason::custom(2));
    const auto by_step = co_await try_start_link<StoppingByStep>();
    EXPECT(!by_step && by_step.error().reason() == ExitReason::custom(3));
    EXPECT(queued() == 0);
  });
}

TEST_CASE("gen_statem_SUITE: start8, start9: a machine with a name, apart or linked",
          "[otp][gen_statem][rule-10]") {
  in_process([]() -> Task<> {
    for (const bool link : {false, true}) {
      const StartOptions options{.name = "my_line"};
      auto starting = link ? start_link<Line>(options) : start<Line>(options);
      const auto line = co_await starting;
      const MonitorRef end = monitor(line);
      co_await fail_for_name("my_line", line);
      co_await use(line);
      co_await use(Name<Line>{"my_line"});
      co_await leave(line, line.pid());
      EXPECT(co_await end_of(end) == ExitReason::normal());
      EXPECT(!whereis("my_line") && queued() == 0);
    }
  });
}

TEST_CASE("gen_statem_SUITE: start11: a name is free again when its machine has ended",
          "[otp][gen_statem][rule-8]") {
  in_process([]() -> Task<> {
    const StartOptions options{.name = "my_line"};
    for (const bool by_name : {false, true}) {
      const auto line = co_await start_link<Line>(options);
      if (by_name)
        co_await leave(Name<Line>{"my_line"}, line.pid());
      else
        co_await leave(line, line.pid());
    }
    const auto last = co_await start<Line>(options);
    co_await leave(last, last.pid());
    EXPECT(queued() == 0);
  });
}

TEST_CASE(
    "gen_statem_SUITE: loop_start_fail: a start that fails again and again leaves nothing behind, "
    "however it fails",
    "[otp][gen_statem][rule-10]") {
  in_process([]() -> Task<> {
    co_await fail_to_start<Starting>(Init::stop, StartError::Kind::failed);
    co_await fail_to_start<Starting>(Init::ignore, StartError::Kind::ignored);
    co_await fail_to_start<Starting>(Init::throws, StartError::Kind::failed);
    co_await fail_to_start<Starting>(Init::exits, StartError::Kind::failed);
    co_await fail_to_start<Starting>(Init::never, StartError::Kind::timeout);
    const auto good = co_await try_start<Starting>(StartOptions{.name = "failing"}, Init::ok);
    EXPECT(good.has_value());
    EXPECT(co_await good->call<Alive>());
    co_await good->stop();
  });
}
