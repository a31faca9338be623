// Invariants: rules of the library that every signal of a simulation is held against.
//
//   a call is answered once         a monitor gives one Down
//   a process's name is free before any other process hears of its end
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <unordered_set>
#include <vector>

#include <coppice/process/host.hpp>
#include <coppice/process/signal.hpp>

#include "chooser.hpp"

namespace coppice::testing {

class Invariants {
 public:
  // What the signal breaks, if it breaks anything.
  std::optional<std::string> look(process::Host& host, Actor to, const process::Signal& signal);

 private:
  std::unordered_set<std::uint64_t> downs_;      // references of monitors that have given theirs
  std::vector<std::vector<bool>> answered_;      // by caller, by the call's number
};

}  // namespace coppice::testing
