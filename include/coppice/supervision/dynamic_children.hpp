// DynamicChildren: what a dynamic supervisor does to its children, on the side of the effects: it
// starts, restarts and stops them as the rules say and keeps the book. Children are known by their
// pid; each failed one is restarted alone. One supervisor process owns it; its tasks run there, one
// at a time.
//
// Mirrors the simple_one_for_one half of OTP's supervisor; each child has a spec of its own, as in
// Elixir.
#pragma once

#include <cstddef>
#include <expected>
#include <variant>
#include <vector>

#include <coppice/base/export.hpp>
#include <coppice/process/exit_reason.hpp>
#include <coppice/process/pid.hpp>
#include <coppice/process/task.hpp>
#include <coppice/supervision/child_info.hpp>
#include <coppice/supervision/dynamic_table.hpp>
#include <coppice/supervision/intensity.hpp>
#include <coppice/supervision/reporter.hpp>
#include <coppice/supervision/spec_check.hpp>
#include <coppice/supervision/supervisor_error.hpp>

namespace coppice::supervision {

class COPPICE_API DynamicChildren {
 public:
  // What the supervisor does next, after a child has ended or a restart was tried.
  struct GoOn {};
  struct RestartChild {
    Pid child;
  };
  struct TryAgain {
    Pid child;  // the pid that the child had
  };
  struct ShutDown {};
  using AfterEnd = std::variant<GoOn, RestartChild>;
  using AfterRestart = std::variant<GoOn, TryAgain, ShutDown>;

  // The flags have been checked.
  DynamicChildren(const Flags& flags, std::size_t max_children);

  Task<std::expected<StartedChild, SupervisorError>> start(ChildSpec spec);
  // A process that is dead already is no error, one that lives and is no child is not_found.
  Task<std::expected<void, SupervisorError>> terminate(Pid pid);
  // Stops all at once, each with its own deadline.
  Task<> stop_all();

  // A linked process ended; GoOn if it is no child.
  AfterEnd ended(Pid pid, const ExitReason& reason);
  // Spends from the budget and restarts the child that had this pid.
  Task<AfterRestart> restart(Pid former);
  // TryAgain has come back by way of the supervisor's own inbox: whether the child still waits for
  // its restart.
  bool waits_for_restart(Pid former) const noexcept;

  std::vector<ChildInfo> list() const;
  std::expected<ChildInfo, SupervisorError> info(Pid pid) const;
  std::expected<ChildSpec, SupervisorError> spec(Pid pid) const;
  ChildCounts counts() const noexcept { return children_.counts(); }

 private:
  std::size_t max_children_;
  RestartBudget budget_;
  DynamicTable children_;
  Reporter reporter_;
};

}  // namespace coppice::supervision
