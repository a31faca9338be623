// The supervision tree:
//
//   bank                      one_for_one
//   ├─ ledger                 named "ledger"
//   ├─ branches               one_for_one
//   │  ├─ branch 0            rest_for_one: without its accounts' supervisor an opener has nothing to do
//   │  │  ├─ accounts         dynamic: one process per account, each named "account NUMBER"
//   │  │  └─ opener           starts the accounts, anew when their supervisor is new
//   │  └─ ...
//   └─ tellers                one_for_one
//
// What is below a killed supervisor dies with it, in its own time; so only processes whose supervisor cannot be killed or
// who wait for their name have one: a name that is still taken would fail the new supervisor's start.
#pragma once

#include <coppice/coppice.hpp>

#include <cstddef>

#include "plan.hpp"

namespace bank {

class Accounts : public coppice::DynamicSupervisor {
 public:
  Accounts(PlanPtr plan, std::size_t branch);
  coppice::DynamicSpec init() override;
  // The template of its children.
  coppice::ChildSpec child_spec(AccountIndex account);

 private:
  PlanPtr plan_;
  std::size_t branch_;
};

class Branch : public coppice::Supervisor {
 public:
  Branch(PlanPtr plan, std::size_t branch);
  coppice::SupervisorSpec init() override;

 private:
  PlanPtr plan_;
  std::size_t branch_;
};

class Branches : public coppice::Supervisor {
 public:
  explicit Branches(PlanPtr plan);
  coppice::SupervisorSpec init() override;

 private:
  PlanPtr plan_;
};

class Tellers : public coppice::Supervisor {
 public:
  explicit Tellers(PlanPtr plan);
  coppice::SupervisorSpec init() override;

 private:
  PlanPtr plan_;
};

class Bank : public coppice::Supervisor {
 public:
  explicit Bank(PlanPtr plan);
  coppice::SupervisorSpec init() override;

 private:
  PlanPtr plan_;
};

}  // namespace bank
