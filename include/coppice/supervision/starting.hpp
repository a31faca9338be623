// How a supervisor starts a child: it runs the start function in its own process, turns whatever
// leaves it into an outcome, and refuses a process that is not linked to it, since it would neither
// hear of its end nor take it along.
#pragma once

#include <string_view>

#include <coppice/base/export.hpp>
#include <coppice/process/task.hpp>
#include <coppice/supervision/child_spec.hpp>
#include <coppice/supervision/starter.hpp>
#include <coppice/supervision/supervisor_error.hpp>

namespace coppice::supervision {

// The reason with which a start fails whose process is not linked to the supervisor. The process is
// left alone.
struct NotLinked {
  Pid pid;
  friend bool operator==(const NotLinked&, const NotLinked&) = default;
};

// `spec` must outlive the task. A spec whose start function was forgotten fails to start.
COPPICE_API Task<StartOutcome> start_child_process(const ChildSpec& spec);

// What start_child and restart_child say of a start that failed.
COPPICE_API SupervisorError as_error(std::string_view child, const StartFailure& failure);

}  // namespace coppice::supervision

template <>
struct fmt::formatter<coppice::supervision::NotLinked> {
  constexpr auto parse(format_parse_context& ctx) { return ctx.begin(); }
  template <class Context>
  auto format(const coppice::supervision::NotLinked& stranger, Context& ctx) const {
    return fmt::format_to(ctx.out(),
                          "the start function gave {}, which is not linked to the supervisor",
                          stranger.pid);
  }
};
