// The reduction leaves out no outcome: small programs of operations drawn by lot are explored with
// it and without, and give the same.
#include <algorithm>
#include <array>
#include <cstdint>
#include <vector>

#include <coppice/base/random.hpp>
#include <coppice/base/sync.hpp>

#include "checker.hpp"
#include "support/catch.hpp"

using namespace coppice::base;

namespace {

struct Operation {
  enum class Kind : std::uint8_t { load, store, add, compare_exchange };
  Kind kind;
  unsigned place;
  bool strong;  // seq_cst, else acquire, release or both
  bool weak;    // relaxed
};
using Part = std::array<Operation, 3>;
using Parts = std::array<Part, 3>;

Parts draw(Random& random) {
  Parts parts{};
  for (Part& part : parts)
    for (Operation& operation : part)
      operation = {.kind = static_cast<Operation::Kind>(random.below(4)),
                   .place = static_cast<unsigned>(random.below(2)),
                   .strong = random.chance(0.4),
                   .weak = random.chance(0.4)};
  return parts;
}

// What it reads and what it has read so far go into the result, by thread.
std::uint64_t act(const Operation& operation, Atomic<std::uint32_t>& on, std::uint32_t value) {
  const auto order = [&](std::memory_order ordered) {
    return operation.strong ? seq_cst : operation.weak ? relaxed : ordered;
  };
  switch (operation.kind) {
    case Operation::Kind::load: return on.load(order(acquire));
    case Operation::Kind::store: on.store(value, order(release)); return 0;
    case Operation::Kind::add: return on.fetch_add(value, order(acq_rel));
    case Operation::Kind::compare_exchange: {
      std::uint32_t expected = 0;
      on.compare_exchange_strong(expected, value, order(acq_rel), order(acquire));
      return expected;
    }
  }
  return 0;
}

std::vector<std::uint64_t> outcomes(const Parts& parts, unsigned preemptions) {
  std::vector<std::uint64_t> seen;
  const auto outcome = model::explore(
      [&] {
        Atomic<std::uint32_t> places[2];
        std::uint64_t results[3] = {};
        const auto run = [&](unsigned thread) {
          std::uint32_t value = 1 + 3 * thread;
          for (const Operation& operation : parts[thread])
            results[thread] =
                mix(results[thread] + act(operation, places[operation.place], value++));
        };
        model::together({[&] { run(0); }, [&] { run(1); }, [&] { run(2); }});
        std::uint64_t all = 0;
        for (const std::uint64_t result : results) all = mix(all + result);
        for (auto& place : places) all = mix(all + place.load(seq_cst));
        model::outside([&] {
          if (std::find(seen.begin(), seen.end(), all) == seen.end()) seen.push_back(all);
        });
      },
      {.preemptions = preemptions});
  CHECK(outcome.failure == "");
  std::sort(seen.begin(), seen.end());
  return seen;
}

}  // namespace

TEST_CASE("the reduction leaves out no outcome") {
  constexpr unsigned more_than_there_can_be = 20;
  for (std::uint64_t seed = 1; seed <= 12; ++seed) {
    CAPTURE(seed);
    Random random{seed};
    const Parts parts = draw(random);
    const auto reduced = outcomes(parts, model::unlimited);
    CHECK(reduced.size() > 1);
    CHECK(reduced == outcomes(parts, more_than_there_can_be));
  }
}
