// A teller carries out one transfer at a time: has the ledger commit it, then both accounts post it, each as often as it
// takes. If the teller is killed, the desk gives the transfer to another, who finds done what was done.
#pragma once

#include <coppice/coppice.hpp>

#include "messages.hpp"
#include "plan.hpp"

namespace bank {

class Teller : public coppice::GenServer {
 public:
  explicit Teller(PlanPtr plan);

  coppice::Task<> handle_cast(CarryOut order);

 private:
  PlanPtr plan_;
};

}  // namespace bank
