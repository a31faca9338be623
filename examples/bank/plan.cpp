#include "plan.hpp"

#include <algorithm>
#include <utility>

namespace bank {

namespace {

// So that every branch has some accounts, and a branch that is killed is a small part of the bank.
std::size_t branches_for(std::size_t accounts) { return std::clamp<std::size_t>(accounts / 10, 1, 20); }

}  // namespace

Plan::Plan(const Input& all_input, OpenJournal open, unsigned teller_count, unsigned kills_a_second,
           coppice::Pid front_desk)
    : input{all_input},
      open_journal{std::move(open)},
      tellers{teller_count},
      chaos{kills_a_second},
      desk{front_desk},
      branches{branches_for(input.accounts.size())},
      ledger{"ledger"} {
  accounts.reserve(input.accounts.size());
  places.reserve(input.accounts.size());
  for (const OpeningBalance& account : input.accounts) {
    places.emplace(account.account, static_cast<AccountIndex>(accounts.size()));
    accounts.emplace_back("account " + account.account);
  }
}

}  // namespace bank
