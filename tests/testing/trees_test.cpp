// Supervision trees of random shape under random kills, slow and failing starts, late timers and stalls.
//
// What must hold, beside what every simulation looks at: in a rest_for_one or one_for_all supervisor no later sibling lives
// when an earlier one starts; a child is gone before it starts again; a child that is shut down has no later sibling that lives;
// nobody lives whose supervisor is gone; when the faults have ended every permanent child of a supervisor that is still there
// runs; and when the tree is told to end its last process is its root.
#include <coppice/coppice.hpp>
#include <coppice/testing.hpp>

#include <algorithm>
#include <map>
#include <set>

#include "catch.hpp"
#include "seeds.hpp"

using namespace coppice;
using namespace coppice::testing;
using namespace std::chrono_literals;

namespace {

struct Value {};
struct Crash {};

// Who lives: by supervisor, the places of its children.
struct Roll {
  std::map<Pid, std::set<int>> living;
  int started = 0;

  bool has_later(Pid supervisor, int place) const {
    const auto found = living.find(supervisor);
    return found != living.end() && found->second.upper_bound(place) != found->second.end();
  }
};

struct Place {
  Roll* roll;
  int number;
  Strategy strategy;
};

class Leaf : public GenServer {
 public:
  explicit Leaf(Place place) : place_{place}, supervisor_{process_info(self()).parent} {
    trap_exit(true);
    ++place_.roll->started;
    if (place_.strategy != Strategy::one_for_one)
      check(!place_.roll->has_later(supervisor_, place_.number), "a child starts while a later sibling lives");
    check(place_.roll->living[supervisor_].insert(place_.number).second, "a child starts while it still lives");
  }
  ~Leaf() { place_.roll->living[supervisor_].erase(place_.number); }
  Leaf(const Leaf&) = delete;
  Leaf& operator=(const Leaf&) = delete;

  int handle_call(Value) { return place_.number; }
  void handle_cast(Crash) { throw std::runtime_error{"crash"}; }
  // At times longer than its supervisor has patience.
  Task<> terminate(const ExitReason& why) {
    if (!why.is_shutdown()) co_return;
    check(!place_.roll->has_later(supervisor_, place_.number), "a child is shut down before a later sibling");
    if (random_number(4) == 0) co_await sleep(std::chrono::milliseconds{random_number(400)});
  }

 private:
  Place place_;
  Pid supervisor_;
};

int below(int n) { return static_cast<int>(random_number(static_cast<std::uint64_t>(n))); }

SupervisorSpec random_tree(Roll& roll, int depth) {
  constexpr Strategy strategies[] = {Strategy::one_for_one, Strategy::one_for_all, Strategy::rest_for_one};
  SupervisorSpec spec;
  spec.strategy = strategies[below(3)];
  spec.intensity = below(2) == 0 ? 1 : 100;
  const int children = 1 + below(4);
  for (int i = 0; i < children; ++i) {
    constexpr Restart restarts[] = {Restart::permanent, Restart::transient, Restart::temporary};
    const Restart restart = restarts[below(3)];
    const std::string id = fmt::format("{} {}", restart, i);
    if (depth > 0 && below(3) == 0) {
      ChildSpec branch = child_supervisor(id, random_tree(roll, depth - 1));
      branch.restart(restart);
      spec.children.push_back(std::move(branch));
      continue;
    }
    const Place place{&roll, i, spec.strategy};
    ChildSpec leaf = child<Leaf>(id, place);
    leaf.restart(restart).shutdown(200ms);
    if (below(4) == 0) leaf.shutdown(brutal_kill);
    spec.children.push_back(std::move(leaf));
  }
  return spec;
}

// A permanent child of a living supervisor is there, or on its way: after a while without faults it must be there.
Task<> look_at(ServerRef<StaticSupervisor> supervisor) {
  const auto children = co_await supervisor.try_which_children();
  if (!children) co_return;
  for (const ChildInfo& info : *children) {
    if (info.id.starts_with("permanent")) check(info.pid.has_value(), "a permanent child does not run");
    if (info.type == ChildType::supervisor && info.pid.has_value())
      co_await look_at(ServerRef<StaticSupervisor>{info.pid.value()});
  }
}

Task<> tree_main(Roll& roll) {
  trap_exit(true);
  std::expected<ServerRef<StaticSupervisor>, StartError> started;
  for (int tries = 0; tries == 0 || (!started && tries < 5); ++tries) {
    SupervisorSpec spec = random_tree(roll, 2);
    started = co_await try_start_link<StaticSupervisor>(std::move(spec));
  }
  for (int i = 0; i < 5; ++i) co_await sleep(2s);
  heal();
  co_await advance(1min);
  for (const auto& [supervisor, places] : roll.living)
    check(places.empty() || is_alive(supervisor), "a child lives whose supervisor is gone");
  if (!started || !is_alive(started->pid())) co_return;
  co_await look_at(*started);
  const MonitorRef end = monitor(started->pid());
  exit(started->pid(), ExitReason::shutdown());
  co_await receive(on(end, [](const Down&) {}));
  check(std::ranges::all_of(roll.living, [](const auto& one) { return one.second.empty(); }),
        "a supervisor has ended before its children");
}

Faults every_fault() {
  Faults faults;
  faults.kill = 0.05;
  faults.most_kills = 8;
  faults.failing_start = 0.1;
  faults.slow_start = 0.05;
  faults.late_timer = 0.1;
  faults.stall = 0.02;
  return faults;
}

}  // namespace

TEST_CASE("trees: random supervision trees under random faults", "[testing]") {
  std::uint64_t started = 0;
  Roll roll;  // the last children end after the main process
  const Exploration found = explore(
      [&]() -> Task<> {
        roll = Roll{};
        co_await tree_main(roll);
        started += static_cast<std::uint64_t>(roll.started);
      },
      {.seeds = seeds(1000), .faults = every_fault()});
  INFO(found.report());
  CHECK(found.ok());
  CHECK(found.runs == seeds(1000));
  CHECK(found.different > found.runs * 9 / 10);
  // The faults did strike, and children were started again.
  CHECK(started > 3 * found.runs);
}
