#include <coppice/supervision/strategy.hpp>

#include <algorithm>
#include <list>
#include <string>

#include "catch.hpp"

using namespace coppice;
using namespace coppice::supervision;

namespace {

// Which of a..e are stopped, in order, and which are started, when `failed` must be restarted.
struct Effect {
  std::string stops;
  std::string starts;
};

Effect effect(Strategy strategy, char failed) {
  std::list<char> children{'a', 'b', 'c', 'd', 'e'};
  const auto at = std::find(children.begin(), children.end(), failed);
  const auto [first, last] = affected(strategy, children.begin(), at, children.end());
  Effect out;
  out.starts.assign(first, last);
  for (auto it = last; it != first;)
    if (--it != at) out.stops += *it;
  return out;
}

}  // namespace

TEST_CASE("strategy: one_for_one concerns the failed child only") {
  for (const char failed : {'a', 'c', 'e'}) {
    CHECK(effect(Strategy::one_for_one, failed).stops.empty());
    CHECK(effect(Strategy::one_for_one, failed).starts == std::string{failed});
  }
}

TEST_CASE("strategy: one_for_all stops the others in reverse and starts all in order") {
  CHECK(effect(Strategy::one_for_all, 'a').stops == "edcb");
  CHECK(effect(Strategy::one_for_all, 'c').stops == "edba");
  CHECK(effect(Strategy::one_for_all, 'e').stops == "dcba");
  CHECK(effect(Strategy::one_for_all, 'c').starts == "abcde");
}

TEST_CASE(
    "strategy: rest_for_one stops those started after it in reverse and starts it and them in "
    "order") {
  CHECK(effect(Strategy::rest_for_one, 'a').stops == "edcb");
  CHECK(effect(Strategy::rest_for_one, 'c').stops == "ed");
  CHECK(effect(Strategy::rest_for_one, 'e').stops.empty());
  CHECK(effect(Strategy::rest_for_one, 'c').starts == "cde");
  CHECK(effect(Strategy::rest_for_one, 'e').starts == "e");
}

TEST_CASE("strategy: a temporary child that is stopped for another one is forgotten") {
  CHECK(after_stop(Restart::temporary) == AfterEnd::forget_spec);
  CHECK(after_stop(Restart::transient) == AfterEnd::keep_spec);
  CHECK(after_stop(Restart::permanent) == AfterEnd::keep_spec);
}

TEST_CASE("strategy: prints as its word") {
  CHECK(fmt::format("{} {} {}", Strategy::one_for_one, Strategy::one_for_all,
                    Strategy::rest_for_one) == "one_for_one one_for_all rest_for_one");
}
