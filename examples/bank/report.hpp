// What the bank prints at the end, from figures alone.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "audit.hpp"
#include "availability.hpp"
#include "chronicle.hpp"
#include "input.hpp"
#include "pace.hpp"

namespace bank {

// "100,000 transfers in 3.1 s: ..." and how soon they were answered. Nothing was done in no time: no figures.
std::string speed_report(const Availability& availability, Nanoseconds duration);

// "killed: 1,203 accounts, ..."
std::string kill_report(const Chronicle& chronicle);

struct BranchCount {
  std::size_t accounts;  // that it should have
  std::size_t running;   // that have a process
};

// The supervision tree with what runs and how often it was restarted.
std::string tree_report(const Chronicle& chronicle, const std::vector<BranchCount>& branches, std::size_t tellers);

// The `count` accounts with the largest balances, the largest first.
std::string largest_report(const Input& input, const std::vector<Cents>& balances, std::size_t count);

// "The books balance: ..." or what is wrong with them.
std::string audit_report(const Input& input, const Audit& audit);

// All balances as CSV account,cents, sorted by account byte by byte.
std::string balances_csv(const Input& input, const std::vector<Cents>& balances);

}  // namespace bank
