// What the ledger knows: every transfer's receipt and every account's balance, made from the journal's entries in their
// order and from nothing else, so that a new ledger that reads the journal knows exactly what the old one did.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <unordered_map>
#include <vector>

#include "input.hpp"

namespace bank {

// A transfer's place among all that touched its two accounts, counted from 1 for each account. An account uses it to
// tell a posting that it has from one that it has not.
struct Receipt {
  std::uint64_t from_posting;
  std::uint64_t to_posting;

  friend bool operator==(const Receipt&, const Receipt&) = default;
};

// An account after its first `postings` postings.
struct Standing {
  Cents balance;
  std::uint64_t postings;

  friend bool operator==(const Standing&, const Standing&) = default;
};

class Book {
 public:
  explicit Book(const std::vector<OpeningBalance>& accounts);

  // The receipt of a transfer that is in the book already, else null.
  const Receipt* find(const std::string& id) const;

  // Enters a transfer. It must not be in the book.
  Receipt enter(const std::string& id, AccountIndex from, AccountIndex to, Cents cents);

  const Standing& standing(AccountIndex account) const { return standings_.at(account); }
  std::vector<Cents> balances() const;
  std::size_t transfers() const { return receipts_.size(); }

 private:
  std::unordered_map<std::string, Receipt> receipts_;
  std::vector<Standing> standings_;
};

}  // namespace bank
