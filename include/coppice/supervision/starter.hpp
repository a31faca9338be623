// Starter: the start function of a child specification with its arguments, shared by all copies of
// the spec.
//
// It runs in the supervisor's process and must leave a process behind that is linked to it (or none
// at all).
#pragma once

#include <expected>
#include <utility>
#include <variant>

#include <fmt/core.h>

#include <coppice/base/export.hpp>
#include <coppice/base/format.hpp>
#include <coppice/behaviour/start.hpp>
#include <coppice/process/exit_reason.hpp>
#include <coppice/process/pid.hpp>
#include <coppice/process/task.hpp>
#include <coppice/supervision/child_info.hpp>
#include <coppice/supervision/shared.hpp>

namespace coppice {

class ChildSpec;

namespace supervision {

// Why a child did not start.
struct StartFailure {
  explicit StartFailure(ExitReason why, Pid running = {})
      : reason{std::move(why)}, already_started{running} {}

  ExitReason reason;
  Pid already_started;  // set if the start function found a process that was there before
};

// The reason with which a start fails whose process is not linked to the supervisor. The process is
// left alone.
struct NotLinked {
  Pid pid;
  friend bool operator==(const NotLinked&, const NotLinked&) = default;
};

// No process and no failure: the start gave `ignore`.
using StartOutcome = std::expected<StartedChild, StartFailure>;

// A start that was begun: it is over, or the server has not answered yet and shall be waited for
// before anything else, or a coroutine has to run.
using BegunStart = std::variant<StartOutcome, behaviour::PendingStart, Task<StartOutcome>>;

class COPPICE_API Starter : public Countable {
 public:
  virtual ~Starter();

  // Begins to start the child that `spec` describes; `spec` and this outlive the start. What it
  // throws is a failed start.
  virtual BegunStart begin(const ChildSpec& spec) const = 0;
};

// What the answer of a start<S> verb means for a supervisor.
COPPICE_API StartOutcome outcome_of(std::expected<Pid, StartError> started);

}  // namespace supervision
}  // namespace coppice

template <>
struct fmt::formatter<coppice::supervision::NotLinked> {
  constexpr auto parse(format_parse_context& ctx) { return ctx.begin(); }
  template <class Context>
  auto format(const coppice::supervision::NotLinked& stranger, Context& ctx) const {
    return coppice::base::format_to(
        ctx.out(), "the start function gave {}, which is not linked to the supervisor",
        stranger.pid);
  }
};
