// State machines: states as types with data, start, stop, and what they share with servers.
#include <memory>

#include "state_machine_rig.hpp"

using namespace coppice;
using namespace coppice::test;
using namespace std::chrono_literals;

namespace {

struct Push {};
struct Lock {
  std::string code;
};
struct Unlock {
  std::string code;
};
struct Visitors {};
struct Fail {};
struct Tick {};

struct Closed {};
struct Open {
  int visitors = 0;
};
struct Locked {
  std::string code;
  friend bool operator==(const Locked&, const Locked&) = default;
};

class Door : public StateMachine<Door, Closed, Open, Locked> {
 public:
  using Info = Messages<Tick>;
  explicit Door(Journal* journal = nullptr) : StateMachine{Closed{}}, journal_{journal} {}

  Step handle_cast(Closed&, Push) { return to(Open{1}); }
  void handle_cast(Open& open, Push) { ++open.visitors; }
  void handle_cast(Locked&, Push) {}
  [[noreturn]] void handle_cast(Fail) { throw std::runtime_error{"the door broke"}; }

  bool handle_call(Open&, const Lock&) { return false; }
  Answer<bool> handle_call(Closed&, const Lock& m) { return {true, to(Locked{m.code})}; }
  Answer<bool> handle_call(auto&, const Lock&) { return postpone(); }
  Answer<bool> handle_call(Locked& locked, const Unlock& m) {
    if (m.code != locked.code) return false;
    return {true, to(Closed{})};
  }
  bool handle_call(auto&, const Unlock&) { return false; }
  int handle_call(Open& open, Visitors) { return open.visitors; }
  int handle_call(auto&, Visitors) { return 0; }

  Step handle_info(Open&, Tick) { return to(Closed{}); }
  void handle_info(const Down&) { write("down"); }

  void enter(Open&) { write("opened"); }
  void enter(Locked& locked, const State& before) {
    write(std::holds_alternative<Closed>(before) ? "locked " + locked.code : "relocked");
  }
  void terminate(const ExitReason& why) { write("end: " + why.text()); }

 private:
  void write(std::string_view word) {
    if (journal_ != nullptr) journal_->write(word);
  }
  Journal* journal_;
};

static_assert(behaviour::HandlesCast<Door, Push> && behaviour::HandlesCast<Door, Fail> && !behaviour::HandlesCast<Door, Tick>);
static_assert(behaviour::HandlesCall<Door, Lock> && !behaviour::HandlesCall<Door, Push>);
static_assert(behaviour::HandlesInfo<Door, Tick> && behaviour::HandlesInfo<Door, Down> && !behaviour::HandlesInfo<Door, int>);
static_assert(std::is_same_v<behaviour::call_result_t<Door, Visitors>, int>);

// Coroutines everywhere.
class Slow : public StateMachine<Slow, In<'r'>, In<'g'>> {
 public:
  Task<Step> init() {
    co_await sleep(1ms);
    co_return to(In<'g'>{}).next_internal<int>(5);
  }
  Task<> enter(In<'g'>) {
    co_await sleep(1ms);
    log += "g ";
  }
  Task<Entered> enter(In<'r'>, const State& before) {
    co_await sleep(1ms);
    log += std::holds_alternative<In<'g'>>(before) ? "from_g " : "again ";
    co_return log.size() < 16 ? entered().repeat() : entered().state_timeout<double>(0s, 1.5);
  }
  Task<Step> handle_cast(In<'g'>, const std::unique_ptr<int>& p) {
    co_await sleep(1ms);
    if (*p == 0) co_return postpone();
    co_return to(In<'r'>{});
  }
  Task<> handle_cast(In<'r'>, const std::unique_ptr<int>& p) {
    co_await sleep(1ms);
    log += "p" + std::to_string(*p) + " ";
  }
  Task<> handle_internal(int n) {
    co_await sleep(1ms);
    log += std::to_string(n) + " ";
  }
  Task<> handle_timeout(double d) {
    co_await sleep(1ms);
    log += d > 1 ? "late " : "early ";
  }
  Task<Step> handle_info(Message& m) {
    co_await sleep(1ms);
    if (is_in<In<'g'>>()) co_return postpone();
    log += *m.get<std::string>() + " ";
    co_return keep();
  }
  Task<int> handle_call(In<'g'>, int n) {
    co_await sleep(1ms);
    co_return n;
  }
  Task<Answer<int>> handle_call(In<'r'>, int n) {
    co_await sleep(1ms);
    co_return Answer<int>{2 * n, keep()};
  }
  Task<Answer<std::string>> handle_call(In<'g'>, const std::string&, From<std::string>) {
    co_await sleep(1ms);
    co_return postpone();
  }
  Task<Answer<std::string>> handle_call(In<'r'>, const std::string& text, From<std::string> from) {
    from.reply(text + "!");
    co_await sleep(1ms);
    log += "replied ";
    co_return no_reply;
  }
  Task<> terminate(const ExitReason&) { co_await sleep(1ms); }
  std::string log;
};

// Starts as it is told.
class Choosy : public StateMachine<Choosy, S> {
 public:
  explicit Choosy(InitResult (*how)()) : how_{how} {}
  InitResult init() { return how_(); }
  void enter(S) { throw std::logic_error{"entered"}; }

 private:
  InitResult (*how_)();
};
class Acting : public StateMachine<Acting, S> {
 public:
  explicit Acting(bool starts) : starts_{starts} {}
  Step init() { return starts_ ? to(S::b).next_internal<E>(1).timeout<E>(0s, 2) : stop(ExitReason::custom(4)); }
  void enter(S now, const S& before) { log += {'e', static_cast<char>(before), static_cast<char>(now), ' '}; }
  void handle_internal(const E& e) { log += "i" + std::to_string(e.n) + " "; }
  void handle_timeout(const E& e) { log += "t" + std::to_string(e.n); }
  std::string log;

 private:
  bool starts_;
};

}  // namespace

TEST_CASE("state machine: a handler a state, with the state's own data", "[state_machine]") {
  in_process([]() -> Task<> {
    Journal journal;
    auto door = co_await start_link<Door>(&journal);
    EXPECT(co_await door.call<Visitors>() == 0);
    for (int i = 0; i < 3; ++i) door.cast<Push>();
    EXPECT(co_await door.call<Visitors>() == 3);
    EXPECT(!co_await door.call<Lock>("1234"));
    door.send_info<Tick>();
    EXPECT(co_await door.call<Lock>("1234"));
    EXPECT(!co_await door.call<Unlock>("4321"));
    EXPECT(co_await door.get_state([](const Door& d) { return d.is_in<Locked>(); }));
    EXPECT(co_await door.call<Unlock>("1234"));
    EXPECT(co_await door.call<Visitors>() == 0);
    co_await door.stop();
    EXPECT(journal.text() == "opened locked 1234 end: normal");
  });
}

TEST_CASE("state machine: without an initial state it is in the first, as its type's default makes it", "[state_machine]") {
  enum class Mode : std::uint64_t { off, on };
  class Switch : public StateMachine<Switch, Mode> {};
  in_process([]() -> Task<> {
    for (int i = 0; i < 20; ++i) {
      auto it = co_await start<Switch>();
      EXPECT(co_await it.get_state([](const Switch& s) { return s.is_in(Mode::off); }));
      (void)co_await it.replace_state([](Switch& s) { return s.set_state(static_cast<Mode>(~0ULL)), 0; });
      co_await it.stop();
    }
  });
}

TEST_CASE("state machine: a value that equals the present state's is no change, another one is", "[state_machine]") {
  CHECK(!behaviour::differs(std::variant<Closed, Locked>{Locked{"a"}}, std::variant<Closed, Locked>{Locked{"a"}}));
  CHECK(behaviour::differs(std::variant<Closed, Locked>{Locked{"a"}}, std::variant<Closed, Locked>{Locked{"b"}}));
  CHECK(behaviour::differs(std::variant<Closed, Locked>{Closed{}}, std::variant<Closed, Locked>{Locked{}}));
  CHECK(behaviour::differs(std::variant<Closed, Locked>{Closed{}}, std::variant<Closed, Locked>{Closed{}}));
  CHECK(!behaviour::differs(std::string{"x"}, std::string{"x"}));
}

TEST_CASE("state machine: a plain message without a handler in this state is reported and dropped", "[state_machine]") {
  Reports reports;
  RuntimeOptions options;
  options.events = &reports;
  in_process(options, []() -> Task<> {
    auto door = co_await start_link<Door>();
    send(door, Tick{});
    send(door, 5);
    EXPECT(co_await door.call<Visitors>() == 0);
    EXPECT(runtime().dead_letter_count() == 2);
  });
  CHECK(reports.unhandled_messages().size() == 2);
}

TEST_CASE("state machine: Down reaches handle_info, an exception ends it after terminate", "[state_machine]") {
  in_process([]() -> Task<> {
    Journal journal;
    auto door = co_await start<Door>(&journal);
    (void)co_await door.replace_state([](Door&) { return monitor(Pid{}); });
    EXPECT(co_await door.call<Visitors>() == 0);
    const MonitorRef ref = monitor(door);
    door.cast<Fail>();
    const ExitReason why = co_await end_of(ref);
    EXPECT(why.text().find("the door broke") != std::string::npos);
    EXPECT(journal.text() == "down end: " + why.text());
  });
}

TEST_CASE("state machine: handlers, enter calls, init and terminate may be coroutines", "[state_machine]") {
  in_process([]() -> Task<> {
    auto slow = co_await start_link<Slow>();
    auto zero = std::make_unique<int>(0);
    slow.cast(std::move(zero));
    send(slow, std::string{"text"});
    auto request = slow.send_request<std::string>("hey");
    EXPECT(co_await slow.call<int>(4) == 4);
    auto one = std::make_unique<int>(1);
    slow.cast(std::move(one));
    EXPECT(co_await slow.call<int>(4) == 8);
    EXPECT((co_await request.response()).value() == "hey!");
    const std::string log = co_await slow.get_state([](const Slow& s) { return s.log; });
    EXPECT(log == "g 5 from_g from_g p0 text replied late ");
    co_await slow.stop();
  });
}

TEST_CASE("state machine: get_state, set_state by replace_state without any transition, status", "[state_machine]") {
  in_process([]() -> Task<> {
    Rig::Plan plan;
    plan.on["c1@a"] = [](Rig&) { return Rig::postpone(); };
    auto rig = co_await start_rig(std::move(plan));
    rig.cast<E>(1);
    co_await rig.replace_state([](Rig& r) { r.set_state(S::c); });
    EXPECT(co_await rig.get_state([](const Rig& r) { return r.state() == S::c && r.is_in(S::c); }));
    rig.cast<E>(2);
    EXPECT(co_await written(rig) == "eaa c1@a c2@c");
    auto door = co_await start_link<Door>();
    const ServerStatus status = co_await door.status();
    EXPECT(status.state.find("Closed") != std::string::npos);
    EXPECT(fmt::format("{}", status).find("in state") != std::string::npos);
  });
}

TEST_CASE("state machine: while suspended it serves system requests alone", "[state_machine]") {
  in_process([]() -> Task<> {
    Rig::Plan plan;
    auto rig = co_await start_rig(std::move(plan));
    co_await rig.suspend();
    rig.cast<E>(1);
    EXPECT(co_await written(rig) == "eaa");
    co_await rig.resume();
    EXPECT(co_await written(rig) == "c1@a");
  });
}

TEST_CASE("state machine: the parent's exit ends one that traps, with terminate", "[state_machine]") {
  in_process([]() -> Task<> {
    Journal journal;
    const Pid parent = spawn([](Journal* j, Pid boss) -> Task<> {
      Rig::Plan plan;
      auto rig = co_await start_link<Rig>(std::move(plan), j);
      co_await rig.replace_state([](Rig&) { trap_exit(true); });
      send<Pid>(boss, rig.pid());
      co_await receive<Go>();
      exit(ExitReason::custom(6));
    }, &journal, self());
    const Pid rig = co_await next<Pid>();
    const MonitorRef ref = monitor(rig);
    send(parent, Go{});
    EXPECT(co_await end_of(ref) == ExitReason::custom(6));
    EXPECT(journal.text() == "eaa end");
  });
}

TEST_CASE("state machine: init may ignore or stop, and then nothing is entered", "[state_machine]") {
  in_process([]() -> Task<> {
    auto ignored = co_await try_start_link<Choosy>([] { return InitResult::ignore(); });
    EXPECT(ignored.error().is_ignored());
    auto stopped = co_await try_start_link<Choosy>([] { return InitResult::stop(ExitReason::custom(3)); });
    EXPECT(stopped.error().reason() == ExitReason::custom(3));
    auto refused = co_await try_start_link<Acting>(false);
    EXPECT(refused.error().reason() == ExitReason::custom(4));
    auto timed = co_await try_start_link<Choosy>([] { return InitResult::timeout(std::chrono::seconds{0}); });
    EXPECT(timed.error().reason().text().find("returns a Step") != std::string::npos);
    EXPECT(queued() == 0);
  });
}

TEST_CASE("state machine: the start has ended when the first state is entered", "[state_machine]") {
  in_process([]() -> Task<> {
    trap_exit(true);
    auto entered = co_await start_link<Choosy>([] { return InitResult::ok(); });
    const Exit exit = co_await next<Exit>();
    EXPECT(exit.from == entered.pid());
    EXPECT(exit.reason.text().find("entered") != std::string::npos);
    auto acting = co_await start_link<Acting>(true);
    EXPECT(co_await acting.get_state([](const Acting& a) { return a.log; }) == "ebb i1 t2");
  });
}

TEST_CASE("state machine: named, called by name, restarted by a supervisor", "[state_machine]") {
  in_process([]() -> Task<> {
    SupervisorSpec spec;
    spec.children.push_back(child<Door>("door").named("door"));
    auto top = co_await start_link<StaticSupervisor>(std::move(spec));
    const Name<Door> door{"door"};
    door.cast<Push>();
    EXPECT(co_await door.call<Visitors>() == 1);
    const MonitorRef ref = monitor("door");
    exit(whereis("door").value(), ExitReason::kill());
    EXPECT(co_await end_of(ref) == ExitReason::killed());
    EXPECT(co_await door.call_when_registered<Visitors>(patience) == 0);
    co_await top.stop();
  });
}

TEST_CASE("state machine: a Protocol may be made of it", "[state_machine]") {
  in_process([]() -> Task<> {
    const ServerRef<Protocol<int(Visitors), void(Push)>> any = co_await start_link<Door>();
    any.cast<Push>();
    EXPECT(co_await any.call<Visitors>() == 1);
  });
}
