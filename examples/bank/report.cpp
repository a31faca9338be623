#include "report.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <numeric>
#include <span>
#include <string_view>
#include <utility>

#include "csv.hpp"
#include "money.hpp"

namespace bank {

namespace {

double seconds(Nanoseconds duration) { return std::chrono::duration<double>(duration).count(); }

double milliseconds(Availability::Time time) { return std::chrono::duration<double, std::milli>(time).count(); }

std::string line(std::string_view stem, std::string_view name, std::size_t restarts) {
  return fmt::format("{:<22}restarted {:>6}", fmt::format("{}{}", stem, name), grouped(restarts));
}

std::vector<std::size_t> by_balance(const std::vector<Cents>& balances) {
  std::vector<std::size_t> order(balances.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::ranges::sort(order, {}, [&](std::size_t place) { return std::pair{-balances[place], place}; });
  return order;
}

}  // namespace

std::string speed_report(const Availability& availability, Nanoseconds duration) {
  if (availability.answered() == 0) return "nothing was left to do\n";
  double share = std::floor(availability.share_in_time() * 1e5) / 1e3;  // 100 % only if it was all of them
  return fmt::format(
      "{} transfers in {:.1f} s: {} a second\n"
      "availability: {:.3f} % answered within {} ms; half within {:.1f} ms, the slowest after {:.1f} ms\n",
      grouped(availability.answered()), seconds(duration),
      grouped(static_cast<std::uint64_t>(static_cast<double>(availability.answered()) / seconds(duration))), share,
      Availability::in_time.count() / 1000, milliseconds(availability.at(0.5)), milliseconds(availability.at(1)));
}

std::string kill_report(const Chronicle& chronicle) {
  std::string out = fmt::format("killed: {} processes", grouped(chronicle.killed()));
  for (std::size_t kind = 0; kind < target_kinds; ++kind) {
    std::size_t count = chronicle.killed(static_cast<Target>(kind));
    out += fmt::format("{} {} {}{}", kind == 0 ? ":" : ",", grouped(count), target_names[kind], count == 1 ? "" : "s");
  }
  return out + "\n";
}

std::string tree_report(const Chronicle& chronicle, const std::vector<BranchCount>& branches, std::size_t tellers) {
  std::string out = line("", "bank", chronicle.restarts(Role::bank)) + "\n";
  out += line("├─ ", "ledger", chronicle.restarts(Role::ledger)) + "\n";
  out += line("├─ ", "branches", chronicle.restarts(Role::branches)) + "\n";
  for (std::size_t branch = 0; branch < branches.size(); ++branch) {
    const auto& [accounts, running] = branches[branch];
    out += line(branch + 1 == branches.size() ? "│  └─ " : "│  ├─ ", fmt::format("branch {}", branch),
                chronicle.restarts(Role::branch, 1, branch));
    out += fmt::format(" · its accounts' supervisor {:>4} · {} of {} accounts up {:>6}\n",
                       grouped(chronicle.restarts(Role::accounts, 1, branch)), running, accounts,
                       grouped(chronicle.restarts(Role::account, accounts, branch)));
  }
  out += line("└─ ", "tellers", chronicle.restarts(Role::tellers));
  return out + fmt::format(" · {} tellers {:>6}\n", tellers, grouped(chronicle.restarts(Role::teller, tellers)));
}

std::string largest_report(const Input& input, const std::vector<Cents>& balances, std::size_t count) {
  std::string out = "largest balances:\n";
  auto order = by_balance(balances);
  for (std::size_t place : std::span{order}.first(std::min(count, order.size())))
    out += fmt::format("  {:<16} {:>18}\n", input.accounts[place].account, money(balances[place]));
  return out;
}

std::string audit_report(const Input& input, const Audit& audit) {
  if (audit.balanced())
    return fmt::format(
        "the books balance: {} accounts hold {} by the input, the journal, the ledger and their processes,\n"
        "and each of {} transfers was applied exactly once\n",
        grouped(input.accounts.size()), money(audit.total), grouped(input.transfers.size()));
  std::string out = fmt::format("THE BOOKS DO NOT BALANCE: {} of {} accounts and {} of {} transfers are wrong\n",
                                grouped(audit.wrong_accounts), grouped(input.accounts.size()),
                                grouped(audit.wrong_transfers), grouped(input.transfers.size()));
  for (const std::string& fault : audit.faults) out += fmt::format("  {}\n", fault);
  if (audit.wrong_accounts + audit.wrong_transfers > audit.faults.size()) out += "  and more\n";
  return out;
}

std::string balances_csv(const Input& input, const std::vector<Cents>& balances) {
  std::vector<std::size_t> order(balances.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::ranges::sort(order, {}, [&](std::size_t place) { return input.accounts[place].account; });
  std::string out = "account,cents\n";
  for (std::size_t place : order)
    out += fmt::format("{},{}\n", csv_field(input.accounts[place].account), balances[place]);
  return out;
}

}  // namespace bank
