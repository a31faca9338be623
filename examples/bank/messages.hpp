// What the bank's processes say to each other.
#pragma once

#include <coppice/coppice.hpp>

#include <cstddef>
#include <cstdint>
#include <string>

#include "input.hpp"
#include "news.hpp"

namespace bank {

// To the ledger. Commit's reply, the Receipt, comes when the transfer is on the disk; of a transfer that is there already
// it is the first one's. OpenAccount's reply is the account's Standing, GetBalances' all balances.
struct Commit {
  Transfer transfer;
};
struct OpenAccount {
  AccountIndex account;
};
struct GetBalances {};

// To an account. Post's reply says whether the posting was new, GetBalance's is in cents.
struct Post {
  std::uint64_t posting;
  Cents cents;
};
struct GetBalance {};

// Between the desk and the tellers. `number` is the transfer's place in the input.
struct Ready {
  coppice::Pid teller;
};
struct CarryOut {
  std::size_t number;
  Transfer transfer;
};
struct CarriedOut {
  coppice::Pid teller;
  std::size_t number;
};

// To the desk, besides Started and Killed: the journal cannot be read or written.
struct JournalFailed {
  std::string reason;
};

}  // namespace bank
