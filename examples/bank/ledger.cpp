#include "ledger.hpp"

#include "journal_group.hpp"

namespace bank {

using namespace coppice;

Ledger::Ledger(PlanPtr plan) : plan_{std::move(plan)} {}

Ledger::Books::Books(const Plan& plan)
    : book{plan.input.accounts}, journal{plan.open_journal(), plan.input.digest, [&](const Entry& entry) {
        book.enter(std::string{entry.id}, plan.place_of(entry.from), plan.place_of(entry.to), entry.cents);
      }} {}

std::shared_ptr<Ledger::Books> Ledger::recover(const PlanPtr& plan) { return std::make_shared<Books>(*plan); }

void Ledger::write(const std::shared_ptr<Books>& books, const std::string& entries) { books->journal.append(entries); }

InitResult Ledger::init() {
  send(plan_->desk, Started{Role::ledger});
  return InitResult::continue_with(Recover{});
}

Task<> Ledger::handle_continue(Recover) {
  try {
    books_ = co_await blocking(&Ledger::recover, plan_);
  } catch (const JournalError& error) {
    send(plan_->desk, JournalFailed{error.what()});
    throw;
  }
}

Reply<Receipt> Ledger::handle_call(Commit commit, From<Receipt> from) {
  Transfer& transfer = commit.transfer;
  if (const Receipt* receipt = books_->book.find(transfer.id)) return *receipt;
  auto& waiting = waiting_[transfer.id];
  if (waiting.empty()) {
    if (group_.empty()) as<Ledger>(self()).value().cast<Flush>();
    group_.push_back(std::move(transfer));
  }
  waiting.push_back(std::move(from));
  return no_reply;
}

Task<> Ledger::handle_cast(Flush) {
  std::string entries;
  const auto& accounts = plan_->input.accounts;
  for (const Transfer& t : group_)
    append_entry(entries, {t.id, accounts[t.from].account, accounts[t.to].account, t.cents, t.memo});
  try {
    co_await blocking(&Ledger::write, books_, std::move(entries));
  } catch (const JournalError& error) {
    send(plan_->desk, JournalFailed{error.what()});
    throw;
  }
  for (const Transfer& transfer : group_) {
    Receipt receipt = books_->book.enter(transfer.id, transfer.from, transfer.to, transfer.cents);
    for (From<Receipt>& from : waiting_[transfer.id]) from.reply(receipt);
  }
  group_.clear();
  waiting_.clear();
}

}  // namespace bank
