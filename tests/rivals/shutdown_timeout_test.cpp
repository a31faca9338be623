// The shutdown timeout of a child spec is kept: a child that needs longer is killed, one that does
// not is let finish.
#include <chrono>

#include <coppice/coppice.hpp>
#include <coppice/supervision/supervisor.hpp>
#include <coppice/supervision/supervisor_ref.hpp>

#include "processes.hpp"

using namespace coppice;
using namespace coppice::test;
using namespace std::chrono_literals;

namespace {

base::Atomic<int> finished{0};
base::Atomic<int> destroyed{0};

// Takes its time to terminate.
class Slow : public GenServer {
 public:
  explicit Slow(timing::Duration needs) : needs_{needs} { trap_exit(true); }
  ~Slow() { ++destroyed; }
  Task<> terminate(const ExitReason&) {
    co_await sleep(needs_);
    ++finished;
  }

 private:
  timing::Duration needs_;
};

Task<ExitReason> stop_with(timing::Duration needs, timing::Duration allowed) {
  SupervisorSpec spec;
  spec.children.push_back(child<Slow>("slow", needs).shutdown(allowed));
  auto supervisor = co_await start<StaticSupervisor>(std::move(spec));
  const ChildInfo info = co_await supervisor.which_child("slow");
  const MonitorRef ref = monitor(info.pid.value());
  co_await supervisor.terminate_child("slow");
  ExitReason reason = co_await receive(on(ref, [](const Down& d) { return d.reason; }));
  co_await supervisor.stop();
  co_return reason;
}

}  // namespace

TEST_CASE("the shutdown timeout of a child spec is kept", "[rivals]") {
  finished = 0;
  destroyed = 0;
  in_process([]() -> Task<> {
    const timing::Instant start = now();
    EXPECT(co_await stop_with(1h, 30ms) == ExitReason::killed());
    EXPECT(now() - start >= 30ms);
    EXPECT(finished == 0);
    EXPECT(destroyed == 1);
    EXPECT(co_await stop_with(30ms, 1h) == ExitReason::shutdown());
    EXPECT(finished == 1);
    EXPECT(destroyed == 2);
  });
}
