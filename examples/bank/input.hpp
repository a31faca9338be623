// What the bank reads: opening balances and transfers, checked line by line. A line that cannot be carried out is
// rejected with its reason and the rest goes on; a file that is not what it should be at all is an InputError.
//
// Rules of a line: an id or account is 1 to 64 bytes without control characters, and an id or account that came before
// is a duplicate; a transfer moves at least one cent between two accounts that exist and differ; an amount has at most
// 10^15 cents. Openings and transfers together must fit in 64 bits: then no balance can overflow in whatever order the
// transfers are carried out. Overdrafts are allowed.
#pragma once

#include <cstddef>
#include <cstdint>
#include <stdexcept>
#include <string>
#include <vector>

namespace bank {

using Cents = std::int64_t;
using AccountIndex = std::uint32_t;  // place in Input::accounts

constexpr Cents largest_amount = 1'000'000'000'000'000;

struct OpeningBalance {
  std::string account;
  Cents cents;
};

struct Transfer {
  std::string id;
  AccountIndex from;
  AccountIndex to;
  Cents cents;
  std::string memo;
};

struct Rejected {
  std::string file;
  std::size_t line;
  std::string reason;
  std::string text;
};

// A whole file, with the name that messages call it by.
struct Source {
  std::string name;
  std::string text;
};

struct Input {
  std::vector<OpeningBalance> accounts;  // in the order of the file
  std::vector<Transfer> transfers;
  std::vector<Rejected> rejected;
  std::uint64_t digest;  // of both files: tells a journal made from other files
};

class InputError : public std::runtime_error {
  using std::runtime_error::runtime_error;
};

// Reads a file, or standard input for "-". Throws InputError.
Source read_source(const std::string& path);

// Throws InputError if a header is missing or wrong, or if there is no account.
Input read_input(const Source& accounts, const Source& transfers);

// The rejected lines as CSV `file,line,reason,text`.
std::string rejects_csv(const std::vector<Rejected>& rejected);

}  // namespace bank
