#include "tree.hpp"

#include <fmt/format.h>

#include <utility>

#include "account.hpp"
#include "ledger.hpp"
#include "messages.hpp"
#include "opener.hpp"
#include "teller.hpp"

namespace bank {

using namespace coppice;
using namespace std::chrono_literals;

namespace {

constexpr auto period = 5s;

// Twice as many restarts as the saboteur can cause if it kills nothing but children of one supervisor. A child that
// crashes by itself at every start is still found out within the period: it is restarted many thousand times a second.
int intensity(const Plan& plan) { return 2 * static_cast<int>(plan.chaos) * static_cast<int>(period.count()) + 20; }

}  // namespace

Accounts::Accounts(PlanPtr plan, std::size_t branch) : plan_{std::move(plan)}, branch_{branch} {}

DynamicSpec Accounts::init() {
  send(plan_->desk, Started{Role::accounts, branch_});
  return {.intensity = intensity(*plan_), .period = period};
}

ChildSpec Accounts::child_spec(AccountIndex account) {
  return child<Account>(plan_->input.accounts[account].account, plan_, account).named(plan_->accounts[account]);
}

Branch::Branch(PlanPtr plan, std::size_t branch) : plan_{std::move(plan)}, branch_{branch} {}

SupervisorSpec Branch::init() {
  send(plan_->desk, Started{Role::branch, branch_});
  return {.strategy = Strategy::rest_for_one,
          .intensity = intensity(*plan_),
          .period = period,
          .children = {child<Accounts>("accounts", plan_, branch_),
                       child<Opener>("opener", plan_, branch_, self())}};
}

Branches::Branches(PlanPtr plan) : plan_{std::move(plan)} {}

SupervisorSpec Branches::init() {
  send(plan_->desk, Started{Role::branches});
  SupervisorSpec spec{.strategy = Strategy::one_for_one, .intensity = intensity(*plan_), .period = period};
  for (std::size_t branch = 0; branch < plan_->branches; ++branch)
    spec.children.push_back(child<Branch>(fmt::format("branch {}", branch), plan_, branch));
  return spec;
}

Tellers::Tellers(PlanPtr plan) : plan_{std::move(plan)} {}

SupervisorSpec Tellers::init() {
  send(plan_->desk, Started{Role::tellers});
  SupervisorSpec spec{.strategy = Strategy::one_for_one, .intensity = intensity(*plan_), .period = period};
  for (unsigned teller = 0; teller < plan_->tellers; ++teller)
    spec.children.push_back(child<Teller>(fmt::format("teller {}", teller), plan_));
  return spec;
}

Bank::Bank(PlanPtr plan) : plan_{std::move(plan)} {}

SupervisorSpec Bank::init() {
  send(plan_->desk, Started{Role::bank});
  return {.strategy = Strategy::one_for_one,
          .intensity = intensity(*plan_),
          .period = period,
          .children = {child<Ledger>("ledger", plan_).named(plan_->ledger), child<Branches>("branches", plan_),
                       child<Tellers>("tellers", plan_)}};
}

}  // namespace bank
