// gen_server_SUITE of OTP: collections of requests, and multi_call.
#include <coppice/behaviour/multi_call.hpp>

#include "processor_time.hpp"
#include "request_collections.hpp"

using namespace coppice;
using namespace coppice::test;
using namespace std::chrono_literals;

namespace {

struct Alive {};
struct Delayed {};
struct Go {};
struct Waiting {};

class Server : public GenServer {
 public:
  bool handle_call(Alive) { return true; }
  Task<std::string> handle_call(Delayed) {
    co_await receive<Go>();
    co_return "delayed";
  }
};

using Answers = std::vector<std::expected<bool, CallError>>;

// OTP's measure: the same calls, with nothing and with very much in the caller's mailbox. A scan of that takes 1 ms or
// more, and there are two answers a call.
template <class Check>
Task<> same_with_huge_queue(std::vector<ServerRef<Server>> servers, int calls, timing::Duration timeout, Check check) {
  constexpr std::size_t huge = 100'000;
  timing::Duration best[2] = {1h, 1h};
  for (const bool full : {false, true}) {
    for (std::size_t i = 0; full && i < huge; ++i) send<Waiting>(self());
    for (int round = 0; round < 5; ++round) {
      const timing::Duration begin = processor_time();
      for (int i = 0; i < calls; ++i) {
        const Answers answers = co_await multi_call<Alive>(servers, timeout);
        EXPECT(answers.size() == 2);
        check(answers);
      }
      best[full] = std::min(best[full], processor_time() - begin);
    }
  }
  EXPECT(queued() == huge);
  EXPECT(best[true] < 10 * best[false] + 20ms);
}

}  // namespace

TEST_CASE(
    "gen_server_SUITE: send_request_receive_reqid_collection: answers come as they are given; after "
    "a timeout the rest is abandoned",
    "[otp][gen_server]") {
  in_process([] { return requests_answered<Server, Alive, Delayed, Go>(); });
  in_process([] { return requests_timed_out<Server, Alive, Delayed, Go>(true); });
  in_process([] { return requests_failed<Server, Alive, Delayed, Go>(); });
}

TEST_CASE(
    "gen_server_SUITE: send_request_wait_reqid_collection: after a timeout the rest can be waited "
    "for again",
    "[otp][gen_server]") {
  in_process([] { return requests_timed_out<Server, Alive, Delayed, Go>(false); });
}

TEST_CASE(
    "gen_server_SUITE: send_request_check_reqid_collection: looking for an answer does not wait, and "
    "leaves messages",
    "[otp][gen_server]") {
  in_process([] { return requests_checked<Server, Alive, Delayed, Go>(); });
}

TEST_CASE("gen_server_SUITE: multicall_recv_opt_success: costs the same whatever waits in the caller's mailbox",
          "[otp][gen_server]") {
  in_process([]() -> Task<> {
    const auto one = co_await start_link<Server>();
    const auto two = co_await start_link<Server>();
    const std::vector<ServerRef<Server>> servers = {one, two};
    co_await same_with_huge_queue(servers, 100, timing::forever, [](const Answers& answers) {
      EXPECT(answers[0].value() && answers[1].value());
    });
  });
}

TEST_CASE("gen_server_SUITE: multicall_recv_opt_timeout: the same when nobody answers in time", "[otp][gen_server]") {
  in_process([]() -> Task<> {
    const auto one = co_await start_link<Server>();
    const auto two = co_await start_link<Server>();
    co_await one.suspend();
    co_await two.suspend();
    const std::vector<ServerRef<Server>> servers = {one, two};
    co_await same_with_huge_queue(servers, 10, 1ms, [](const Answers& answers) {
      EXPECT(answers[0].error().is_timeout() && answers[1].error().is_timeout());
    });
    co_await one.resume();
    co_await two.resume();
    EXPECT(co_await two.call<Alive>());
  });
}

TEST_CASE("gen_server_SUITE: multicall_recv_opt_noconnection: the same when one server is not there", "[otp][gen_server]") {
  in_process([]() -> Task<> {
    const auto one = co_await start_link<Server>();
    const auto gone = co_await start<Server>();
    co_await gone.stop();
    const std::vector<ServerRef<Server>> servers = {one, gone};
    co_await same_with_huge_queue(servers, 100, timing::forever, [](const Answers& answers) {
      EXPECT(answers[0].value() && answers[1].error().is_noproc());
    });
  });
}
