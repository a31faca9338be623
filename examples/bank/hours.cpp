#include "hours.hpp"

#include <fmt/format.h>

#include <memory>
#include <optional>
#include <utility>

#include "account.hpp"
#include "ledger.hpp"
#include "persistence.hpp"
#include "saboteur.hpp"
#include "tree.hpp"

namespace bank {

using namespace coppice;
using namespace std::chrono_literals;

namespace {

// Kills a process and waits until it is gone.
Task<> end_process(Pid pid) {
  unlink(pid);
  MonitorRef gone = monitor(pid);
  exit(pid, ExitReason::kill());
  co_await receive(on(gone, [](const Down&) {}));
}

// Asks everyone when the saboteur is gone; those that are being restarted answer when they are up again. If the bank goes
// down meanwhile, so does this process.
Task<Knowledge> ask_around(PlanPtr plan, ServerRef<Bank> bank) {
  link(bank.pid());
  Knowledge knowledge;
  for (Atom account : plan->accounts)
    knowledge.accounts.push_back(co_await call_until_answered<GetBalance, Cents>(Name<Account>{account}));
  knowledge.ledger = co_await call_until_answered<GetBalances, std::vector<Cents>>(Name<Ledger>{plan->ledger});
  knowledge.branches.resize(plan->branches);
  for (AccountIndex account = 0; account < plan->accounts.size(); ++account) {
    BranchCount& branch = knowledge.branches[plan->branch_of(account)];
    ++branch.accounts;
    if (whereis(plan->accounts[account])) ++branch.running;
  }
  co_return knowledge;
}

}  // namespace

Task<Day> working_hours(const Job* work) {
  const Job& job = *work;
  trap_exit(true);
  auto plan = std::make_shared<const Plan>(job.input, job.open_journal, job.tellers, job.chaos, self());
  Feeder feeder{*plan, job.todo, job.rate};
  auto bank = co_await start_link<Bank>(plan);
  std::optional<Pid> saboteur;
  if (job.chaos > 0) saboteur = spawn_link(sabotage, plan, bank, job.seed);

  Day day;
  day.end = co_await feeder.run();
  day.reason = feeder.reason();
  if (saboteur) co_await end_process(*saboteur);
  if (day.end == Feeder::End::all_answered) {
    auto asking = async(ask_around, plan, bank);
    auto knowledge = co_await try_await(asking);
    if (knowledge) {
      day.knowledge = *std::move(knowledge);
    } else {
      day.end = Feeder::End::bank_down;
      day.reason = fmt::format("the bank went down when all was done: {}", knowledge.error());
    }
  }
  co_await feeder.settle();
  day.availability = feeder.availability();
  day.chronicle = feeder.chronicle();
  day.duration = feeder.duration();
  if (is_alive(bank)) co_await bank.stop();
  co_return day;
}

}  // namespace bank
