// send_request, response; async, await, try_await.
#include "in_process.hpp"

#include <coppice/behaviour/async.hpp>

using namespace coppice;
using namespace coppice::test;
using namespace std::chrono_literals;

namespace {

struct Echo {
  int value;
};
struct Hold {};
struct Go {};

class Server : public GenServer {
 public:
  int handle_call(Echo e) { return e.value; }
  Reply<std::string> handle_call(Hold, From<std::string> from) {
    held_.push_back(std::move(from));
    return no_reply;
  }
  void handle_cast(Go) {
    for (From<std::string>& from : held_) from.reply(std::string(40, 'h'));
    held_.clear();
  }

 private:
  std::vector<From<std::string>> held_;
};

Task<int> doubled(int value) {
  co_await sleep(0s);
  co_return 2 * value;
}
Task<int> throwing() {
  co_await sleep(0s);
  throw std::runtime_error{"work failed"};
  co_return 0;
}
Task<> waiting() {
  co_await receive([](Go) {});
}

}  // namespace

TEST_CASE("request: several are outstanding at a time and fetched in any order", "[request]") {
  in_process([]() -> Task<> {
    auto server = co_await start_link<Server>();
    std::vector<RequestHandle<int>> requests;
    for (int i = 0; i < 50; ++i) requests.push_back(server.send_request<Echo>(i));
    for (int i = 49; i >= 0; --i) {
      auto answer = co_await requests[static_cast<std::size_t>(i)].response();
      EXPECT(answer.value() == i);
    }
    EXPECT(queued() == 0);
  });
}

TEST_CASE("request: the answer is no message and waits out of the mailbox", "[request]") {
  in_process([]() -> Task<> {
    auto server = co_await start_link<Server>();
    auto request = server.send_request<Echo>(4);
    EXPECT(co_await server.call<Echo>(5) == 5);
    EXPECT(queued() == 0);
    auto answer = co_await request.response(0s);
    EXPECT(answer.value() == 4);
  });
}

TEST_CASE("request: after a timeout it is abandoned and its answer late", "[request]") {
  in_process([]() -> Task<> {
    auto server = co_await start_link<Server>();
    auto request = server.send_request<Hold>();
    EXPECT((co_await request.response(1ms)).error().is_timeout());
    server.cast<Go>();
    EXPECT(co_await server.call<Echo>(1) == 1);
    EXPECT(runtime().late_reply_count() == 1);
    EXPECT(!(co_await request.response(0s)).has_value());
  });
}

TEST_CASE("request: dropping the handle abandons it, before and after the answer has come",
          "[request]") {
  in_process([]() -> Task<> {
    auto server = co_await start_link<Server>();
    {
      auto request = server.send_request<Hold>();
    }
    {
      auto request = server.send_request<Hold>();
      server.cast<Go>();
      EXPECT(co_await server.call<Echo>(1) == 1);
    }
    EXPECT(runtime().late_reply_count() == 1);
    // A handle that is moved from is nothing any more.
    auto first = server.send_request<Echo>(2);
    auto second = std::move(first);
    EXPECT((co_await second.response()).value() == 2);
  });
}

TEST_CASE("request: a server that is dead, or dies, is an error", "[request]") {
  in_process([]() -> Task<> {
    auto server = co_await start<Server>();
    auto held = server.send_request<Hold>();
    co_await server.stop(ExitReason::custom(3));
    EXPECT((co_await held.response()).error().reason() == ExitReason::custom(3));
    auto dead = server.send_request<Echo>(1);
    EXPECT((co_await dead.response()).error().is_noproc());
    auto unnamed = Name<Server>{"nobody"}.send_request<Echo>(1);
    EXPECT((co_await unnamed.response()).error().is_noproc());
  });
}

TEST_CASE("request: a process may end with requests outstanding", "[request]") {
  in_process([]() -> Task<> {
    auto server = co_await start_link<Server>();
    auto [pid, end] = spawn_monitor([server]() -> Task<> {
      auto answered = server.send_request<Echo>(1);
      auto held = server.send_request<Hold>();
      EXPECT(co_await server.call<Echo>(2) == 2);
      exit(ExitReason::custom(1));
    });
    EXPECT(co_await end_of(end) == ExitReason::custom(1));
    server.cast<Go>();
    EXPECT(co_await server.call<Echo>(3) == 3);
    EXPECT(runtime().late_reply_count() == 1);
  });
}

TEST_CASE("request: another process cannot fetch it", "[request]") {
  in_process([]() -> Task<> {
    auto server = co_await start_link<Server>();
    auto request = server.send_request<Echo>(1);
    auto [pid, end] = spawn_monitor(
        [](RequestHandle<int> handle) -> Task<> {
          auto answer = co_await handle.response(1ms);
          EXPECT(!answer.has_value());
        },
        std::move(request));
    EXPECT(co_await end_of(end) == ExitReason::normal());
  });
}

TEST_CASE("async: the value is awaited, once, whenever", "[async]") {
  in_process([]() -> Task<> {
    std::vector<TaskHandle<int>> handles;
    for (int i = 0; i < 20; ++i) handles.push_back(async(doubled, i));
    for (int i = 19; i >= 0; --i)
      EXPECT(co_await await(handles[static_cast<std::size_t>(i)]) == 2 * i);
    EXPECT(queued() == 0);
    auto nothing = async([]() -> Task<> { co_return; });
    co_await await(nothing);
  });
}

TEST_CASE("async: what the work throws is the awaiter's, as an error that says what", "[async]") {
  in_process([]() -> Task<> {
    trap_exit(true);
    auto handle = async(throwing);
    const Pid worker = handle.pid();
    auto failed = co_await try_await(handle);
    EXPECT(failed.error().is_exit());
    EXPECT(failed.error().reason().text().find("work failed") != std::string::npos);
    EXPECT((co_await next<Exit>()).from == worker);

    auto second = async(throwing);
    std::string text;
    try {
      (void)co_await await(second);
    } catch (const ExitSignal& signal) {
      text = signal.reason().text();
    }
    EXPECT(text.find("work failed") != std::string::npos);
  });
}

TEST_CASE("async: the work is linked to who asked for it, both ways", "[async]") {
  in_process([]() -> Task<> {
    const Pid me = self();
    auto [dies_with_it, end] = spawn_monitor([]() -> Task<> {
      auto handle = async(throwing);
      (void)handle;
      co_await receive([](Go) {});
    });
    EXPECT((co_await end_of(end)).is_error());

    auto [asker, asker_end] = spawn_monitor([me]() -> Task<> {
      auto handle = async(waiting);
      send<Pid>(me, handle.pid());
      co_await receive([](Go) {});
    });
    const Pid worker = co_await next<Pid>();
    const MonitorRef worker_end = monitor(worker);
    exit(asker, ExitReason::custom(2));
    EXPECT(co_await end_of(worker_end) == ExitReason::custom(2));
    EXPECT(co_await end_of(asker_end) == ExitReason::custom(2));
  });
}

TEST_CASE("async: a wait for the value may time out, and the work goes on", "[async]") {
  in_process([]() -> Task<> {
    auto handle = async(waiting);
    EXPECT((co_await try_await(handle, 1ms)).error().is_timeout());
    EXPECT(is_alive(handle.pid()));
    const MonitorRef end = monitor(handle.pid());
    send<Go>(handle.pid());
    EXPECT(co_await end_of(end) == ExitReason::normal());
  });
}

TEST_CASE("async: a worker that is killed is an error to a trapping awaiter", "[async]") {
  in_process([]() -> Task<> {
    trap_exit(true);
    auto handle = async(waiting);
    exit(handle.pid(), ExitReason::kill());
    auto failed = co_await try_await(handle);
    EXPECT(failed.error().is_exit());
    EXPECT(failed.error().reason() == ExitReason::killed());
  });
}
