#include "book.hpp"

#include <algorithm>
#include <iterator>

namespace bank {

Book::Book(const std::vector<OpeningBalance>& accounts) {
  standings_.reserve(accounts.size());
  for (const OpeningBalance& account : accounts) standings_.push_back({account.cents, 0});
}

const Receipt* Book::find(const std::string& id) const {
  auto found = receipts_.find(id);
  return found == receipts_.end() ? nullptr : &found->second;
}

Receipt Book::enter(const std::string& id, AccountIndex from, AccountIndex to, Cents cents) {
  Standing& source = standings_.at(from);
  Standing& target = standings_.at(to);
  source.balance -= cents;
  target.balance += cents;
  Receipt receipt{++source.postings, ++target.postings};
  receipts_.emplace(id, receipt);
  return receipt;
}

std::vector<Cents> Book::balances() const {
  std::vector<Cents> out;
  out.reserve(standings_.size());
  std::ranges::transform(standings_, std::back_inserter(out), &Standing::balance);
  return out;
}

}  // namespace bank
