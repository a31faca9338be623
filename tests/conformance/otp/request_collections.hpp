// What OTP's suites of gen_server and gen_statem do with collections of requests, for either. The server answers Alive with
// true at once, and Delayed with "delayed" when it has got a Go.
#pragma once

#include <array>
#include <string>
#include <utility>
#include <vector>

#include <coppice/behaviour/request_set.hpp>

#include "in_process.hpp"

namespace coppice::test {

using Collection = RequestSet<std::string, std::string>;
template <class S>
using Three = std::array<ServerRef<S>, 3>;

template <class S>
Task<Three<S>> start_three() {
  Three<S> servers;
  for (ServerRef<S>& server : servers) server = co_await start<S>();
  co_return servers;
}
template <class S, class Delayed>
void ask_delayed(Collection& set, const Three<S>& servers) {
  for (std::size_t i = 0; i < 3; ++i)
    set.add(servers[i].template send_request<Delayed>(), "request " + std::to_string(i + 1));
}
inline Task<> expect_delayed(Collection& set, std::string label) {
  const auto answered = co_await set.next(patience);
  EXPECT(answered.has_value());
  EXPECT(answered->label == label);
  EXPECT(answered->response.value() == "delayed");
}

// Answers come as they are given, whatever the order of the requests; one outside of the collection is left alone.
template <class S, class Alive, class Delayed, class Go>
Task<> requests_answered() {
  const Three<S> servers = co_await start_three<S>();
  auto apart = servers[0].template send_request<Alive>();
  Collection set;
  ask_delayed<S, Delayed>(set, servers);
  EXPECT(set.size() == 3);
  for (const std::size_t i : {1U, 2U, 0U}) {
    send<Go>(servers[i]);
    co_await expect_delayed(set, "request " + std::to_string(i + 1));
  }
  EXPECT(set.empty());
  const auto none = co_await set.next(patience);
  EXPECT(!none.has_value());
  const auto answer = co_await apart.response(patience);
  EXPECT(answer.value());
  for (const ServerRef<S>& server : servers) co_await server.stop();
}

// After a timeout the rest is still outstanding: it may be waited for again, or abandoned, and then its answers are dropped.
template <class S, class Alive, class Delayed, class Go>
Task<> requests_timed_out(bool abandoned) {
  const Three<S> servers = co_await start_three<S>();
  auto apart = servers[0].template send_request<Alive>();
  Collection set;
  ask_delayed<S, Delayed>(set, servers);
  send<Go>(servers[1]);
  co_await expect_delayed(set, "request 2");
  const auto timeout = co_await set.next(std::chrono::milliseconds{1});
  EXPECT(!timeout.has_value());
  const std::vector<std::string> left = {"request 1", "request 3"};
  EXPECT(set.labels() == left);
  if (abandoned) set.clear();
  for (const std::size_t i : {2U, 0U}) {
    send<Go>(servers[i]);
    if (!abandoned) co_await expect_delayed(set, "request " + std::to_string(i + 1));
  }
  const auto answer = co_await apart.response(patience);
  EXPECT(answer.value());
  for (const ServerRef<S>& server : servers) co_await server.stop();
  EXPECT(set.empty() && queued() == 0);
  EXPECT(runtime().late_reply_count() == (abandoned ? 2 : 0));
}

// The end of a server is the answer of its request, and a request belongs to one collection once.
template <class S, class Alive, class Delayed, class Go>
Task<> requests_failed() {
  const Three<S> servers = co_await start_three<S>();
  auto apart = servers[0].template send_request<Alive>();
  Collection set;
  auto request = servers[0].template send_request<Delayed>();
  set.add(std::move(request), "request 1");
  bool refused = false;
  try {
    set.add(std::move(request), "again");
  } catch (const ProcessError& error) {
    refused = error.code() == ProcessErrorCode::bad_argument;
  }
  EXPECT(refused && set.size() == 1);
  set.add(servers[1].template send_request<Delayed>(), "ended");
  const MonitorRef end = monitor(servers[1]);
  exit(servers[1], ExitReason::kill());
  (void)co_await end_of(end);
  set.add(servers[1].template send_request<Delayed>(), "gone");
  set.add(servers[2].template send_request<Delayed>(), "request 3");
  const auto ended = co_await set.next(patience);
  EXPECT(ended->label == "ended" && ended->response.error().reason() == ExitReason::killed());
  const auto gone = co_await set.next(patience);
  EXPECT(gone->label == "gone" && gone->response.error().is_noproc());
  for (const std::size_t i : {2U, 0U}) {
    send<Go>(servers[i]);
    co_await expect_delayed(set, "request " + std::to_string(i + 1));
  }
  const auto answer = co_await apart.response(patience);
  EXPECT(answer.value() && queued() == 0);
  co_await servers[0].stop();
  co_await servers[2].stop();
}

// Looks without waiting. Messages are no answers, and stay.
template <class S, class Alive, class Delayed, class Go>
Task<> requests_checked() {
  struct Other {};
  const Three<S> servers = co_await start_three<S>();
  auto apart = servers[0].template send_request<Alive>();
  Collection set;
  ask_delayed<S, Delayed>(set, servers);
  send<Other>(self());
  const bool answered = co_await apart.wait(patience);
  EXPECT(answered);
  const auto nothing = co_await set.next(timing::Duration::zero());
  EXPECT(!nothing.has_value() && set.size() == 3);
  for (const std::size_t i : {1U, 2U, 0U}) {
    send<Go>(servers[i]);
    EXPECT(co_await servers[i].template call<Alive>());  // its answer has come by now
    const auto found = co_await set.next(timing::Duration::zero());
    EXPECT(found && found->label == "request " + std::to_string(i + 1));
    EXPECT(found->response.value() == "delayed");
  }
  const auto answer = co_await apart.response(timing::Duration::zero());
  EXPECT(answer.value());
  EXPECT(set.empty() && queued() == 1);
  for (const ServerRef<S>& server : servers) co_await server.stop();
}

}  // namespace coppice::test
