// A call that goes on until it is answered, whatever happens to the server meanwhile: for requests that may be carried
// out twice without harm. Each try waits for the name to be registered again, so nothing spins while a server restarts.
#pragma once

#include <coppice/coppice.hpp>

#include <algorithm>
#include <chrono>
#include <utility>

namespace bank {

template <class Request, class Answer, class Server, class... Arguments>
coppice::Task<Answer> call_until_answered(coppice::Name<Server> server, Arguments... arguments) {
  using namespace std::chrono_literals;
  for (std::chrono::milliseconds pause = 1ms;; pause = std::min(2 * pause, 50ms)) {
    auto answer = co_await server.within(2s).template try_call<Request>(arguments...);
    if (answer) co_return *std::move(answer);
    co_await coppice::sleep(pause);
  }
}

}  // namespace bank
