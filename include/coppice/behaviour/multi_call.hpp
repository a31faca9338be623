// multi_call: one request to several servers at once (gen_server:multi_call/4, among the servers of one program).
#pragma once

#include <cstddef>
#include <expected>
#include <vector>

#include <coppice/behaviour/call_op.hpp>
#include <coppice/behaviour/server_ref.hpp>
#include <coppice/process/current.hpp>
#include <coppice/process/task.hpp>
#include <coppice/time/instant.hpp>

namespace coppice {

// Sends each server an M{args...}, made of copies, and waits for all answers, at most `timeout` in all. The result has one
// answer a server, in their order; of who has not answered in time, or is dead, the CallError. Late answers are dropped.
template <class M, class S, class... Args>
Task<std::vector<std::expected<behaviour::result_t<S, M>, CallError>>> multi_call(std::vector<ServerRef<S>> servers,
                                                                               timing::Duration timeout, Args... args) {
  using R = behaviour::result_t<S, M>;
  const timing::Instant deadline = timing::after(now(), timeout);
  std::vector<RequestHandle<R>> requests;
  requests.reserve(servers.size());
  for (const ServerRef<S>& server : servers) requests.push_back(server.template send_request<M>(args...));
  std::vector<std::expected<R, CallError>> answers;
  answers.reserve(servers.size());
  for (RequestHandle<R>& request : requests) {
    std::expected<R, CallError> answer = co_await request.response(timing::until(now(), deadline));
    answers.push_back(std::move(answer));
  }
  co_return answers;
}

}  // namespace coppice
