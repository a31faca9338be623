// bank_transactions (Savina's banking): a teller asks --size accounts, 50,000 transfers at a time,
// to pay another account. The paying account calls the other with its deposit and handles nothing
// else until that has answered; then it tells the teller. Only the first four fifths of the
// accounts pay and only the others are paid, or two might wait for each other. The time of one
// transfer: four messages.
#include "bench.hpp"

using namespace coppice;

namespace {

constexpr std::int64_t at_a_time = 50'000;
constexpr std::int64_t opening = 1'000'000;

struct Done {};
struct Deposit {
  std::int64_t cents;
};
struct Balance {};

class Account;
struct Transfer {
  ServerRef<Account> to;
  std::int64_t cents;
  Pid teller;
};

class Account : public GenServer {
 public:
  std::int64_t handle_call(Deposit deposit) { return cents_ += deposit.cents; }
  std::int64_t handle_call(Balance) { return cents_; }
  Task<> handle_cast(Transfer transfer) {
    co_await transfer.to.call<Deposit>(transfer.cents);
    cents_ -= transfer.cents;
    send<Done>(transfer.teller);
  }

 private:
  std::int64_t cents_ = opening;
};

using Accounts = std::vector<ServerRef<Account>>;

Task<> transfer_often(const Accounts& accounts, std::int64_t count) {
  const Pid me = self();
  const std::size_t paying = accounts.size() * 4 / 5;
  const std::size_t paid = accounts.size() - paying;
  for (std::int64_t asked = 0; asked < count; asked += at_a_time) {
    for (std::size_t i = 0; i < at_a_time; ++i)
      accounts[i % paying].cast<Transfer>(accounts[paying + i % paid], 1, me);
    for (std::int64_t i = 0; i < at_a_time; ++i) co_await receive([](Done) {});
  }
}

Task<double> measure(std::int64_t size, std::int64_t count) {
  Accounts accounts;
  for (std::int64_t i = 0; i < size; ++i) {
    const auto account = co_await start_link<Account>();
    accounts.push_back(account);
  }
  co_await transfer_often(accounts, at_a_time);
  const bench::Stopwatch watch;
  co_await transfer_often(accounts, count);
  const double value = watch.nanoseconds_each(count);
  std::int64_t sum = 0;
  for (const auto account : accounts) sum += co_await account.call<Balance>();
  bench::check(sum == size * opening, "no money was lost");
  const std::int64_t first = co_await accounts.front().call<Balance>();
  bench::check(first < opening, "and some has moved");
  co_return value;
}

}  // namespace

int main(int argc, char** argv) {
  const auto arguments = bench::parse(argc, argv, {.count = 1'000'000, .size = 1'000});
  Runtime runtime{bench::options(arguments)};
  const double value = runtime.run(measure, arguments.size, arguments.count);
  bench::print("bank_transactions", value, "ns/transfer", bench::Better::lower, arguments.workers);
}
