// Kills processes of the bank at random at a steady rate, until it is killed itself. Which kinds and whom its seed decides.
#pragma once

#include <coppice/coppice.hpp>

#include <cstdint>

#include "plan.hpp"
#include "tree.hpp"

namespace bank {

// A process. Tells the desk of each kill.
coppice::Task<> sabotage(PlanPtr plan, coppice::ServerRef<Bank> bank, std::uint64_t seed);

}  // namespace bank
