// Invariants: what a simulator sees of its processes, as the Oracle wants to be told of it.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include <coppice/process/host.hpp>
#include <coppice/process/process.hpp>
#include <coppice/process/seam.hpp>
#include <coppice/process/signal.hpp>

#include "chooser.hpp"
#include "oracle.hpp"

namespace coppice::testing {

class Invariants {
 public:
  // `known`: the number of a process; 0 for none of this simulation's.
  explicit Invariants(std::function<Actor(Pid)> known) : known_{std::move(known)} {}

  // Each says what is broken, if anything is.
  using Verdict = std::optional<std::string>;
  Verdict sent(process::Host& host, Actor to, const process::Signal& signal);
  // With the monitors that its parent has had on it from its birth.
  Verdict born(const process::Process& process);
  Verdict ended(Actor who) { return oracle_.see(seen::Ended{who}); }
  Verdict child_step(const process::ChildStep& step, timing::Instant now);
  // Nobody has anything left to do at this moment. `pid_of`: of a process that lives.
  Verdict quiet(const std::function<Pid(Actor)>& pid_of);
  Verdict all_ended(process::Host& host);

 private:
  std::vector<Actor> known_of(const std::vector<Pid>& pids) const;

  std::function<Actor(Pid)> known_;
  Oracle oracle_;
};

}  // namespace coppice::testing
