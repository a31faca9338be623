// The races between a process's end and what others do to it, in every order that a few delays give.
#include "races.hpp"

using namespace coppice;
using namespace coppice::test;
using namespace coppice::testing;
using namespace std::chrono_literals;

namespace {

struct Never {};

}  // namespace

TEST_CASE("races: unlink against the other's end", "[testing]") {
  Outcomes outcomes;
  in_every_order([&outcomes]() -> Task<> {
    trap_exit(true);
    const Pid other = spawn_link(ends_when_told);
    const MonitorRef end = monitor(other);
    send<Go>(other);
    co_await sleep(0s);
    unlink(other, flush);
    // After unlink and flush no Exit is there, and none comes.
    co_await receive(on(end, [](const Down&) {}));
    const std::optional<Exit> late = co_await receive<Exit>(1s);
    check(!late, "an Exit after unlink");
    outcomes.insert("ended");
  }, 3);
  CHECK(outcomes.size() == 1);
}

TEST_CASE("races: an unlink that is linked again hears of the end once", "[testing]") {
  in_every_order([]() -> Task<> {
    trap_exit(true);
    const Pid other = spawn_link(ends_when_told);
    unlink(other);
    link(other);
    send<Go>(other);
    int exits = 0;
    for (bool more = true; more;) {
      const std::optional<Exit> came = co_await receive<Exit>(1s);
      more = came.has_value();
      exits += more;
    }
    check(exits == 1, "one Exit for one link");
  }, 3);
}

TEST_CASE("races: a link that is taken back at once gives no Exit, though the other ends", "[testing]") {
  (void)explored([]() -> Task<> {
    trap_exit(true);
    const Pid other = spawn(ends_when_told);
    send<Go>(other);
    link(other);
    unlink(other, flush);
    const std::optional<Exit> late = co_await receive<Exit>(1s);
    check(!late, "an Exit after unlink");
  }, 3);
}

TEST_CASE("races: demonitor against the Down", "[testing]") {
  Outcomes outcomes;
  in_every_order([&outcomes]() -> Task<> {
    const Pid other = spawn(ends_when_told);
    const MonitorRef ref = monitor(other);
    send<Go>(other);
    co_await sleep(0s);
    const bool was_there = demonitor(ref, flush);
    const std::optional<Down> late = co_await receive<Down>(1s);
    check(!late, "a Down after demonitor with flush");
    outcomes.insert(was_there ? "before" : "after");
  }, 3);
  CHECK(outcomes == Outcomes{"before", "after"});
}

TEST_CASE("races: a name is free when its process's Down comes", "[testing]") {
  Outcomes outcomes;
  in_every_order([&outcomes]() -> Task<> {
    const Pid first = spawn(ends_when_told);
    const auto named = register_name("it", first);
    check(named.has_value(), "a living process gets a name");
    const MonitorRef end = monitor(first);
    const Pid second = spawn([]() -> Task<> { co_await receive<Never>(); });
    send<Go>(first);
    co_await sleep(0s);
    const auto early = register_name("it", second);
    outcomes.insert(early ? "free" : fmt::format("{}", early.error()));
    co_await receive(on(end, [](const Down&) {}));
    if (!early) check(register_name("it", second).has_value(), "the name is not free after the Down");
    check(whereis("it") == second, "the second has the name");
  }, 3);
  CHECK(outcomes == Outcomes{"free", "the name is taken"});
}

TEST_CASE("races: a call against the server's end is answered or fails, once", "[testing]") {
  struct Ask {};
  class Server : public GenServer {
   public:
    int handle_call(Ask) { return 1; }
  };
  Outcomes outcomes;
  in_every_order([&outcomes]() -> Task<> {
    auto server = co_await start<Server>();
    spawn([server]() -> Task<> {
      exit(server.pid(), ExitReason::shutdown());
      co_return;
    });
    const auto reply = co_await server.try_call<Ask>();
    outcomes.insert(reply ? "reply" : reply.error().is_noproc() ? "noproc" : reply.error().is_exit() ? "exit" : "?");
  }, 3);
  CHECK(outcomes == Outcomes{"reply", "noproc", "exit"});
}

TEST_CASE("races: a link to a process that ends gives an Exit, whichever is first", "[testing]") {
  Outcomes outcomes;
  in_every_order([&outcomes]() -> Task<> {
    trap_exit(true);
    const Pid other = spawn(ends_when_told);
    send<Go>(other);
    co_await sleep(0s);
    link(other);
    const std::optional<Exit> came = co_await receive<Exit>(1s);
    check(came.has_value(), "a link to a process that has ended gives an Exit");
    if (came) outcomes.insert(fmt::format("{}", came->reason));
  }, 3);
  CHECK(outcomes.size() == 2);
  CHECK(outcomes.contains("noproc"));
}

// As in OTP: the failed call would be the Down of a monitor, and links are told before monitors.
TEST_CASE("races: who is linked to its server ends for the server's reason, not for that of the failed call", "[testing]") {
  struct Take {};
  struct Hold {};
  struct Leave {};
  class Server : public GenServer {
   public:
    int handle_call(Take) { exit(ExitReason::custom(std::string{"over"})); }
    Reply<int> handle_call(Hold, From<int> from) {
      held_.push_back(std::move(from));
      return no_reply;
    }
    void handle_info(Go) { exit(ExitReason::custom(std::string{"over"})); }
    void handle_cast(Leave) { exit(ExitReason::custom(std::string{"over"})); }

   private:
    std::vector<From<int>> held_;
  };
  enum class Call { handled, held, queued };
  for (const Call call : {Call::handled, Call::held, Call::queued}) {
    CAPTURE(static_cast<int>(call));
    in_every_order(
        [call]() -> Task<> {
          auto server = co_await start<Server>();
          auto [caller, end] = spawn_monitor([server, call]() -> Task<> {
            link(server.pid());
            if (call == Call::handled) (void)co_await server.call<Take>();
            if (call == Call::queued) server.cast<Leave>();
            if (call == Call::held) send_after<Go>(1s, server.pid());
            (void)co_await server.call<Hold>();
          });
          const Down down = co_await receive(on(end, [](Down d) { return d; }));
          check(down.reason == ExitReason::custom(std::string{"over"}), down.reason.text());
        },
        2);
  }
}
