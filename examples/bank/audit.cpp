#include "audit.hpp"

#include <fmt/format.h>

#include <array>
#include <numeric>
#include <string_view>
#include <unordered_map>
#include <utility>

#include "money.hpp"

namespace bank {

namespace {

constexpr std::size_t faults_told = 20;

class Auditor {
 public:
  explicit Auditor(const Input& input) : input_{input} {}

  Audit run(const Sides& sides) {
    recompute();
    auto in_journal = read(sides.journal);
    compare_accounts({{{"its process", &sides.accounts}, {"the ledger", &sides.ledger}, {"the journal", &in_journal}}});
    return std::move(audit_);
  }

 private:
  using Side = std::pair<std::string_view, const std::vector<Cents>*>;

  void recompute() {
    for (const OpeningBalance& account : input_.accounts) audit_.balances.push_back(account.cents);
    for (const Transfer& transfer : input_.transfers) {
      audit_.balances[transfer.from] -= transfer.cents;
      audit_.balances[transfer.to] += transfer.cents;
    }
    audit_.total = std::accumulate(audit_.balances.begin(), audit_.balances.end(), Cents{0});
  }

  // Counts every transfer of the input in the journal, and returns the balances that the journal alone gives.
  std::vector<Cents> read(const std::vector<Posted>& journal) {
    std::unordered_map<std::string_view, std::size_t> places;
    std::vector<Cents> balances;
    for (const OpeningBalance& account : input_.accounts) {
      places.emplace(account.account, balances.size());
      balances.push_back(account.cents);
    }
    std::unordered_map<std::string_view, std::size_t> times;
    std::unordered_map<std::string_view, const Posted*> entries;
    for (const Posted& entry : journal) {
      ++times[entry.id];
      entries[entry.id] = &entry;
      if (auto from = places.find(entry.from); from != places.end()) balances[from->second] -= entry.cents;
      if (auto to = places.find(entry.to); to != places.end()) balances[to->second] += entry.cents;
    }
    for (const Transfer& transfer : input_.transfers) {
      auto found = times.find(transfer.id);
      if (found == times.end())
        transfer_fault(transfer.id, "is not in the journal");
      else if (found->second != 1)
        transfer_fault(transfer.id, fmt::format("is in the journal {} times", found->second));
      else if (!same(transfer, *entries[transfer.id]))
        transfer_fault(transfer.id, "is another in the journal than in the input");
      if (found != times.end()) times.erase(found);
    }
    for (const Posted& entry : journal)  // those that are left, in the journal's order
      if (times.erase(entry.id) == 1) transfer_fault(entry.id, "is in the journal and not in the input");
    return balances;
  }

  bool same(const Transfer& transfer, const Posted& entry) const {
    return entry.from == input_.accounts[transfer.from].account && entry.to == input_.accounts[transfer.to].account &&
           entry.cents == transfer.cents && entry.memo == transfer.memo;
  }

  void compare_accounts(const std::array<Side, 3>& sides) {
    for (std::size_t place = 0; place < audit_.balances.size(); ++place) {
      std::string differs;
      for (const auto& [name, balances] : sides)
        if (place >= balances->size() || (*balances)[place] != audit_.balances[place])
          differs += fmt::format(", {} has {}", name, place < balances->size() ? money((*balances)[place]) : "none");
      if (differs.empty()) continue;
      ++audit_.wrong_accounts;
      tell(fmt::format("account {}: {} by the input{}", input_.accounts[place].account, money(audit_.balances[place]),
                       differs));
    }
  }

  void transfer_fault(std::string_view id, std::string_view what) {
    ++audit_.wrong_transfers;
    tell(fmt::format("transfer {} {}", id, what));
  }

  void tell(std::string fault) {
    if (audit_.faults.size() < faults_told) audit_.faults.push_back(std::move(fault));
  }

  const Input& input_;
  Audit audit_;
};

}  // namespace

Audit audit(const Input& input, const Sides& sides) { return Auditor{input}.run(sides); }

}  // namespace bank
