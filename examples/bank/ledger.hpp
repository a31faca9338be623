// The ledger: what it has answered is on the disk, and all else in the bank can be made from it again, itself included.
//
// Transfers that come while the disk is busy are written together, as one group with one sync, and are entered in the book
// only then; so nothing that could still be lost is ever told to anyone.
#pragma once

#include <coppice/coppice.hpp>

#include <memory>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "book.hpp"
#include "journal.hpp"
#include "messages.hpp"
#include "plan.hpp"

namespace bank {

class Ledger : public coppice::GenServer {
 public:
  explicit Ledger(PlanPtr plan);

  // Reading the journal takes its time, so it is done after the start, before the first message.
  struct Recover {};
  coppice::InitResult init();
  coppice::Task<> handle_continue(Recover);

  coppice::Reply<Receipt> handle_call(Commit commit, coppice::From<Receipt> from);
  Standing handle_call(OpenAccount open) { return books_->book.standing(open.account); }
  std::vector<Cents> handle_call(GetBalances) { return books_->book.balances(); }

  // Queued behind the commits that have come; those that come meanwhile wait for the next.
  struct Flush {};
  coppice::Task<> handle_cast(Flush);

 private:
  // Shared with the thread that reads or writes: a ledger may be killed while that is under way.
  struct Books {
    Books(const Plan& plan);

    Book book;
    Journal journal;
  };
  static std::shared_ptr<Books> recover(const PlanPtr& plan);
  static void write(const std::shared_ptr<Books>& books, const std::string& entries);

  PlanPtr plan_;
  std::shared_ptr<Books> books_;
  std::vector<Transfer> group_;  // to be written next
  std::unordered_map<std::string, std::vector<coppice::From<Receipt>>> waiting_;  // by the ids of the group
};

}  // namespace bank
