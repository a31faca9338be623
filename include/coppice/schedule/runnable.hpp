// What the scheduler runs: a link and nothing else. The layer above derives from it (a process slot
// does) and gives it life through Hooks::run; the scheduler never looks inside and never owns one.
#pragma once

#include <coppice/base/intrusive.hpp>

namespace coppice::schedule {

struct Runnable {
  Runnable* run_next = nullptr;  // the scheduler's, from schedule() until Hooks::run() is entered
};

using RunList = base::Fifo<&Runnable::run_next>;

}  // namespace coppice::schedule
