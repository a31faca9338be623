// What all processes of a run share and none changes: the input, who is who, and where the journal is.
#pragma once

#include <coppice/coppice.hpp>

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "input.hpp"
#include "journal_file.hpp"

namespace bank {

struct Plan {
  // The input must outlive all processes of the run.
  Plan(const Input& all_input, OpenJournal open, unsigned teller_count, unsigned kills_a_second,
       coppice::Pid front_desk);
  Plan(const Plan&) = delete;
  Plan& operator=(const Plan&) = delete;

  // Accounts are spread over the branches in turn.
  std::size_t branch_of(AccountIndex account) const { return account % branches; }

  // The place of an account that is in the input.
  AccountIndex place_of(std::string_view account) const { return places.at(account); }

  const Input& input;
  const OpenJournal open_journal;
  const unsigned tellers;
  const unsigned chaos;
  const coppice::Pid desk;  // the feeder's process: who starts says so there
  const std::size_t branches;
  const coppice::Atom ledger;           // the names that they have
  std::vector<coppice::Atom> accounts;  // by AccountIndex
  std::unordered_map<std::string_view, AccountIndex> places;
};

using PlanPtr = std::shared_ptr<const Plan>;

}  // namespace bank
