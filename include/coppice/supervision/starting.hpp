// How a supervisor starts a child: it runs the start function in its own process, turns whatever
// leaves it into an outcome, and refuses a process that is not linked to it, since it would neither
// hear of its end nor take it along.
#pragma once

#include <coroutine>
#include <optional>
#include <string_view>

#include <coppice/base/export.hpp>
#include <coppice/behaviour/start.hpp>
#include <coppice/process/process.hpp>
#include <coppice/process/task.hpp>
#include <coppice/supervision/child_spec.hpp>
#include <coppice/supervision/starter.hpp>
#include <coppice/supervision/supervisor_error.hpp>

namespace coppice::supervision {

// A start of a child, from its beginning: the start function runs as this is made. It has no
// coroutine of its own: a supervisor may have 100,000 children to start.
class COPPICE_API ChildStartAwaiter {
 public:
  ChildStartAwaiter(process::Process& self, const ChildSpec& spec) noexcept;
  ChildStartAwaiter(const ChildStartAwaiter&) = delete;
  ChildStartAwaiter& operator=(const ChildStartAwaiter&) = delete;

  bool await_ready() noexcept;
  // False: the wait itself was refused, and the start has failed.
  bool await_suspend(std::coroutine_handle<> waiting) noexcept;
  StartOutcome await_resume() noexcept;

 private:
  StartOutcome outcome();
  // The outcome, and an Exit for a child that ended before it was linked.
  StartOutcome linked_outcome() noexcept;

  process::Process& self_;
  BegunStart begun_;
  std::optional<behaviour::StartAwaiter> answer_;  // of a server
};

class [[nodiscard]] ChildStart {
 public:
  explicit ChildStart(const ChildSpec& spec) noexcept : spec_{&spec} {}
  ChildStartAwaiter bind(process::Process& self) const noexcept { return {self, *spec_}; }

 private:
  const ChildSpec* spec_;
};

// `co_await start_child_process(spec)` gives a StartOutcome; `spec` must stay until then. A spec
// whose start function was forgotten fails to start.
inline ChildStart start_child_process(const ChildSpec& spec) noexcept { return ChildStart{spec}; }

// What start_child and restart_child say of a start that failed.
COPPICE_API SupervisorError as_error(std::string_view child, const StartFailure& failure);

}  // namespace coppice::supervision
