// Whole trees: supervisors under supervisors, escalation, and many children (tree, sup_stop_race
// and the scale cases of OTP's suite).
#include "rig.hpp"

#include <coppice/base/block_pool.hpp>
#include <coppice/base/random.hpp>

using namespace coppice;
using namespace coppice::test;

namespace {

class Branch : public Supervisor {
 public:
  Branch(World* world, std::string prefix) : world_{world}, prefix_{std::move(prefix)} {}
  SupervisorSpec init() override {
    return {.strategy = Strategy::one_for_all,
            .intensity = 1,
            .period = 1h,
            .children = {actor(world_, prefix_ + "1"), actor(world_, prefix_ + "2")}};
  }

 private:
  World* world_;
  std::string prefix_;
};

class Top : public Supervisor {
 public:
  explicit Top(World* world) : world_{world} {}
  SupervisorSpec init() override {
    return {.intensity = 1,
            .period = 1h,
            .children = {child<Branch>("left", world_, "l"), child<Branch>("right", world_, "r"),
                         child<DynamicSupervisor>("dynamic", DynamicSpec{.intensity = 9})}};
  }

 private:
  World* world_;
};

struct Idle {};
class Small : public GenServer {
 public:
  void handle_call(Idle) {}
};

}  // namespace

TEST_CASE("tree: limits escalate from branch to top, and what was dynamic is not made again") {
  World world;
  run_in(world, [](World* w) -> Task<> {
    auto top = co_await start<Top>(w);
    const MonitorRef end = monitor(top);
    std::vector<ChildInfo> branches = co_await top.which_children();
    auto dynamic = as<DynamicSupervisor>(branches[2].pid.value()).value();
    co_await dynamic.start_child(actor(w, "d"));
    w->take();

    (void)co_await leave(w, "l1", word("one"));
    auto left = as<Branch>(branches[0].pid.value()).value();
    EXPECT(co_await tree(w, left) == "l1#2 l2#2");

    const MonitorRef branch = monitor(left);
    (void)co_await leave(w, "l2", word("two"));  // one too many for the branch, one for the top
    co_await receive(on(branch, [](const Down& d) { EXPECT(d.reason == ExitReason::shutdown()); }));
    branches = co_await top.which_children();
    EXPECT(co_await tree(w, as<Branch>(branches[0].pid.value()).value()) == "l1#3 l2#3");
    EXPECT(w->saw("report child_terminated shutdown left"));
    EXPECT(w->starts("r1") == 1 && w->starts("d") == 1);

    exit(branches[2].pid.value(), ExitReason::kill());  // one too many for the top
    co_await receive(on(end, [](const Down& d) { EXPECT(d.reason == ExitReason::shutdown()); }));
    for (const char* id : {"l1", "l2", "r1", "r2"}) EXPECT(!is_alive(w->latest(id)));
    (void)co_await end_of(w->latest("d"));
    EXPECT(w->starts("d") == 1);
  });
}

TEST_CASE("tree: as() tells supervisors of different classes apart") {
  World world;
  run_in(world, [](World* w) -> Task<> {
    auto top = co_await start<Top>(w);
    EXPECT(as<Top>(top.pid()).has_value());
    EXPECT(!as<Branch>(top.pid()).has_value());
    EXPECT(!as<StaticSupervisor>(top.pid()).has_value());
    co_await top.stop();
  });
}

TEST_CASE("tree: one that stops while children die of themselves ends all the same") {
  World world;
  run_in(
      world,
      [](World* w) -> Task<> {
        trap_exit(true);  // the supervisors' parent, whose exit signal ends them
        base::Random random{11};
        for (int round = 0; round < 30; ++round) {
          SupervisorSpec spec{.intensity = 1'000'000};
          std::vector<std::string> ids;
          for (int i = 0; i < 12; ++i) ids.push_back(fmt::format("c{}", i));
          for (const std::string& id : ids)
            spec.children.push_back(actor(w, id).restart(Restart::transient));
          auto sup = co_await start_link<StaticSupervisor>(std::move(spec));
          for (const std::string& id : ids) {
            ServerRef<Actor> child{w->latest(id)};
            switch (random.below(5)) {
              case 0: child.cast<Leave>(ExitReason::normal()); break;
              case 1: child.cast<Leave>(ExitReason::shutdown()); break;
              case 2: child.cast<Leave>(word("boom")); break;
              case 3: exit(child, ExitReason::kill()); break;
              default: break;
            }
            if (id == ids[random.below(ids.size())]) exit(sup, ExitReason::shutdown());
          }
          exit(sup, ExitReason::shutdown());
          if (round % 2 == 0) co_await sup.try_count_children();
          (void)co_await end_of(sup);
          for (const std::string& id : ids) EXPECT(!is_alive(w->latest(id)));
        }
      },
      2);
}

TEST_CASE("tree: thousands of static children start, are found, and stop") {
  World world;
  run_in(world, [](World*) -> Task<> {
    constexpr int many = 5'000;
    SupervisorSpec spec;
    for (int i = 0; i < many; ++i)
      spec.children.push_back(child<Small>(fmt::format("child {}", i)));
    auto sup = co_await start<StaticSupervisor>(std::move(spec));
    EXPECT((co_await sup.count_children()).active == many);
    std::vector<ChildInfo> children = co_await sup.which_children();
    co_await ServerRef<Small>{children[many / 2].pid.value()}.call<Idle>();
    co_await sup.terminate_child(fmt::format("child {}", many / 2));
    EXPECT((co_await sup.count_children()).active == many - 1);
    co_await sup.stop();
    for (const ChildInfo& c : children)
      EXPECT(!is_alive(c.pid.value()));
  });
}

TEST_CASE("tree: thousands of dynamic children start, are restarted, and stop") {
  World world;
  run_in(world, [](World*) -> Task<> {
    constexpr int many = 20'000;
    auto sup = co_await start<DynamicSupervisor>(DynamicSpec{.intensity = many});
    std::vector<Pid> pids;
    for (int i = 0; i < many; ++i) {
      StartedChild small = co_await sup.start_child(child<Small>("small"));
      pids.push_back(small.value());
    }
    EXPECT((co_await sup.count_children()) ==
           ChildCounts{.specs = many, .active = many, .supervisors = 0, .workers = many});
    for (int i = 0; i < many; i += 100) exit(pids[static_cast<std::size_t>(i)], ExitReason::kill());
    for (int i = 0; i < many; i += 100) (void)co_await end_of(pids[static_cast<std::size_t>(i)]);
    EXPECT((co_await sup.count_children()).active == many);
    co_await sup.stop();
    for (const Pid pid : pids)
      EXPECT(!is_alive(pid));
  });
}

TEST_CASE("tree: nothing is left of a tree that has ended") {
  const auto before = base::pool_stats().live_blocks;
  {
    World world;
    run_in(world, [](World* w) -> Task<> {
      auto top = co_await start<Top>(w);
      (void)co_await leave(w, "l1", word("one"));
      (void)co_await leave(w, "r2", word("two"));
      co_await top.count_children();
      co_await top.stop();
    });
    run_in(world, [](World* w) -> Task<> { co_await start<Top>(w); });  // the runtime ends it
    for (const char* id : {"l1", "l2", "r1", "r2"}) CHECK(!is_alive(world.latest(id)));
  }
  CHECK(base::pool_stats().live_blocks == before);
}
