// The bank in simulation: its tree as it is, with a disk in memory, while processes are killed by the program's own saboteur
// and, at any step, by the simulator. COPPICE_SIMULATION_SEEDS=N: more seeds (testing/seeds.hpp).
#include <coppice/coppice.hpp>
#include <coppice/testing.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <memory>
#include <optional>
#include <string>
#include <unordered_set>
#include <utility>
#include <vector>

#include "examples/bank/audit.hpp"
#include "examples/bank/feeder.hpp"
#include "examples/bank/hours.hpp"
#include "examples/bank/input.hpp"
#include "examples/bank/report.hpp"
#include "examples/bank/tree.hpp"
#include "memory_disk.hpp"
#include "support/catch.hpp"
#include "testing/seeds.hpp"

using namespace bank;
using namespace bank_test;
using namespace coppice;
using namespace coppice::testing;
using namespace std::chrono_literals;

namespace {

constexpr std::size_t accounts = 24;  // in two branches
constexpr std::size_t transfers = 40;
constexpr unsigned tellers = 5;
constexpr unsigned kills_a_second = 200;

Input make_input() {
  Source openings{"accounts", "account,cents\n"}, orders{"transfers", "id,from,to,cents,memo\n"};
  for (std::size_t a = 0; a < accounts; ++a) openings.text += fmt::format("a{},{}\n", a, 1000 + a);
  for (std::size_t t = 0; t < transfers; ++t) {
    const std::size_t from = t * 7 % accounts;
    orders.text += fmt::format("{},a{},a{},{},\n", t, from, (from + 1 + t % 5) % accounts, 1 + t);
  }
  return read_input(openings, orders);
}

// A bank's life from what a disk holds to the end of its work, or to a crash.
struct Life {
  Life(const Input& all, std::string journal) : disk{std::move(journal)}, found_{disk.synced().size()} {
    std::unordered_set<std::string> done;
    for (const Posted& entry : entries_of(disk.synced(), all.digest)) done.insert(entry.id);
    job.input = all;
    for (std::size_t place = 0; place < all.transfers.size(); ++place)
      if (!done.contains(all.transfers[place].id)) job.todo.push_back(place);
    job.open_journal = disk.journal();
    job.tellers = tellers;
    job.chaos = kills_a_second;
  }
  // A transfer has been carried out.
  bool has_begun() const { return disk.synced().size() > found_; }
  std::vector<Posted> entries() const { return entries_of(disk.synced(), job.input.digest); }

  MemoryDisk disk;
  Job job{};

 private:
  std::size_t found_;
};

// All that happens by chance but the kills of the saboteur. None before the first transfer: a bank that does not get through
// its start ends with an error, and rightly.
Faults faults_of(const std::optional<Life>& life) {
  Faults faults;
  faults.kill = 0.01;
  faults.most_kills = 40;
  faults.stall = 0.005;
  faults.late_timer = 0.05;
  faults.slow_start = 0.02;
  faults.slow_start_by = 500ms;
  faults.may_strike = [&life](const FaultTarget& target) {
    return life && life->has_begun() && target.what.starts_with("bank::") && target.what != "bank::Bank";
  };
  return faults;
}

Task<> whole_day(Life& life) {
  life.job.seed = random_number(1'000'000);
  Day day = co_await working_hours(&life.job);
  check(day.end == Feeder::End::all_answered, day.reason);
  if (day.end != Feeder::End::all_answered) co_return;
  const Audit checked = audit(life.job.input, {day.knowledge.accounts, day.knowledge.ledger, life.entries()});
  check(checked.balanced(), audit_report(life.job.input, checked));
  note(kill_report(day.chronicle));
}

Exploration explore_days(const Input& input, std::uint64_t count) {
  std::optional<Life> life;
  return explore(
      [&]() -> Task<> {
        life.emplace(input, encode_header(input.digest));
        return whole_day(*life);
      },
      {.seeds = count, .faults = faults_of(life), .shorten_runs = 30, .each = {.trace_limit = 2000}});
}

// That all transfers which the desk knows to be carried out are synced.
class Promise {
 public:
  Promise(const Life& life, const Feeder& feeder) : life_{life}, feeder_{feeder} {}
  bool is_kept() {
    if (feeder_.answered() == seen_) return true;
    seen_ = feeder_.answered();
    std::unordered_set<std::string> synced;
    for (const Posted& entry : life_.entries()) synced.insert(entry.id);
    return std::ranges::all_of(feeder_.answered_transfers(),
                               [&](std::size_t t) { return synced.contains(life_.job.input.transfers[t].id); });
  }

 private:
  const Life& life_;
  const Feeder& feeder_;
  std::size_t seen_ = 0;
};

// The same work without the closing; `image` gets what a crash at some moment of it leaves.
Task<> day_with_a_crash(Life& life, std::optional<std::string>& image) {
  trap_exit(true);
  const Job& job = life.job;
  life.disk.on_write = [&] {
    if (!image && random_number(8) == 0) image = life.disk.after_crash();
  };
  auto plan = std::make_shared<const Plan>(job.input, job.open_journal, job.tellers, job.chaos, self());
  Feeder feeder{*plan, job.todo, job.rate};
  Promise promise{life, feeder};
  always("what was answered is on the disk", [&promise] { return promise.is_kept(); });
  auto bank = co_await start_link<Bank>(plan);
  const Feeder::End end = co_await feeder.run();
  check(end == Feeder::End::all_answered, feeder.reason());
  co_await bank.stop();
}

}  // namespace

TEST_CASE("bank in simulation: whoever is killed, every transfer is applied exactly once", "[bank]") {
  const std::uint64_t count = seeds(100);
  const Exploration found = explore_days(make_input(), count);
  INFO(found.report());
  CHECK(found.ok());
  CHECK(found.runs == count);
  CHECK(found.different == count);
}

TEST_CASE("bank in simulation: after a crash of the machine the next bank takes up what was promised", "[bank]") {
  const Input input = make_input();
  std::uint64_t crashes = 0, torn = 0;
  const std::uint64_t count = seeds(100);
  for (std::uint64_t seed = 1; seed <= count; ++seed) {
    std::optional<Life> life;
    std::optional<std::string> image;
    const Faults faults = faults_of(life);
    const SimulationResult before = Simulation{{.seed = seed, .faults = faults, .trace_limit = 2000}}.run([&]() -> Task<> {
      life.emplace(input, encode_header(input.digest));
      return day_with_a_crash(*life, image);
    });
    INFO(before.report());
    REQUIRE(before.ok());
    if (!image) continue;
    ++crashes;
    MemoryDisk disk{*image};
    torn += Journal{disk.journal()(), input.digest, [](const Entry&) {}}.recovery().dropped > 0;
    const SimulationResult after = Simulation{{.seed = seed, .faults = faults, .trace_limit = 2000}}.run([&]() -> Task<> {
      life.emplace(input, *image);
      return whole_day(*life);
    });
    INFO(after.report());
    REQUIRE(after.ok());
  }
  CHECK(crashes > count / 2);
  CHECK(torn > count / 10);
}
