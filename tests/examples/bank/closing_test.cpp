// What happens when the bank closes: the audit and what is printed.
#include <chrono>
#include <string>
#include <vector>

#include "examples/bank/audit.hpp"
#include "examples/bank/report.hpp"
#include "support/catch.hpp"

using namespace bank;
using namespace std::chrono_literals;

namespace {

using Balances = std::vector<Cents>;

Input small_input() {
  return read_input({"a", "account,cents\nA,100\nB,-5\nC,0\n"},
                    {"t", "id,from,to,cents,memo\nx,A,B,30,rent\ny,B,C,5,\nz,C,A,1,tea\n"});
}

Posted posted(const std::string& id, const char* from, const char* to, Cents cents, const char* memo) {
  return Posted{Entry{id, from, to, cents, memo}};
}

// What a run without fault leaves behind.
Sides right_sides() {
  return {.accounts = {71, 20, 4},
          .ledger = {71, 20, 4},
          .journal = {posted("y", "B", "C", 5, ""), posted("x", "A", "B", 30, "rent"), posted("z", "C", "A", 1, "tea")}};
}

Audit audit_of(const Sides& sides) {
  Input input = small_input();
  return audit(input, sides);
}

}  // namespace

TEST_CASE("audit: four sides that agree balance") {
  Audit result = audit_of(right_sides());
  CHECK(result.balanced());
  CHECK(result.balances == Balances{71, 20, 4});
  CHECK(result.total == 95);
  CHECK(result.faults.empty());
}

TEST_CASE("audit: a cent too many in an account's process is found") {
  Sides sides = right_sides();
  ++sides.accounts[1];
  Audit result = audit_of(sides);
  CHECK_FALSE(result.balanced());
  CHECK(result.wrong_accounts == 1);
  CHECK(result.faults == std::vector<std::string>{"account B: 0.20 by the input, its process has 0.21"});
}

TEST_CASE("audit: a cent too few in the ledger is found") {
  Sides sides = right_sides();
  --sides.ledger[2];
  CHECK(audit_of(sides).faults == std::vector<std::string>{"account C: 0.04 by the input, the ledger has 0.03"});
}

TEST_CASE("audit: a side that lacks accounts is found") {
  Sides sides = right_sides();
  sides.accounts.pop_back();
  CHECK(audit_of(sides).wrong_accounts == 1);
}

TEST_CASE("audit: a transfer that the journal forgot is found, also if the balances look right") {
  Sides sides = right_sides();
  sides.journal.pop_back();
  Audit result = audit_of(sides);
  CHECK(result.wrong_transfers == 1);
  CHECK(result.wrong_accounts == 2);
  CHECK(result.faults[0] == "transfer z is not in the journal");
}

TEST_CASE("audit: a transfer that was applied twice is found") {
  Sides sides = right_sides();
  sides.journal.push_back(sides.journal[0]);
  Audit result = audit_of(sides);
  CHECK(result.wrong_transfers == 1);
  CHECK(result.faults[0] == "transfer y is in the journal 2 times");
}

TEST_CASE("audit: a transfer in the journal that is not the input's is found") {
  Sides sides = right_sides();
  sides.journal[1].memo = "another";
  CHECK(audit_of(sides).faults == std::vector<std::string>{"transfer x is another in the journal than in the input"});
  sides = right_sides();
  sides.journal.push_back(posted("w", "A", "A", 1, ""));
  CHECK(audit_of(sides).faults == std::vector<std::string>{"transfer w is in the journal and not in the input"});
}

TEST_CASE("audit: of many faults the first are told and all are counted") {
  Sides sides = right_sides();
  for (int i = 0; i < 100; ++i) sides.journal.push_back(posted("extra" + std::to_string(i), "A", "A", 1, ""));
  Audit result = audit_of(sides);
  CHECK(result.wrong_transfers == 100);
  CHECK(result.faults.size() == 20);
  Input input = small_input();
  std::string text = audit_report(input, result);
  CHECK(text.starts_with("THE BOOKS DO NOT BALANCE: 0 of 3 accounts and 100 of 3 transfers are wrong\n"));
  CHECK(text.ends_with("  and more\n"));
}

TEST_CASE("report: balanced books are said to be") {
  Input input = small_input();
  CHECK(audit_report(input, audit(input, right_sides())) ==
        "the books balance: 3 accounts hold 0.95 by the input, the journal, the ledger and their processes,\n"
        "and each of 3 transfers was applied exactly once\n");
}

TEST_CASE("report: speed and availability") {
  Availability availability;
  CHECK(speed_report(availability, 1s) == "nothing was left to do\n");
  for (int i = 0; i < 99'999; ++i) availability.answered_after(2ms);
  availability.answered_after(250ms);
  CHECK(speed_report(availability, 4s) ==
        "100,000 transfers in 4.0 s: 25,000 a second\n"
        "availability: 99.999 % answered within 100 ms; half within 2.0 ms, the slowest after 250.0 ms\n");
}

TEST_CASE("report: one late answer among very many is not rounded away") {
  Availability availability;
  for (int i = 0; i < 300'000; ++i) availability.answered_after(2ms);
  availability.answered_after(101ms);
  CHECK(speed_report(availability, 4s).find("99.999 %") != std::string::npos);
}

TEST_CASE("report: kills by kind") {
  Chronicle chronicle{1};
  for (int i = 0; i < 1200; ++i) chronicle.note(Killed{Target::account});
  chronicle.note(Killed{Target::ledger});
  CHECK(kill_report(chronicle) == "killed: 1,201 processes: 1,200 accounts, 0 tellers, 0 supervisors, 1 ledger\n");
}

TEST_CASE("report: the tree with its restarts, which are the starts beyond the first") {
  Chronicle chronicle{2};
  auto start = [&](Role role, int times, std::size_t branch = 0) {
    for (int i = 0; i < times; ++i) chronicle.note(Started{role, branch});
  };
  start(Role::bank, 1);
  start(Role::ledger, 6);
  start(Role::branches, 2);
  for (std::size_t branch : {std::size_t{0}, std::size_t{1}}) {
    start(Role::branch, 3, branch);
    start(Role::accounts, 4, branch);
    start(Role::opener, 4, branch);
    start(Role::account, 50 + 1234, branch);
  }
  start(Role::tellers, 1);
  start(Role::teller, 110);
  CHECK(tree_report(chronicle, {{50, 50}, {50, 49}}, 100) ==
        "bank                  restarted      0\n"
        "├─ ledger             restarted      5\n"
        "├─ branches           restarted      1\n"
        "│  ├─ branch 0        restarted      2 · its accounts' supervisor    3 · 50 of 50 accounts up  1,234\n"
        "│  └─ branch 1        restarted      2 · its accounts' supervisor    3 · 49 of 50 accounts up  1,234\n"
        "└─ tellers            restarted      0 · 100 tellers     10\n");
}

TEST_CASE("report: the largest balances, the largest first") {
  Input input = small_input();
  CHECK(largest_report(input, {5, 123456, -7}, 2) ==
        "largest balances:\n"
        "  B                          1,234.56\n"
        "  A                              0.05\n");
  CHECK(largest_report(input, {5, 6, 7}, 10).find("C") != std::string::npos);
}

TEST_CASE("report: all balances as CSV, sorted by account") {
  Input input = read_input({"a", "account,cents\nb,1\nB,2\n\"a,\"\"x\",3\n10,4\n9,5\n"}, {"t", "id,from,to,cents,memo\n"});
  CHECK(balances_csv(input, {1, 2, 3, 4, -5}) == "account,cents\n10,4\n9,-5\nB,2\n\"a,\"\"x\",3\nb,1\n");
}
