#include "teller.hpp"

#include <utility>

#include "account.hpp"
#include "ledger.hpp"
#include "persistence.hpp"

namespace bank {

using namespace coppice;

Teller::Teller(PlanPtr plan) : plan_{std::move(plan)} {
  send(plan_->desk, Started{Role::teller});
  send(plan_->desk, Ready{self()});
}

Task<> Teller::handle_cast(CarryOut order) {
  const Transfer& transfer = order.transfer;
  Receipt receipt = co_await call_until_answered<Commit, Receipt>(Name<Ledger>{plan_->ledger}, transfer);
  Name<Account> from{plan_->accounts[transfer.from]};
  Name<Account> to{plan_->accounts[transfer.to]};
  co_await call_until_answered<Post, bool>(from, receipt.from_posting, -transfer.cents);
  co_await call_until_answered<Post, bool>(to, receipt.to_posting, transfer.cents);
  send(plan_->desk, CarriedOut{self(), order.number});
}

}  // namespace bank
