// gen_server_SUITE of OTP: how servers start and are stopped.
#include "exit_of.hpp"
#include "failing_starts.hpp"
#include "in_process.hpp"

using namespace coppice;
using namespace coppice::test;
using namespace std::chrono_literals;

namespace {

struct Get {};
struct Pause {};
struct Go {};
struct Fired {
  int after;  // how many messages had been handled by then
};

enum class Init { ok, ignore, stop, throws, exits, never };

class Server : public GenServer {
 public:
  explicit Server(Init how = Init::ok) : how_{how} {
    named_ = process_info(self()).registered_name;
  }
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
  Atom handle_call(Get) { return named_; }
  Task<int> handle_call(Pause) {
    co_await receive([](Go) {});
    co_return 1;
  }

 private:
  Init how_;
  Atom named_;
};

// Answers from init with a timeout, and tells the starter when it comes.
class Timed : public GenServer {
 public:
  using Info = Messages<Go>;
  Timed(Pid boss, timing::Duration time, bool absolute = false)
      : boss_{boss}, time_{time}, absolute_{absolute} {}
  InitResult init() {
    send<Go>(
        self());  // what was there before the timeout was set, of which a timeout of 0 comes first
    if (absolute_) return InitResult::timeout_at(now() + time_);
    return InitResult::timeout(time_);
  }
  void handle_info(Go) { ++handled_; }
  int handle_call(Get) { return ++handled_; }
  void handle_info(Timeout) { send<Fired>(boss_, handled_); }

 private:
  Pid boss_;
  timing::Duration time_;
  bool absolute_;
  int handled_ = 0;
};
// The same without the message.
class Quiet : public GenServer {
 public:
  Quiet(Pid boss, timing::Duration time, bool absolute = false)
      : boss_{boss}, time_{time}, absolute_{absolute} {}
  InitResult init() {
    if (absolute_) return InitResult::timeout_at(now() + time_);
    return InitResult::timeout(time_);
  }
  int handle_call(Get) { return ++handled_; }
  void handle_info(Timeout) { send<Fired>(boss_, handled_); }

 private:
  Pid boss_;
  timing::Duration time_;
  bool absolute_;
  int handled_ = 0;
};

Task<CallError::Kind> stop_again(ServerRef<Server> server) {
  const ExitReason why = co_await exit_of(server.stop());
  const CallError* error = why.get<CallError>();
  co_return error == nullptr ? CallError::Kind::cycle : error->kind();
}


}  // namespace

TEST_CASE("gen_server_SUITE: start: every way to start a server, and what each gives",
          "[otp][gen_server][rule-10]") {
  in_process([]() -> Task<> {
    const auto anonymous = co_await start<Server>();
    EXPECT(co_await anonymous.call<Get>() == Atom{});
    EXPECT(process_info(self()).links.empty());
    co_await anonymous.stop();
    const auto linked = co_await start_link<Server>(StartOptions{.timeout = 10s});
    EXPECT(process_info(self()).links == std::vector<Pid>{linked.pid()});
    co_await linked.stop();
    EXPECT(process_info(self()).links.empty());
    const auto watched = co_await start<Server>();
    const MonitorRef end = monitor(watched);
    co_await watched.stop();
    EXPECT(co_await end_of(end) == ExitReason::normal());

    const auto ignored = co_await try_start<Server>(Init::ignore);
    EXPECT(!ignored && ignored.error().is_ignored());
    const auto stopped = co_await try_start<Server>(Init::stop);
    EXPECT(!stopped && stopped.error().reason() == ExitReason::custom(1));

    // By name: taken before init runs, and by one only.
    const auto named = co_await start_link<Server>(StartOptions{.name = "my_test_name"});
    EXPECT(co_await named.call<Get>() == Atom{"my_test_name"});
    for (const bool link : {false, true}) {
      const StartOptions same{.name = "my_test_name"};
      auto starting = link ? try_start_link<Server>(same) : try_start<Server>(same);
      const auto second = co_await starting;
      EXPECT(!second && second.error().is_already_started() &&
             second.error().running() == named.pid());
    }
    EXPECT(co_await Name<Server>{"my_test_name"}.call<Get>() == Atom{"my_test_name"});
    co_await named.stop();
    EXPECT(!whereis("my_test_name") && queued() == 0);
  });
}

TEST_CASE(
    "gen_server_SUITE: loop_start_fail: a start that fails again and again leaves nothing behind, "
    "however it fails",
    "[otp][gen_server][rule-10]") {
  in_process([]() -> Task<> {
    co_await fail_to_start<Server>(Init::stop, StartError::Kind::failed);
    co_await fail_to_start<Server>(Init::ignore, StartError::Kind::ignored);
    co_await fail_to_start<Server>(Init::throws, StartError::Kind::failed);
    co_await fail_to_start<Server>(Init::exits, StartError::Kind::failed);
    co_await fail_to_start<Server>(Init::never, StartError::Kind::timeout);
  });
}

TEST_CASE("gen_server_SUITE: otp_7669: when a start has failed the name is free",
          "[otp][gen_server][rule-10]") {
  in_process([]() -> Task<> {
    const StartOptions name{.name = "otp_7669"};
    for (const Init how : {Init::ignore, Init::stop}) {
      const auto failed = co_await try_start<Server>(name, how);
      EXPECT(!failed && !whereis("otp_7669"));
      const auto good = co_await try_start<Server>(name);
      EXPECT(good.has_value());
      co_await good->stop();
    }
  });
}

TEST_CASE(
    "gen_server_SUITE: start_event_timeout: a timeout from init comes, unless a message comes "
    "first",
    "[otp][gen_server][rule-16]") {
  in_process([]() -> Task<> {
    for (const bool absolute : {false, true}) {
      const timing::Instant begin = now();
      const auto fires = co_await start_link<Quiet>(self(), 3ms, absolute);
      EXPECT((co_await next<Fired>()).after == 0);
      EXPECT(now() - begin >= 3ms);
      co_await fires.stop();
      // A message in time cancels it; again, if the machine was too slow for that.
      for (bool in_time = false; !in_time;) {
        const timing::Instant start = now();
        const auto cancelled = co_await start_link<Quiet>(self(), 20ms, absolute);
        EXPECT(co_await cancelled.call<Get>() == 1);
        in_time = now() - start < 20ms;
        const bool came = (co_await receive<Fired>(30ms)).has_value();
        EXPECT(!(in_time && came));
        co_await cancelled.stop();
      }
    }
  });
}

TEST_CASE(
    "gen_server_SUITE: start_event_timeout_zero: a timeout of 0 from init comes before messages "
    "that come later",
    "[otp][gen_server][rule-16]") {
  in_process([]() -> Task<> {
    for (const bool absolute : {false, true}) {
      const auto fires = co_await start_link<Quiet>(self(), 0ms, absolute);
      EXPECT((co_await next<Fired>()).after == 0);
      EXPECT(co_await fires.call<Get>() == 1);
      // What had arrived before is a message that comes first.
      const auto waits = co_await start_link<Timed>(self(), 0ms, absolute);
      EXPECT(co_await waits.call<Get>() == 2);
      EXPECT(!co_await receive<Fired>(0ms));
    }
  });
}

TEST_CASE(
    "gen_server_SUITE: stop1, stop2: stop waits for the end, which has the reason that was given; "
    "then it is noproc",
    "[otp][gen_server][rule-17]") {
  in_process([]() -> Task<> {
    const auto server = co_await start<Server>();
    const MonitorRef end = monitor(server);
    co_await server.stop();
    EXPECT(!is_alive(server));
    EXPECT(co_await end_of(end) == ExitReason::normal());
    EXPECT(co_await stop_again(server) == CallError::Kind::noproc);
    const auto other = co_await start<Server>();
    const MonitorRef other_end = monitor(other);
    co_await other.stop(ExitReason::custom(7));
    EXPECT(co_await end_of(other_end) == ExitReason::custom(7));
  });
}

TEST_CASE(
    "gen_server_SUITE: stop3: a timeout that makes no sense is an error, and the server stays",
    "[otp][gen_server][rule-17]") {
  in_process([]() -> Task<> {
    const auto server = co_await start<Server>();
    bool refused = false;
    try {
      co_await server.stop(ExitReason::normal(), -1ms);
    } catch (const ProcessError& error) {
      refused = error.code() == ProcessErrorCode::bad_argument;
    }
    EXPECT(refused && is_alive(server));
    EXPECT(co_await server.call<Get>() == Atom{});
    EXPECT(queued() == 0);
    co_await server.stop(ExitReason::normal(), 10s);
  });
}

TEST_CASE("gen_server_SUITE: stop4, stop5: a server is stopped by its name, which is free then",
          "[otp][gen_server][rule-8]") {
  in_process([]() -> Task<> {
    (void)co_await start<Server>(StartOptions{.name = "to_stop"});
    const Name<Server> name{"to_stop"};
    const ServerRef<Server> server = name.resolve().value();
    co_await server.stop();
    EXPECT(!whereis("to_stop") && !is_alive(server));
    EXPECT(name.resolve().error().is_noproc());
    const auto again = co_await start<Server>(StartOptions{.name = "to_stop"});
    EXPECT(name.resolve().value() == again);
    co_await again.stop();
  });
}

TEST_CASE(
    "gen_server_SUITE: spec_init_local_registered_parent: the end of a parent with a name is the "
    "parent's",
    "[otp][gen_server][rule-12]") {
  struct Told {
    ExitReason reason;
  };
  class Child : public GenServer {
   public:
    explicit Child(Pid boss) : boss_{boss} { trap_exit(true); }
    void handle_info(const Exit&) { send<Told>(boss_, ExitReason::custom(-1)); }
    void terminate(const ExitReason& reason) { send<Told>(boss_, reason); }

   private:
    Pid boss_;
  };
  in_process([]() -> Task<> {
    auto [parent, end] = spawn_monitor([boss = self()]() -> Task<> {
      EXPECT(register_name("parent", self()).has_value());
      (void)co_await start_link<Child>(boss);
      exit(ExitReason::custom(5));
    });
    EXPECT(co_await end_of(end) == ExitReason::custom(5));
    EXPECT((co_await next<Told>()).reason == ExitReason::custom(5));
  });
}
