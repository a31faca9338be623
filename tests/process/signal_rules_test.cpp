// The table of what an exit signal does to its receiver (semantics 4 to 7).
#include <coppice/process/signal_rules.hpp>

#include "catch.hpp"

using namespace coppice;
using process::ExitRule;
using process::rule_for_exit;

namespace {

struct Row {
  const char* rule;
  ExitReason reason;
  bool over_link;
  bool traps;
  bool from_self;
  ExitRule expected;
};

const bool over_link = true, signal = false;
const bool traps = true, not_trapping = false;
const bool oneself = true, other = false;

}  // namespace

TEST_CASE("exit signals: what each does to its receiver", "[process][signal_rules]") {
  const Row rows[] = {
      {"kill cannot be trapped", ExitReason::kill(), signal, traps, other, ExitRule::end_killed},
      {"kill ends", ExitReason::kill(), signal, not_trapping, other, ExitRule::end_killed},
      {"kill to oneself ends", ExitReason::kill(), signal, traps, oneself, ExitRule::end_killed},
      {"kill over a link is a reason like any other: it can be trapped", ExitReason::kill(), over_link, traps, other, ExitRule::message},
      {"kill over a link ends with kill", ExitReason::kill(), over_link, not_trapping, other, ExitRule::end},
      {"killed over a link ends with killed", ExitReason::killed(), over_link, not_trapping, other, ExitRule::end},
      {"killed can be trapped", ExitReason::killed(), signal, traps, other, ExitRule::message},
      {"normal over a link is ignored", ExitReason::normal(), over_link, not_trapping, other, ExitRule::ignore},
      {"normal over a link is trapped", ExitReason::normal(), over_link, traps, other, ExitRule::message},
      {"normal of another is ignored", ExitReason::normal(), signal, not_trapping, other, ExitRule::ignore},
      {"normal of another is trapped", ExitReason::normal(), signal, traps, other, ExitRule::message},
      {"normal to oneself ends", ExitReason::normal(), signal, not_trapping, oneself, ExitRule::end},
      {"normal to oneself is trapped", ExitReason::normal(), signal, traps, oneself, ExitRule::message},
      {"shutdown ends", ExitReason::shutdown(), signal, not_trapping, other, ExitRule::end},
      {"shutdown over a link ends", ExitReason::shutdown(), over_link, not_trapping, other, ExitRule::end},
      {"shutdown is trapped", ExitReason::shutdown(), over_link, traps, other, ExitRule::message},
      {"any reason ends", ExitReason::custom(1), signal, not_trapping, other, ExitRule::end},
      {"any reason is trapped", ExitReason::custom(1), signal, traps, other, ExitRule::message},
      {"an error over a link ends", ExitReason::error("e"), over_link, not_trapping, other, ExitRule::end},
      {"noproc over a link ends", ExitReason::noproc(), over_link, not_trapping, other, ExitRule::end},
      {"a reason to oneself ends", ExitReason::custom(1), signal, not_trapping, oneself, ExitRule::end},
      {"a reason to oneself is trapped", ExitReason::custom(1), signal, traps, oneself, ExitRule::message},
  };
  for (const Row& row : rows) {
    INFO(row.rule);
    CHECK(rule_for_exit(row.reason, row.over_link, row.traps, row.from_self) == row.expected);
  }
}
