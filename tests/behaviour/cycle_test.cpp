// Calls that would wait for each other for ever.
#include "in_process.hpp"

using namespace coppice;
using namespace coppice::test;
using namespace std::chrono_literals;

namespace {

struct Get {};
struct Meet {
  Pid arrived;
};
struct Hand {
  Pid clerk;
};
struct Ask {
  Pid whom;
  Pid clerk;
};
struct CalledBack {};
struct Go {};

// Calls are passed on along a list of servers.
struct Pass {
  explicit Pass(std::vector<Pid> p) : path{std::move(p)} {}
  std::vector<Pid> path;
};
using Result = std::string;  // "ok", or the error's text

class Node : public GenServer {
 public:
  int handle_call(Get) { return 1; }
  Task<Result> handle_call(Pass pass) {
    if (pass.path.empty()) co_return "ok";
    const ServerRef<Node> next{pass.path.front()};
    pass.path.erase(pass.path.begin());
    auto answer = co_await next.within(patience).try_call<Pass>(std::move(pass.path));
    if (answer) co_return *answer;
    co_return answer.error().text();
  }
  // Waits until the other is in its handler too, then calls it.
  Task<bool> handle_call(Meet meet) {
    send<Pid>(meet.arrived, self());
    const Pid other = co_await next<Pid>();
    auto answer = co_await ServerRef<Node>{other}.within(patience).try_call<Get>();
    co_return answer ? false : answer.error().is_cycle();
  }
  // Hands its caller to a clerk, and then calls that caller.
  Reply<int> handle_call(Hand hand, From<int> from) {
    const Pid caller = from.pid();
    send<From<int>>(hand.clerk, std::move(from));
    return Reply<int>{no_reply}.continue_with(caller);
  }
  Task<> handle_continue(Pid caller) {
    const int got = co_await ServerRef<Node>{caller}.within(patience).call<Get>();
    called_back_ = got == 1;
  }
  Task<int> handle_call(Ask ask) {
    co_return co_await ServerRef<Node>{ask.whom}.within(patience).call<Hand>(ask.clerk);
  }
  bool handle_call(CalledBack) { return called_back_; }

 private:
  bool called_back_ = false;
};

Task<std::vector<Pid>> nodes(int count) {
  std::vector<Pid> out;
  for (int i = 0; i < count; ++i) {
    const Pid pid = co_await start_link<Node>();
    out.push_back(pid);
  }
  co_return out;
}

}  // namespace

TEST_CASE("cycle: a call that closes one fails at once and names who is in it", "[cycle]") {
  const int count = GENERATE(2, 3, 10);
  in_process([count]() -> Task<> {
    const std::vector<Pid> ring = co_await nodes(count);
    std::vector<Pid> path{ring.begin() + 1, ring.end()};
    path.push_back(ring[0]);
    const Result result = co_await ServerRef<Node>{ring[0]}.call<Pass>(std::move(path));
    EXPECT(result.find("it would wait for itself") != std::string::npos);
    for (const Pid pid : ring) EXPECT(result.find(fmt::format("{}", pid)) != std::string::npos);
    // Nobody was harmed.
    for (const Pid pid : ring) EXPECT(co_await ServerRef<Node>{pid}.call<Get>() == 1);
  });
}

TEST_CASE("cycle: a chain of calls is none", "[cycle]") {
  in_process([]() -> Task<> {
    const std::vector<Pid> chain = co_await nodes(10);
    std::vector<Pid> path{chain.begin() + 1, chain.end()};
    EXPECT(co_await ServerRef<Node>{chain[0]}.call<Pass>(std::move(path)) == "ok");
  });
}

TEST_CASE("cycle: of two calls that close one at the same time one fails or both do", "[cycle]") {
  in_process([]() -> Task<> {
    const std::vector<Pid> pair = co_await nodes(2);
    const ServerRef<Node> a{pair[0]};
    const ServerRef<Node> b{pair[1]};
    for (int round = 0; round < 200; ++round) {
      auto first = a.send_request<Meet>(self());
      auto second = b.send_request<Meet>(self());
      (void)co_await next<Pid>();
      (void)co_await next<Pid>();
      send<Pid>(pair[0], pair[1]);
      send<Pid>(pair[1], pair[0]);
      auto one = co_await first.response(patience);
      auto two = co_await second.response(patience);
      EXPECT(one.has_value());
      EXPECT(two.has_value());
      EXPECT((one.value() || two.value()));
    }
  });
}

TEST_CASE("cycle: switched off, the call times out", "[cycle]") {
  in_process({.detect_call_cycles = false}, []() -> Task<> {
    const std::vector<Pid> pair = co_await nodes(2);
    std::vector<Pid> path;
    path.push_back(pair[1]);
    path.push_back(pair[0]);
    auto answer = co_await ServerRef<Node>{pair[0]}.within(20ms).try_call<Pass>(std::move(path));
    EXPECT(answer.error().is_timeout());
    for (const Pid pid : pair) {
      unlink(pid);
      const MonitorRef end = monitor(pid);
      exit(pid, ExitReason::kill());
      EXPECT(co_await end_of(end) == ExitReason::killed());
    }
  });
}

TEST_CASE("cycle: a server that has deferred its answer may call its caller", "[cycle]") {
  in_process([]() -> Task<> {
    const std::vector<Pid> pair = co_await nodes(2);
    const ServerRef<Node> asks{pair[0]};
    const ServerRef<Node> defers{pair[1]};
    const Pid clerk = spawn([]() -> Task<> {
      co_await receive([](Go) {});
      From<int> from = co_await receive([](From<int> f) { return f; });
      from.reply(5);
    });
    auto request = asks.send_request<Ask>(pair[1], clerk);
    // Once it shows a handler at work, it has called back and waits.
    for (;;) {
      const ServerStatus status = co_await defers.status();
      if (!status.handling.empty()) break;
      co_await sleep(0s);
    }
    send<Go>(clerk);
    EXPECT((co_await request.response(patience)).value() == 5);
    EXPECT(co_await defers.call<CalledBack>());
  });
}
