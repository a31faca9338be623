#include "saboteur.hpp"

#include <algorithm>
#include <optional>
#include <string_view>
#include <vector>

#include "deck.hpp"
#include "messages.hpp"
#include "pace.hpp"

namespace bank {

using namespace coppice;
using namespace std::chrono_literals;

namespace {

// A supervisor that is being killed or started does not answer: then there is no victim, and another is chosen.
template <class S>
Task<std::vector<ChildInfo>> children_of(ServerRef<S> supervisor) {
  auto children = co_await supervisor.try_which_children();
  if (!children) co_return {};
  co_return *std::move(children);
}

std::optional<Pid> process_of(const std::vector<ChildInfo>& children, std::string_view id) {
  for (const ChildInfo& child : children)
    if (child.id == id && child.pid.has_value()) return child.pid.value();
  return std::nullopt;
}

std::optional<Pid> any_of(const std::vector<ChildInfo>& children, Deck& deck) {
  if (children.empty()) return std::nullopt;
  ChildPid child = children[deck.below(children.size())].pid;
  return child.has_value() ? std::optional{child.value()} : std::nullopt;
}

Task<std::optional<Pid>> find_teller(ServerRef<Bank> bank, Deck& deck) {
  auto supervisor = process_of(co_await children_of(bank), "tellers");
  if (!supervisor) co_return std::nullopt;
  auto tellers = as<Tellers>(*supervisor);
  if (!tellers) co_return std::nullopt;
  co_return any_of(co_await children_of(*tellers), deck);
}

// Any supervisor but the bank's own: the tellers', the branches', one branch's, or one branch's accounts'.
Task<std::optional<Pid>> find_supervisor(ServerRef<Bank> bank, std::size_t count, Deck& deck) {
  std::size_t choice = deck.below(2 + 2 * count);
  auto top = co_await children_of(bank);
  if (choice == 0) co_return process_of(top, "tellers");
  auto supervisor = process_of(top, "branches");
  if (choice == 1 || !supervisor) co_return supervisor;
  auto branches = as<Branches>(*supervisor);
  if (!branches) co_return std::nullopt;
  auto chosen = any_of(co_await children_of(*branches), deck);
  if (choice % 2 == 0 || !chosen) co_return chosen;
  auto branch = as<Branch>(*chosen);
  if (!branch) co_return std::nullopt;
  co_return process_of(co_await children_of(*branch), "accounts");
}

Task<std::optional<Pid>> find_victim(const Plan& plan, ServerRef<Bank> bank, Target kind, Deck& deck) {
  switch (kind) {
    case Target::account: co_return whereis(plan.accounts[deck.below(plan.accounts.size())]);
    case Target::teller: co_return co_await find_teller(bank, deck);
    case Target::supervisor: co_return co_await find_supervisor(bank, plan.branches, deck);
    case Target::ledger: co_return whereis(plan.ledger);
  }
  co_return std::nullopt;
}

}  // namespace

Task<> sabotage(PlanPtr plan, ServerRef<Bank> bank, std::uint64_t seed) {
  const Pace pace{plan->chaos};
  const auto begin = now();
  Deck deck{seed};
  for (std::uint64_t nth = 1;; ++nth) {
    co_await sleep(std::max(pace.when(nth) - (now() - begin), Nanoseconds{0}));
    Target kind = deck.next();
    for (;;) {
      if (auto victim = co_await find_victim(*plan, bank, kind, deck)) {
        exit(*victim, ExitReason::kill());
        break;
      }
      co_await sleep(1ms);
    }
    send(plan->desk, Killed{kind});
  }
}

}  // namespace bank
