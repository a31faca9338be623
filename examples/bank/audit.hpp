// The check at the end: the same balances from four sides, and every transfer exactly once. A pure function.
//
// One side is a recomputation from the input that has no part in the run; the others are the account processes, the
// ledger's sums, and the journal file read anew.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "input.hpp"
#include "journal_group.hpp"

namespace bank {

// An entry of the journal with strings of its own.
struct Posted {
  Posted() = default;
  explicit Posted(const Entry& e) : id{e.id}, from{e.from}, to{e.to}, cents{e.cents}, memo{e.memo} {}
  Entry view() const { return {id, from, to, cents, memo}; }

  std::string id;
  std::string from;
  std::string to;
  Cents cents = 0;
  std::string memo;
};

struct Sides {
  std::vector<Cents> accounts;    // as the account processes say, by AccountIndex
  std::vector<Cents> ledger;      // as the ledger process says
  std::vector<Posted> journal;    // all of the file, in order
};

struct Audit {
  std::vector<Cents> balances;      // as recomputed from the input
  Cents total = 0;                  // of all balances; transfers do not change it
  std::size_t wrong_accounts = 0;   // that differ on any side
  std::size_t wrong_transfers = 0;  // not in the journal exactly once and as in the input, or not in the input
  std::vector<std::string> faults;  // the first of them in words

  bool balanced() const { return wrong_accounts == 0 && wrong_transfers == 0; }
};

Audit audit(const Input& input, const Sides& sides);

}  // namespace bank
