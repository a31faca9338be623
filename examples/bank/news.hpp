// What the desk is told of the bank's processes, for its statistics.
#pragma once

#include <cstddef>

#include "deck.hpp"

namespace bank {

enum class Role { bank, ledger, branches, branch, accounts, opener, account, tellers, teller };

// A process of the bank has started.
struct Started {
  Role role;
  std::size_t branch = 0;  // of a branch and what is in it
};

// The saboteur has killed one.
struct Killed {
  Target kind;
};

}  // namespace bank
