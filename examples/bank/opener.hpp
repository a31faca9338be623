// Opens a branch: has the accounts' supervisor start them, which does not know by itself what there is, and again whenever
// that supervisor is new. An account of a branch that is just dying has its name still; the opener waits for its end.
#pragma once

#include <coppice/coppice.hpp>

#include <cstddef>

#include "plan.hpp"

namespace bank {

class Opener : public coppice::GenServer {
 public:
  // `supervisor` is the Branch.
  Opener(PlanPtr plan, std::size_t branch, coppice::Pid supervisor);

  struct Open {};
  coppice::InitResult init();
  coppice::Task<> handle_continue(Open);

 private:
  PlanPtr plan_;
  std::size_t branch_;
  coppice::Pid supervisor_;
};

}  // namespace bank
