// Children that take their link away while they are stopped: there is no exit over it to wait for.
#include <coppice/supervision/stopping.hpp>

#include <vector>

#include "rig.hpp"

using namespace coppice;
using namespace coppice::test;

namespace {

struct Left {
  Pid child;
  Pid supervisor;
};
struct Go {};

// Told to end, it says falsely that it has ended, takes its link away, and ends when it may.
Task<> leave_quietly(Pid driver) {
  trap_exit(true);
  const Exit told = co_await receive<Exit>();
  exit(told.from, ExitReason::custom(1));
  unlink(told.from);
  send<Left>(driver, self(), told.from);
  co_await receive([](Go) {});
}

// Lets `count` of these go, one after the other, and sees that their supervisor waits for each.
Task<> let_go(int count) {
  std::vector<Left> all;
  for (int i = 0; i < count; ++i) all.push_back(co_await receive<Left>());
  for (const Left& left : all) {
    for (int i = 0; i < 100; ++i) co_await sleep(0s);
    EXPECT(is_alive(left.supervisor));
    send(left.child, Go{});
  }
}

}  // namespace

TEST_CASE("stop: children that unlink themselves as they are stopped are waited for") {
  World world;
  run_in(world, [](World* w) -> Task<> {
    auto sup = co_await start<DynamicSupervisor>(DynamicSpec{});
    const Pid driver = spawn(let_go, 3);
    std::vector<Pid> children;
    for (int i = 0; i < 3; ++i) {
      StartedChild quiet = co_await sup.start_child(child("quiet", leave_quietly, driver));
      StartedChild plain = co_await sup.start_child(actor(w, "plain"));
      children.push_back(quiet.value());
      children.push_back(plain.value());
    }
    co_await sup.stop();
    for (const Pid pid : children) EXPECT(!is_alive(pid));
  });
}

TEST_CASE("stop: one that unlinks itself as it is terminated is waited for") {
  World world;
  run_in(world, [](World*) -> Task<> {
    auto sup = co_await start<DynamicSupervisor>(DynamicSpec{});
    StartedChild quiet = co_await sup.start_child(child("quiet", leave_quietly, spawn(let_go, 1)));
    co_await sup.terminate_child(quiet.value());
    EXPECT(!is_alive(quiet.value()));
    EXPECT((co_await sup.count_children()) == ChildCounts{});
    co_await sup.stop();
  });
}
