// Handlers that are coroutines: what waits, what acts, and what is answered while one is suspended.
#include "in_process.hpp"

using namespace coppice;
using namespace coppice::test;
using namespace std::chrono_literals;

namespace {

struct Pause {};
struct PauseAndStop {};
struct PauseAndThrow {};
struct Go {};
struct Note {
  int number;
};
struct Order {};
struct Busy {
  Pid server;
};
struct Value {};

// While it handles a Pause it waits for Go; it tells `boss` that it does.
class Slow : public GenServer {
 public:
  Slow(Pid boss, Journal* journal) : boss_{boss}, journal_{*journal} {}

  Task<int> handle_call(Pause) {
    const Mark mark{journal_, "frame-destroyed"};
    co_await wait();
    co_return 1;
  }
  Task<Reply<int>> handle_call(PauseAndStop) {
    co_await wait();
    co_return Reply<int>::stop(ExitReason::custom(5), 2);
  }
  Task<int> handle_call(PauseAndThrow) {
    co_await wait();
    throw std::runtime_error{"after the pause"};
    co_return 0;
  }
  int handle_call(Value) { return 3; }
  std::string handle_call(Order) { return journal_.take(); }
  Task<> handle_cast(Pause) { co_await wait(); }
  Task<Next> handle_cast(PauseAndStop) {
    co_await wait();
    co_return Next::stop(ExitReason::custom(6));
  }
  void handle_cast(Note note) { journal_.write("note" + std::to_string(note.number)); }
  Task<> handle_info(Note note) {
    co_await sleep(0s);
    journal_.write("info" + std::to_string(note.number));
  }
  void terminate(const ExitReason&) { journal_.write("terminate"); }

 private:
  Task<> wait() {
    send<Busy>(boss_, self());
    co_await receive([](Go) {});
    journal_.write("go");
  }

  Pid boss_;
  Journal& journal_;
};

// A pump: each handler sends on and waits for a plain message that overtakes nothing.
class Echo : public GenServer {
 public:
  Task<std::string> handle_call(Pause) {
    const MonitorRef ref = monitor(spawn([]() -> Task<> { co_return; }));
    const ExitReason reason = co_await receive(on(ref, [](const Down& d) { return d.reason; }));
    const int timed = co_await receive([](Note) { return 1; }, after(1ms, [] { return 2; }));
    co_return reason.text() + std::to_string(timed);
  }
};

}  // namespace

TEST_CASE("coroutine handler: other messages wait until it has ended", "[coroutine_handler]") {
  Journal journal;
  in_process([&journal]() -> Task<> {
    auto slow = co_await start_link<Slow>(self(), &journal);
    auto first = slow.send_request<Pause>();
    slow.cast<Note>(1);
    slow.send_info<Note>(2);
    slow.cast<Note>(3);
    (void)co_await next<Busy>();
    send<Go>(slow);
    EXPECT((co_await first.response()).value() == 1);
    EXPECT(co_await slow.call<Order>() == "go frame-destroyed note1 info2 note3");
  });
}

TEST_CASE("coroutine handler: of a cast, it may return Next", "[coroutine_handler]") {
  Journal journal;
  in_process([&journal]() -> Task<> {
    auto slow = co_await start<Slow>(self(), &journal);
    slow.cast<Pause>();
    slow.cast<PauseAndStop>();
    const MonitorRef end = monitor(slow);
    (void)co_await next<Busy>();
    send<Go>(slow);
    (void)co_await next<Busy>();
    send<Go>(slow);
    EXPECT(co_await end_of(end) == ExitReason::custom(6));
    EXPECT(journal.text() == "go go terminate");
  });
}

TEST_CASE("coroutine handler: of a call, it may stop the server with a reply",
          "[coroutine_handler]") {
  Journal journal;
  in_process([&journal]() -> Task<> {
    auto slow = co_await start<Slow>(self(), &journal);
    const MonitorRef end = monitor(slow);
    auto request = slow.send_request<PauseAndStop>();
    (void)co_await next<Busy>();
    send<Go>(slow);
    EXPECT((co_await request.response()).value() == 2);
    EXPECT(co_await end_of(end) == ExitReason::custom(5));
  });
}

TEST_CASE("coroutine handler: an exception after a pause ends the server as any other",
          "[coroutine_handler]") {
  Journal journal;
  in_process([&journal]() -> Task<> {
    auto slow = co_await start<Slow>(self(), &journal);
    auto request = slow.send_request<PauseAndThrow>();
    auto behind = slow.send_request<Value>();
    (void)co_await next<Busy>();
    send<Go>(slow);
    auto failed = co_await request.response();
    EXPECT(failed.error().is_exit());
    EXPECT(failed.error().reason().text().find("after the pause") != std::string::npos);
    EXPECT((co_await behind.response()).error().is_exit());
    EXPECT(journal.text() == "go terminate");
  });
}

TEST_CASE("coroutine handler: kill acts while it is suspended, and destroys its frame",
          "[coroutine_handler]") {
  Journal journal;
  in_process([&journal]() -> Task<> {
    auto slow = co_await start<Slow>(self(), &journal);
    auto request = slow.send_request<Pause>();
    (void)co_await next<Busy>();
    exit(slow, ExitReason::kill());
    auto failed = co_await request.response();
    EXPECT(failed.error().is_exit());
    EXPECT(failed.error().reason() == ExitReason::killed());
    EXPECT(journal.text() == "frame-destroyed");
  });
}

TEST_CASE("coroutine handler: an untrapped exit acts while it is suspended, without terminate",
          "[coroutine_handler]") {
  Journal journal;
  in_process([&journal]() -> Task<> {
    auto slow = co_await start<Slow>(self(), &journal);
    auto request = slow.send_request<Pause>();
    (void)co_await next<Busy>();
    exit(slow, ExitReason::custom(8));
    EXPECT((co_await request.response()).error().reason() == ExitReason::custom(8));
    EXPECT(journal.text() == "frame-destroyed");
  });
}

TEST_CASE("coroutine handler: status is answered meanwhile and says what is handled; nothing else",
          "[coroutine_handler]") {
  Journal journal;
  in_process([&journal]() -> Task<> {
    auto slow = co_await start_link<Slow>(StartOptions{.name = "slow"}, self(), &journal);
    auto request = slow.send_request<Pause>();
    (void)co_await next<Busy>();
    slow.cast<Note>(1);
    const ServerStatus status = co_await slow.status();
    EXPECT(status.pid == slow.pid());
    EXPECT(status.name == "slow");
    EXPECT(status.parent == self());
    EXPECT(status.mode == ServerStatus::Mode::running);
    EXPECT(status.handling.find("Pause") != std::string::npos);
    EXPECT(status.queued == 1);
    // Any other system request waits for the handler.
    const Pid me = self();
    spawn([slow, me]() -> Task<> {
      const int seen = co_await slow.get_state([](const Slow&) { return 4; });
      send<int>(me, seen);
    });
    EXPECT(!co_await receive<int>(5ms));
    send<Go>(slow);
    EXPECT((co_await request.response()).value() == 1);
    EXPECT(co_await next<int>() == 4);
    const ServerStatus idle = co_await slow.status();
    EXPECT(idle.handling.empty());
  });
}

TEST_CASE("coroutine handler: a receive in it sees plain messages and Downs, not calls and casts",
          "[coroutine_handler]") {
  in_process([]() -> Task<> {
    auto echo = co_await start_link<Echo>();
    auto request = echo.send_request<Pause>();
    auto second = echo.send_request<Pause>();
    EXPECT((co_await request.response()).value() == "normal2");
    EXPECT((co_await second.response()).value() == "normal2");
  });
}
