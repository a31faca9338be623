// StaticChildren: what a supervisor with ids does to its children, on the side of the effects: it
// starts, restarts and stops them as the rules say and keeps the book. One supervisor process owns
// it; its tasks run there, one at a time.
//
// Mirrors the static half of OTP's supervisor: start_children/2, handle_start_child/2, restart/2,
// terminate_children/2.
#pragma once

#include <cstdint>
#include <expected>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include <coppice/base/export.hpp>
#include <coppice/process/exit_reason.hpp>
#include <coppice/process/pid.hpp>
#include <coppice/process/task.hpp>
#include <coppice/supervision/child_info.hpp>
#include <coppice/supervision/child_table.hpp>
#include <coppice/supervision/intensity.hpp>
#include <coppice/supervision/reporter.hpp>
#include <coppice/supervision/spec_check.hpp>
#include <coppice/supervision/starter.hpp>
#include <coppice/supervision/strategy.hpp>
#include <coppice/supervision/supervisor_error.hpp>

namespace coppice::supervision {

class COPPICE_API StaticChildren {
 public:
  // What the supervisor does next, after a child has ended or a restart was tried.
  struct GoOn {};
  struct RestartChild {
    Child* child;
  };
  struct TryAgain {
    std::string child;  // whose start failed
  };
  struct ShutDown {};
  using AfterEnd = std::variant<GoOn, RestartChild, ShutDown>;
  using AfterRestart = std::variant<GoOn, TryAgain, ShutDown>;

  // The flags have been checked.
  explicit StaticChildren(const Flags& flags);

  // Takes the children, without starting any; the first bad spec, or nothing.
  SpecCheck adopt(std::vector<ChildSpec> specs);
  // Starts all in order. When one fails those started are stopped in reverse, and its failure is
  // the result.
  Task<std::optional<FailedToStart>> start_all();
  // Stops all in reverse order.
  Task<> stop_all();

  Task<std::expected<StartedChild, SupervisorError>> start(ChildSpec spec);
  Task<std::expected<StartedChild, SupervisorError>> restart(std::string_view id);
  Task<std::expected<void, SupervisorError>> terminate(std::string_view id);
  std::expected<void, SupervisorError> remove(std::string_view id);

  // A linked process ended; GoOn if it is no child.
  AfterEnd ended(Pid pid, const ExitReason& reason);
  // TryAgain has come back by way of the supervisor's own inbox: the child, if it still waits for
  // its restart.
  Child* waiting_for_restart(std::string_view id) const noexcept;
  // Spends from the budget and restarts the child, and those that the strategy says.
  Task<AfterRestart> restart_by_rule(Child& failed);

  std::vector<ChildInfo> list() const;
  std::expected<ChildInfo, SupervisorError> info(std::string_view id) const;
  std::expected<ChildSpec, SupervisorError> spec(std::string_view id) const;
  ChildCounts counts() const;

 private:
  using Position = ChildTable::Position;

  struct FailedStart {
    Child* child = nullptr;  // null: all started
    ExitReason reason;
  };

  // Starts the children from `first` to before `last` until one fails; those behind it stay without
  // a process.
  Task<FailedStart> start_range(Position first, Position last);
  // Stops the children from `first` to before `last`, in reverse; temporary ones are forgotten.
  Task<> stop_range(Position first, Position last);
  void report_stop(const Child& child, Shutdown how, const ExitReason& reason);
  // The child has no process from now on: forgets it if its restart type says so.
  void leave(Child& child) noexcept;
  void report_restarted(Position first, Position last);

  Strategy strategy_;
  AutoShutdown auto_shutdown_;
  RestartBudget budget_;
  ChildTable children_;
  Reporter reporter_;
};

}  // namespace coppice::supervision
