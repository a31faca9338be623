// A dynamic supervisor whose children come, crash, are stopped and are killed at random: it has
// those that it should have, and ends after all of them, each given its time.
#include <coppice/coppice.hpp>
#include <coppice/testing.hpp>

#include <algorithm>
#include <map>
#include <vector>

#include "catch.hpp"
#include "seeds.hpp"

using namespace coppice;
using namespace coppice::testing;
using namespace std::chrono_literals;

namespace {

struct Crash {};
struct Leave {};

constexpr Restart restarts[] = {Restart::permanent, Restart::transient, Restart::temporary};

// Who lives, and how it is to be restarted.
using Living = std::map<Pid, Restart>;

class Guest : public GenServer {
 public:
  Guest(Living* living, Restart restart) : living_{living} {
    trap_exit(true);
    living_->emplace(self(), restart);
  }
  ~Guest() { living_->erase(self()); }
  Guest(const Guest&) = delete;
  Guest& operator=(const Guest&) = delete;

  void handle_cast(Crash) { throw std::runtime_error{"crash"}; }
  Next handle_cast(Leave) { return Next::stop(ExitReason::normal()); }
  Task<> terminate(const ExitReason& why) {
    if (why.is_shutdown() && random_number(3) == 0)
      co_await sleep(std::chrono::milliseconds{random_number(400)});
  }

 private:
  Living* living_;
};

Pid any_of(const Living& living) {
  return std::next(living.begin(), static_cast<std::ptrdiff_t>(random_number(living.size())))
      ->first;
}

Task<> dynamic_main(Living& living) {
  trap_exit(true);
  DynamicSpec spec;
  spec.intensity = 1000;
  const auto supervisor = co_await start_link<DynamicSupervisor>(spec);
  std::size_t expected = 0;
  for (int i = 0; i < 20; ++i) {
    const std::uint64_t what = living.empty() ? 0 : random_number(5);
    if (what < 2) {
      const Restart restart = restarts[random_number(3)];
      ChildSpec guest = child<Guest>("guest", &living, restart);
      guest.restart(restart).shutdown(200ms);
      (void)co_await supervisor.start_child(std::move(guest));
      ++expected;
    } else {
      const Pid one = any_of(living);
      const Restart restart = living.at(one);
      if (what == 2) {
        co_await supervisor.terminate_child(one);
        --expected;
      } else if (what == 3) {
        ServerRef<Guest>{one}.cast<Crash>();
        expected -= restart == Restart::temporary;
      } else {
        ServerRef<Guest>{one}.cast<Leave>();
        expected -= restart != Restart::permanent;
      }
    }
    co_await sleep(1ms);
    const ChildCounts counts = co_await supervisor.count_children();
    check(counts.specs == expected && counts.active == expected,
          "as many children as there should be");
    check(living.size() == expected, "as many processes as there are children");
  }
  const timing::Instant begin = now();
  const MonitorRef end = monitor(supervisor.pid());
  exit(supervisor.pid(), ExitReason::shutdown());
  co_await receive(on(end, [](const Down&) {}));
  check(living.empty(), "a supervisor has ended before its children");
  check(now() - begin < 220ms, "children are stopped at the same time");
}

}  // namespace

TEST_CASE("dynamic: a supervisor has the children that it should have, and ends after them",
          "[testing]") {
  Living living;  // the last children end after the main process if it fails
  const Exploration found = explore(
      [&]() -> Task<> {
        living.clear();
        co_await dynamic_main(living);
      },
      {.seeds = seeds(300)});
  INFO(found.report());
  CHECK(found.ok());
}
