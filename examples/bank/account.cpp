#include "account.hpp"

#include <utility>

#include "ledger.hpp"
#include "persistence.hpp"

namespace bank {

using namespace coppice;

Account::Account(PlanPtr plan, AccountIndex account) : plan_{std::move(plan)}, account_{account} {}

InitResult Account::init() {
  send(plan_->desk, Started{Role::account, plan_->branch_of(account_)});
  return InitResult::continue_with(Load{});
}

Task<> Account::handle_continue(Load) {
  Standing standing = co_await call_until_answered<OpenAccount, Standing>(Name<Ledger>{plan_->ledger}, account_);
  balance_ = standing.balance;
  postings_ = Postings{standing.postings};
}

bool Account::handle_call(Post posting) {
  if (!postings_.take(posting.posting)) return false;
  balance_ += posting.cents;
  return true;
}

}  // namespace bank
