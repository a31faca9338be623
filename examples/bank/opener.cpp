#include "opener.hpp"

#include <set>
#include <string>
#include <utility>

#include "account.hpp"
#include "messages.hpp"
#include "tree.hpp"

namespace bank {

using namespace coppice;
using namespace std::chrono_literals;

namespace {

Task<> open(ServerRef<Accounts> accounts, AccountIndex account) {
  for (;;) {
    auto started = co_await accounts.try_start_child(account);
    if (started) co_return;
    if (!started.error().is_already_started()) throw started.error();
    MonitorRef old = monitor(started.error().pid());
    co_await receive(on(old, [](const Down&) {}));
  }
}

}  // namespace

Opener::Opener(PlanPtr plan, std::size_t branch, Pid supervisor)
    : plan_{std::move(plan)}, branch_{branch}, supervisor_{supervisor} {}

InitResult Opener::init() {
  send(plan_->desk, Started{Role::opener, branch_});
  return InitResult::continue_with(Open{});  // the branch can be asked only when it has started its children
}

Task<> Opener::handle_continue(Open) {
  auto branch = as<Branch>(supervisor_).value();
  ChildInfo found = co_await branch.which_child("accounts");
  auto accounts = as<Accounts>(found.pid.value()).value();
  std::set<std::string> open_already;  // if the opener alone was restarted
  for (const ChildInfo& child : co_await accounts.which_children()) open_already.insert(child.id);
  for (AccountIndex account = 0; account < plan_->accounts.size(); ++account)
    if (plan_->branch_of(account) == branch_ && !open_already.contains(plan_->input.accounts[account].account))
      co_await open(accounts, account);
}

}  // namespace bank
