// One account: its balance in memory, made from the ledger when it starts.
//
// A teller may deliver a posting twice, and a new account has those that the ledger had when it was asked. Their numbers
// tell: each posting counts once, so it does not matter who was killed when.
#pragma once

#include <coppice/coppice.hpp>

#include "messages.hpp"
#include "plan.hpp"
#include "postings.hpp"

namespace bank {

class Account : public coppice::GenServer {
 public:
  Account(PlanPtr plan, AccountIndex account);

  // The ledger may be starting itself; the supervisor must not wait for that, so the balance is fetched afterwards,
  // before the first message.
  struct Load {};
  coppice::InitResult init();
  coppice::Task<> handle_continue(Load);

  bool handle_call(Post posting);
  Cents handle_call(GetBalance) { return balance_; }

 private:
  PlanPtr plan_;
  AccountIndex account_;
  Cents balance_ = 0;
  Postings postings_;
};

}  // namespace bank
