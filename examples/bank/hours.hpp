// The bank's working hours: the process that starts the tree, the saboteur and the feeder, waits until all is done or
// cannot be, collects what the processes know, and stops everything in order.
#pragma once

#include <coppice/coppice.hpp>

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "availability.hpp"
#include "chronicle.hpp"
#include "feeder.hpp"
#include "input.hpp"
#include "plan.hpp"
#include "report.hpp"

namespace bank {

struct Job {
  Input input;
  std::vector<std::size_t> todo;  // places in the input of what is not in the journal
  OpenJournal open_journal;
  unsigned tellers;
  unsigned chaos;
  unsigned rate;
  std::uint64_t seed;
};

// What the processes know when all is answered.
struct Knowledge {
  std::vector<Cents> accounts;  // as they say themselves
  std::vector<Cents> ledger;    // as the ledger says
  std::vector<BranchCount> branches;
};

struct Day {
  Feeder::End end = Feeder::End::bank_down;
  std::string reason;  // if not all was answered
  Availability availability;
  Chronicle chronicle{1};
  Nanoseconds duration{};
  Knowledge knowledge;  // if all was answered
};

// The main process. The job must outlive it.
coppice::Task<Day> working_hours(const Job* job);

}  // namespace bank
