// A supervisor's budget, to the tick: it gives up with the restart that is one too many, not before
// and not after. A restart that fails costs one more.
#include <coppice/coppice.hpp>
#include <coppice/testing.hpp>

#include <algorithm>
#include <vector>

#include "catch.hpp"
#include "seeds.hpp"

using namespace coppice;
using namespace coppice::testing;
using namespace std::chrono_literals;

namespace {

struct Crash {};

class Fragile : public GenServer {
 public:
  static inline int failing = 0;  // so many of the next starts

  Fragile() {
    if (failing == 0) return;
    --failing;
    throw std::runtime_error{"not yet"};
  }
  void handle_cast(Crash) { throw std::runtime_error{"crash"}; }
};

// What a timer counts in: a sleep of so many of them takes exactly that long where slices take no
// time.
constexpr timing::Duration tick{1 << 18};

int below(int n) { return static_cast<int>(random_number(static_cast<std::uint64_t>(n))); }

// The model: whether a restart now is one too many, given those before.
bool is_too_many(const std::vector<timing::Instant>& restarts, int intensity,
                 timing::Duration period) {
  const auto counts =
      std::ranges::count_if(restarts, [&](timing::Instant at) { return at > now() - period; });
  return counts + 1 > intensity;
}

Task<> budget_main() {
  Fragile::failing = 0;
  const int intensity = below(4);
  const int period = 1 + below(6);
  constexpr Strategy strategies[] = {Strategy::one_for_one, Strategy::one_for_all,
                                     Strategy::rest_for_one};
  const bool dynamic = below(4) == 0;
  const Name<Fragile> fragile{"fragile"};
  Pid supervisor;
  trap_exit(true);
  co_await sleep(tick);  // from here on every moment is a whole number of ticks
  if (dynamic) {
    DynamicSpec spec;
    spec.intensity = intensity;
    spec.period = period * tick;
    const auto ref = co_await start_link<DynamicSupervisor>(spec);
    supervisor = ref.pid();
    ChildSpec child_spec = child<Fragile>("fragile").named("fragile");
    (void)co_await ref.start_child(std::move(child_spec));
  } else {
    SupervisorSpec spec;
    spec.strategy = strategies[below(3)];
    spec.intensity = intensity;
    spec.period = period * tick;
    spec.children.push_back(child<Fragile>("fragile").named("fragile"));
    const auto ref = co_await start_link<StaticSupervisor>(std::move(spec));
    supervisor = ref.pid();
  }
  std::vector<timing::Instant> restarts;
  for (int i = 0; i < 12; ++i) {
    Fragile::failing = std::max(0, below(5) - 2);
    bool last = false;
    for (int tries = 0; tries <= Fragile::failing && !last; ++tries) {
      last = is_too_many(restarts, intensity, period * tick);
      restarts.push_back(now());
    }
    fragile.cast<Crash>();
    co_await sleep(tick);
    check(is_alive(supervisor) == !last,
          last ? "it should have given up" : "it has given up within its budget");
    if (last) co_return;
    co_await sleep(below(3) * tick);
  }
}

}  // namespace

TEST_CASE("budgets: a supervisor gives up with the restart that is one too many", "[testing]") {
  const Exploration found =
      explore(budget_main, {.seeds = seeds(1000), .each = {.step_time = 0ns}});
  INFO(found.report());
  CHECK(found.ok());
}
