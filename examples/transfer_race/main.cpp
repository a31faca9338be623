// A race between two payments, each of which is right by itself, and the search that finds it: the program runs them in
// simulation under one seed after another, prints the schedule that overdraws the account, and shows that the mended
// transfer has none. docs/finding_races.md goes through it.
#include <coppice/coppice.hpp>
#include <coppice/testing.hpp>
#include <fmt/core.h>

using namespace coppice;
using namespace coppice::testing;

struct Balance {};
struct Change {
  int by;
};
struct Take {
  int amount;
};

class Account : public GenServer {
 public:
  explicit Account(int opening) : balance_{opening} {}

  int handle_call(Balance) { return balance_; }
  void handle_cast(Change change) { balance_ += change.by; }
  bool handle_call(Take take) {
    if (balance_ < take.amount) return false;
    balance_ -= take.amount;
    return true;
  }

 private:
  int balance_;
};

// Moves money if it is there, and says whether it was.
Task<bool> transfer(ServerRef<Account> from, ServerRef<Account> to, int amount) {
  const int balance = co_await from.call<Balance>();
  if (balance < amount) co_return false;
  from.cast<Change>(-amount);
  to.cast<Change>(amount);
  co_return true;
}

// The same without the race: the account looks and takes in one message.
Task<bool> safe_transfer(ServerRef<Account> from, ServerRef<Account> to, int amount) {
  const bool taken = co_await from.call<Take>(amount);
  if (taken) to.cast<Change>(amount);
  co_return taken;
}

// Two standing orders of a customer.
template <auto move>
Task<> pay_rent(ServerRef<Account> savings, ServerRef<Account> landlord) {
  set_label("rent");
  co_await move(savings, landlord, 80);
}

template <auto move>
Task<> top_up(ServerRef<Account> savings, ServerRef<Account> current) {
  set_label("top-up");
  const int balance = co_await current.call<Balance>();
  if (balance < 50) co_await move(savings, current, 50 - balance);
}

// Both are due on the same day, and the savings are enough for one of them.
template <auto move>
Task<> first_of_the_month() {
  ServerRef<Account> savings = co_await start_link<Account>(StartOptions{.name = "savings"}, 100);
  ServerRef<Account> current = co_await start_link<Account>(StartOptions{.name = "current"}, 0);
  ServerRef<Account> landlord = co_await start_link<Account>(StartOptions{.name = "landlord"}, 0);
  auto rent = async(pay_rent<move>, savings, landlord);
  auto filled = async(top_up<move>, savings, current);
  co_await await(rent);
  co_await await(filled);
  const int left = co_await savings.call<Balance>();
  check(left >= 0, "the savings are overdrawn");
}

int main() {
  const Exploration found = explore(first_of_the_month<transfer>, {.seeds = 1000});
  fmt::print("with transfer: {}\n", found.report());
  const Exploration mended = explore_all(first_of_the_month<safe_transfer>);
  fmt::print("with safe_transfer: {}", mended.report());
  return !found.ok() && mended.ok() && mended.complete ? 0 : 1;
}
