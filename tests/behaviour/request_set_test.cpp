// RequestSet, RequestHandle::wait, multi_call.
#include "in_process.hpp"

#include <algorithm>

#include <coppice/behaviour/multi_call.hpp>
#include <coppice/behaviour/request_set.hpp>

using namespace coppice;
using namespace coppice::test;
using namespace std::chrono_literals;

namespace {

struct Echo {
  int value;
};
struct Hold {
  int value;
};
struct Release {
  int value;
};
struct Ping {};

// Answers a Hold when it is told to.
class Holder : public GenServer {
 public:
  int handle_call(Echo e) { return e.value; }
  Reply<int> handle_call(Hold h, From<int> from) {
    held_.emplace_back(h.value, std::move(from));
    return no_reply;
  }
  void handle_cast(Release r) {
    for (auto& [value, from] : held_)
      if (value == r.value) from.reply(value);
  }
  void handle_call(Ping) {}

 private:
  std::vector<std::pair<int, From<int>>> held_;
};

using Set = RequestSet<int, std::string>;

}  // namespace

TEST_CASE("request set: answers come in the order in which they were given, with their labels", "[request]") {
  in_process([]() -> Task<> {
    auto server = co_await start_link<Holder>();
    Set set;
    EXPECT(set.empty());
    for (int i = 0; i < 4; ++i) set.add(server.send_request<Hold>(i), "label " + std::to_string(i));
    EXPECT(set.size() == 4);
    for (const int i : {2, 0}) server.cast<Release>(i);
    for (const int i : {2, 0}) {
      auto answered = co_await set.next(patience);
      EXPECT(answered->label == "label " + std::to_string(i));
      EXPECT(answered->response.value() == i);
    }
    for (const int i : {3, 1}) server.cast<Release>(i);
    (void)co_await server.call<Echo>(0);  // both have come, and nobody waited for them
    for (const int i : {3, 1}) EXPECT((co_await set.next(0s))->response.value() == i);
    EXPECT(set.empty());
    EXPECT(!(co_await set.next()).has_value());
    EXPECT(queued() == 0);
  });
}

TEST_CASE("request set: a timeout leaves all of them outstanding", "[request]") {
  in_process([]() -> Task<> {
    auto server = co_await start_link<Holder>();
    Set set;
    set.add(server.send_request<Hold>(1), "one");
    EXPECT(!(co_await set.next(1ms)).has_value());
    EXPECT(!(co_await set.next(0s)).has_value());
    EXPECT(set.size() == 1);
    server.cast<Release>(1);
    EXPECT((co_await set.next(patience))->label == "one");
  });
}

TEST_CASE("request set: cleared or dropped, its requests are abandoned and their answers late", "[request]") {
  in_process([]() -> Task<> {
    auto server = co_await start_link<Holder>();
    {
      Set dropped;
      for (int i = 0; i < 3; ++i) dropped.add(server.send_request<Hold>(i), "");
      Set moved = std::move(dropped);
      EXPECT(moved.size() == 3);
      server.cast<Release>(0);
      (void)co_await server.call<Echo>(0);  // its answer has come
    }
    Set cleared;
    cleared.add(server.send_request<Hold>(3), "");
    cleared.clear();
    EXPECT(cleared.empty());
    for (int i = 1; i < 4; ++i) server.cast<Release>(i);
    EXPECT(co_await server.call<Echo>(7) == 7);
    EXPECT(runtime().late_reply_count() == 3);
  });
}

TEST_CASE("request set: says which are outstanding, in the order in which they were sent", "[request]") {
  in_process([]() -> Task<> {
    auto server = co_await start_link<Holder>();
    Set set;
    EXPECT(set.labels().empty());
    for (const int i : {5, 1, 3, 2}) set.add(server.send_request<Hold>(i), std::to_string(i));
    server.cast<Release>(5);
    EXPECT((co_await set.next(patience))->label == "5");
    const std::vector<std::string> left = {"1", "3", "2"};
    EXPECT(set.labels() == left);
  });
}

TEST_CASE("request set: a handle that has no request any more cannot be added", "[request]") {
  in_process([]() -> Task<> {
    auto server = co_await start_link<Holder>();
    auto answered = server.send_request<Echo>(1);
    EXPECT((co_await answered.response()).value() == 1);
    Set set;
    bool refused = false;
    try {
      set.add(std::move(answered), "answered");
    } catch (const ProcessError& error) {
      refused = error.code() == ProcessErrorCode::bad_argument;
    }
    EXPECT(refused);
    EXPECT(set.empty());
  });
}

TEST_CASE("request set: failures are answers too", "[request]") {
  in_process([]() -> Task<> {
    auto server = co_await start<Holder>();
    Set set;
    set.add(ServerRef<Holder>{Pid{}}.send_request<Echo>(1), "nobody");
    EXPECT((co_await set.next(patience))->response.error().is_noproc());
    set.add(server.send_request<Hold>(1), "held");
    set.add(server.send_request<Hold>(2), "held");
    exit(server, ExitReason::kill());
    for (int i = 0; i < 2; ++i) {
      auto answered = co_await set.next(patience);
      EXPECT(answered->label == "held");
      EXPECT(answered->response.error().reason() == ExitReason::killed());
    }
  });
}

TEST_CASE("request set: many, from many servers, each once, while calls go on", "[request]") {
  in_process([]() -> Task<> {
    std::vector<ServerRef<Holder>> servers;
    for (int i = 0; i < 10; ++i) servers.push_back(co_await start_link<Holder>());
    RequestSet<int, int> set;
    for (int i = 0; i < 1000; ++i) set.add(servers[static_cast<std::size_t>(i) % 10].send_request<Echo>(i), i);
    std::vector<bool> seen(1000);
    while (auto answered = co_await set.next(patience)) {
      EXPECT(answered->response.value() == answered->label);
      EXPECT(!seen[static_cast<std::size_t>(answered->label)]);
      seen[static_cast<std::size_t>(answered->label)] = true;
      if (answered->label % 100 == 0) EXPECT(co_await servers[0].call<Echo>(1) == 1);
    }
    EXPECT(std::ranges::count(seen, true) == 1000);
  });
}

TEST_CASE("request set: of calls without value", "[request]") {
  in_process([]() -> Task<> {
    auto server = co_await start_link<Holder>();
    RequestSet<void> set;
    set.add(server.send_request<Ping>(), 5);
    auto answered = co_await set.next(patience);
    EXPECT(answered->label == 5);
    EXPECT(answered->response.has_value());
  });
}

TEST_CASE("request set: next() in another process is an error", "[request]") {
  in_process([]() -> Task<> {
    auto server = co_await start_link<Holder>();
    auto set = std::make_shared<Set>();
    set->add(server.send_request<Hold>(1), "");
    auto [other, ref] = spawn_monitor([](std::shared_ptr<Set> theirs) -> Task<> { (void)co_await theirs->next(0s); }, set);
    EXPECT((co_await end_of(ref)).text().find("another process") != std::string::npos);
  });
}

TEST_CASE("request: wait says whether the answer has come, and leaves it", "[request]") {
  in_process([]() -> Task<> {
    auto server = co_await start_link<Holder>();
    auto request = server.send_request<Hold>(4);
    EXPECT(!co_await request.wait(0s));
    EXPECT(!co_await request.wait(1ms));
    server.cast<Release>(4);
    EXPECT(co_await request.wait(patience));
    EXPECT(co_await request.wait(0s));
    EXPECT((co_await request.response(0s)).value() == 4);
    EXPECT(!co_await request.wait(timing::forever));  // it has been fetched
  });
}

TEST_CASE("multi_call: one answer a server, in their order, within one time for all", "[request]") {
  in_process([]() -> Task<> {
    std::vector<ServerRef<Holder>> servers;
    for (int i = 0; i < 3; ++i) servers.push_back(co_await start_link<Holder>());
    servers.push_back(ServerRef<Holder>{Pid{}});
    co_await servers[1].suspend();
    const auto answers = co_await multi_call<Echo>(servers, 10ms, 6);
    EXPECT(answers.size() == 4);
    EXPECT(answers[0].value() == 6);
    EXPECT(answers[1].error().is_timeout());
    EXPECT(answers[2].value() == 6);
    EXPECT(answers[3].error().is_noproc());
    co_await servers[1].resume();
    EXPECT(co_await servers[1].call<Echo>(1) == 1);
    EXPECT(runtime().late_reply_count() == 1);
    EXPECT(queued() == 0);
    EXPECT((co_await multi_call<Echo>(std::vector<ServerRef<Holder>>{}, 1s, 6)).empty());
  });
}
