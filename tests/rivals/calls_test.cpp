// Calls with timeouts leave nothing behind: no memory, no timer, no message.
#include <chrono>
#include <utility>
#include <vector>

#include <coppice/coppice.hpp>
#include <coppice/process/host.hpp>

#include "processes.hpp"

using namespace coppice;
using namespace coppice::test;
using namespace std::chrono_literals;

namespace {

struct Get {};
struct Hold {};
struct Release {};

class Server : public GenServer {
 public:
  int handle_call(Get) { return ++value_; }
  Reply<int> handle_call(Hold, From<int> from) {
    held_.push_back(std::move(from));
    return no_reply;
  }
  void handle_cast(Release) {
    for (From<int>& from : held_) from.reply(0);
    held_.clear();
  }

 private:
  int value_ = 0;
  std::vector<From<int>> held_;
};

}  // namespace

TEST_CASE("a million calls with timeouts leave memory flat and no timer behind", "[rivals]") {
  const LeavesNothing check;
  Runtime rt{quiet()};
  const std::size_t timers_before = rt.host().timers().armed();
  rt.run([]() -> Task<> {
    constexpr int count = static_cast<int>(scaled(1'000'000, 50'000));
    auto server = co_await start_link<Server>();
    for (int i = 0; i < 1'000; ++i) (void)co_await server.call<Get>();
    const auto blocks = base::pool_stats().live_blocks;
    for (int i = 0; i < count; ++i) (void)co_await server.call<Get>();
    // A few blocks may be under way in the server, which runs beside this process.
    EXPECT(base::pool_stats().live_blocks <= blocks + 8);
    EXPECT(runtime().host().timers().armed() <= 2);  // of this process and its server, one at most each
    EXPECT(process_info(self()).message_queue_len == 0);
    unlink(server.pid());
    const MonitorRef ref = monitor(server.pid());
    exit(server.pid(), ExitReason::kill());
    co_await receive(on(ref, [](const Down&) {}));
  });
  rt.stop();
  CHECK(rt.host().timers().armed() == timers_before);
}

TEST_CASE("calls that time out leave nothing in the mailbox and no memory", "[rivals]") {
  in_process([]() -> Task<> {
    auto server = co_await start_link<Server>();
    (void)co_await server.call<Get>();
    const auto blocks = base::pool_stats().live_blocks;
    for (int i = 0; i < 200; ++i) {
      auto late = co_await server.within(0ms).try_call<Hold>();
      EXPECT(!late && late.error().is_timeout());
    }
    server.cast<Release>();
    (void)co_await server.call<Get>();  // all the late replies have come before this one's
    EXPECT(process_info(self()).message_queue_len == 0);
    EXPECT(base::pool_stats().live_blocks <= blocks + 8);
    EXPECT(runtime().late_reply_count() == 200);
  });
}
