// supervisor_SUITE of OTP: what many children cost.
#include <memory>

#include "processor_time.hpp"
#include "supervisors.hpp"

using namespace coppice;
using namespace coppice::test;

namespace {

// Takes an argument and does not keep it.
class Small : public GenServer {
 public:
  explicit Small(const std::shared_ptr<int>&) {}
};

using Probe = std::shared_ptr<int>;

Task<Dynamic> with_children(int count) {
  const Dynamic sup = co_await start_dynamic();
  const ChildSpec spec = child<Small>("small", Probe{}).restart(Restart::temporary);
  for (int i = 0; i < count; ++i) co_await sup.start_child(spec);
  co_return sup;
}
// The best of some, in processor time, since other programs use the machine too.
template <class F>
Task<timing::Duration> best_time(int count, F measure) {
  timing::Duration best = 1h;
  for (int i = 0; i < 3; ++i) {
    const timing::Duration taken = co_await measure(count);
    best = std::min(best, taken);
  }
  co_return best;
}
template <class F>
Task<> is_about_linear(int few, F measure) {
  const timing::Duration small = co_await best_time(few, measure);
  const timing::Duration large = co_await best_time(10 * few, measure);
  // What is quadratic takes 100 times as long.
  EXPECT(large < 40 * small + 5ms);
}

}  // namespace

TEST_CASE(
    "supervisor_SUITE: simple_one_for_one_corruption: what a temporary dynamic child was started "
    "with is not kept",
    "[otp][supervisor]") {
  World world;
  run_in(world, [](World*) -> Task<> {
    const Dynamic sup = co_await start_dynamic();
    const Probe probe = std::make_shared<int>(1);
    std::vector<Pid> children;
    for (int i = 0; i < 10; ++i) {
      const StartedChild started =
          co_await sup.start_child(child<Small>("x", probe).restart(Restart::temporary));
      children.push_back(started.value());
    }
    EXPECT(probe.use_count() == 1);
    for (const Pid pid : children) {
      const MonitorRef m = monitor(pid);
      exit(pid, word("boom"));
      EXPECT(co_await end_of(m) == word("boom"));
    }
    EXPECT((co_await sup.count_children()) == ChildCounts{});
    EXPECT(probe.use_count() == 1);
    // Of a child that may be restarted it is.
    const StartedChild kept = co_await sup.start_child(child<Small>("x", probe));
    EXPECT(probe.use_count() > 1);
    co_await sup.terminate_child(kept.value());
    EXPECT(probe.use_count() == 1);
  });
}

TEST_CASE(
    "supervisor_SUITE: do_not_save_start_parameters_for_temporary_children: nor of any other "
    "temporary child",
    "[otp][supervisor]") {
  World world;
  run_in(world, [](World*) -> Task<> {
    for (const Strategy strategy :
         {Strategy::one_for_one, Strategy::one_for_all, Strategy::rest_for_one}) {
      const Probe probe = std::make_shared<int>(1);
      SupervisorSpec spec{.strategy = strategy};
      const Static sup = co_await start_static(std::move(spec));
      co_await sup.start_child(child<Small>("temporary", probe).restart(Restart::temporary));
      EXPECT(probe.use_count() == 1);
      EXPECT((co_await sup.count_children()) == counts(1, 1, 0, 1));
      co_await sup.start_child(child<Small>("transient", probe).restart(Restart::transient));
      EXPECT(probe.use_count() > 1);
      co_await terminate(sup);
    }
  });
}

TEST_CASE(
    "supervisor_SUITE: simple_one_for_one_scale_many_temporary_children: ten times as many "
    "children take about ten times as long to stop",
    "[otp][supervisor]") {
  World world;
  run_in(world, [](World*) -> Task<> {
    const auto stopping = [](int count) -> Task<timing::Duration> {
      const Dynamic sup = co_await with_children(count);
      const timing::Duration begin = processor_time();
      EXPECT(co_await terminate(sup) == ExitReason::shutdown());
      co_return processor_time() - begin;
    };
    co_await is_about_linear(1'000, stopping);
  });
}

TEST_CASE(
    "supervisor_SUITE: scale_start_stop_many_children: so do static ones, to start and to stop",
    "[otp][supervisor]") {
  World world;
  run_in(world, [](World*) -> Task<> {
    const auto starting_and_stopping = [](int count) -> Task<timing::Duration> {
      SupervisorSpec spec;
      for (int i = 0; i < count; ++i)
        spec.children.push_back(child<Small>(fmt::format("c{}", i), Probe{}));
      const timing::Duration begin = processor_time();
      const Static sup = co_await start_static(std::move(spec));
      EXPECT(co_await terminate(sup) == ExitReason::shutdown());
      co_return processor_time() - begin;
    };
    co_await is_about_linear(1'000, starting_and_stopping);
  });
}
