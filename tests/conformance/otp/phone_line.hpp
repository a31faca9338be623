// The machine of OTP's gen_statem_SUITE: a line that is connected, confirmed, spoken on and let go, by casts or by calls.
#pragma once

#include <string>
#include <utility>

#include <coppice/behaviour/state_machine.hpp>

#include "in_process.hpp"

// Its messages have names that other headers of this program have too.
namespace coppice::test::phone {

struct Alive {};
struct AliveTo {
  Pid who;
};
struct Yes {};
struct Connect {};
struct ConnectTo {
  Pid who;
};
struct Accepted {};
struct Confirm {};
struct Ping {
  Pid who;
  Reference tag;
};
struct Pong {
  Reference tag;
};
struct Say {
  Reference tag;
};
struct SayTo {
  Pid who;
  Reference tag;
};
struct Heard {
  Reference tag;
};
struct Disconnect {};
struct Where {};
struct Delayed {};  // answered when a Go has come
struct Go {};
struct Rest {  // answered after a timeout of this time, one of zero, and a timer
  timing::Duration time;
};
struct Rested {};
struct Leave {
  explicit Leave(ExitReason why = ExitReason::normal()) : reason{std::move(why)} {}
  ExitReason reason;
};
struct Break {};  // crashes

struct Idle {};
struct Confirming {};
struct Connected {};
struct Resting {
  From<bool> from;
  timing::Duration time;
};
struct Waking {
  From<bool> from;
};

class Line : public StateMachine<Line, Idle, Confirming, Connected, Resting, Waking> {
 public:
  using Info = Messages<Rested>;

  bool handle_call(Alive) { return true; }
  void handle_cast(const AliveTo& m) { send<Yes>(m.who); }
  std::string handle_call(Where) {
    static constexpr const char* names[] = {"idle", "confirming", "connected", "resting", "waking"};
    return names[state().index()];
  }
  Answer<bool> handle_call(const Leave& m) { return {true, stop(m.reason)}; }
  void handle_call(Break) { throw std::runtime_error{"broken"}; }
  Task<std::string> handle_call(Delayed) {
    co_await receive<Go>();
    co_return "delayed";
  }

  // A timeout of infinity is none.
  Step handle_cast(Idle&, const ConnectTo& m) {
    send<Accepted>(m.who);
    return to(Confirming{}).event_timeout<int>(timing::forever, 3);
  }
  void handle_cast(auto&, const ConnectTo&) {}
  Answer<bool> handle_call(Idle&, Connect) { return {true, to(Confirming{}).event_timeout<int>(timing::forever, 3)}; }
  bool handle_call(auto&, Connect) { return false; }
  Step handle_cast(Confirming&, Confirm) { return to(Connected{}); }
  void handle_cast(auto&, Confirm) {}
  Answer<bool> handle_call(Confirming&, Confirm) { return {true, to(Connected{})}; }
  bool handle_call(auto&, Confirm) { return false; }
  // Answered once the line is confirmed.
  Step handle_cast(Confirming&, const Ping&) { return postpone(); }
  void handle_cast(auto&, const Ping& m) { send<Pong>(m.who, m.tag); }
  void handle_cast(Connected&, const SayTo& m) { send<Heard>(m.who, m.tag); }
  void handle_cast(auto&, const SayTo&) {}
  Reference handle_call(Connected&, const Say& m) { return m.tag; }
  Reference handle_call(auto&, const Say&) { return Reference{}; }
  Step handle_cast(Connected&, Disconnect) { return to(Idle{}); }
  void handle_cast(auto&, Disconnect) {}
  Answer<bool> handle_call(Connected&, Disconnect) { return {true, to(Idle{})}; }
  bool handle_call(auto&, Disconnect) { return false; }

  // The second timeout is postponed, and then cancels the third, of which the machine would end.
  Answer<bool> handle_call(Idle&, const Rest& m, From<bool> from) {
    return to(Resting{std::move(from), m.time}).event_timeout<int>(now() + m.time, 1);
  }
  Answer<bool> handle_call(auto&, const Rest&, From<bool>) { return false; }
  Step handle_timeout(Resting& resting, int number) {
    if (number == 0) return to(Waking{std::move(resting.from)}).event_timeout<int>(std::chrono::milliseconds{1}, 2).postpone();
    send_after<Rested>(resting.time, self());
    return keep().event_timeout<int>(timing::Duration::zero(), 0);
  }
  Step handle_timeout(Waking&, int number) { return number == 0 ? keep() : stop(ExitReason::custom(number)); }
  Step handle_timeout(auto&, int number) { return stop(ExitReason::custom(number)); }
  Step handle_info(Waking& waking, Rested) { return to(Idle{}).reply(std::move(waking.from), true); }
};

// What is said by casts, and heard by messages. `To` is a ServerRef or a Name.
template <class To>
Task<> talk(To line) {
  const Pid me = self();
  line.template cast<AliveTo>(me);
  (void)co_await next<Yes>();
  EXPECT(co_await line.template call<Where>() == "idle");
  line.template cast<ConnectTo>(me);
  (void)co_await next<Accepted>();
  EXPECT(co_await line.template call<Where>() == "confirming");
  const Reference tag = make_ref();
  line.template cast<Ping>(me, tag);
  line.template cast<Confirm>();
  const Pong pong = co_await next<Pong>();
  EXPECT(pong.tag == tag);
  for (int i = 0; i < 3; ++i) {
    EXPECT(co_await line.template call<Where>() == "connected");
    const Reference said = make_ref();
    line.template cast<SayTo>(me, said);
    const Heard heard = co_await next<Heard>();
    EXPECT(heard.tag == said);
  }
  line.template cast<Disconnect>();
  EXPECT(co_await line.template call<Where>() == "idle");
  auto request = line.template send_request<Alive>();
  const auto answer = co_await request.response();
  EXPECT(answer.value());
}

// The same by calls.
template <class To>
Task<> converse(To line) {
  EXPECT(co_await line.template call<Alive>());
  EXPECT(co_await line.template call<Connect>());
  EXPECT(co_await line.template call<Where>() == "confirming");
  const Reference tag = make_ref();
  line.template cast<Ping>(self(), tag);
  EXPECT(co_await line.template call<Confirm>());
  const Pong pong = co_await next<Pong>();
  EXPECT(pong.tag == tag);
  for (int i = 0; i < 3; ++i) {
    const Reference said = make_ref();
    EXPECT(co_await line.template call<Say>(said) == said);
  }
  EXPECT(co_await line.template call<Disconnect>());
  const timing::Instant begin = now();
  EXPECT(co_await line.template call<Rest>(std::chrono::milliseconds{2}));
  EXPECT(now() - begin >= std::chrono::milliseconds{4});
  EXPECT(co_await line.template call<Where>() == "idle");
}

// Both ways, and nothing is left in the mailbox.
template <class To>
Task<> use(To line) {
  co_await talk(line);
  co_await converse(line);
  EXPECT(queued() == 0);
}

// Asks it to end, and waits until it has. `why` is what its monitor says.
template <class To>
Task<> leave(To line, Pid pid, ExitReason why = ExitReason::normal()) {
  const MonitorRef end = monitor(pid);
  EXPECT(co_await line.template call<Leave>(why));
  EXPECT(co_await end_of(end) == why);
  const auto again = co_await line.template try_call<Alive>();
  EXPECT(!again && again.error().is_noproc());
}

}  // namespace coppice::test::phone
