#include <coppice/supervision/reporter.hpp>

#include <algorithm>
#include <chrono>
#include <utility>

#include <fmt/core.h>

#include <coppice/process/current.hpp>
#include <coppice/process/host.hpp>
#include <coppice/process/process.hpp>

namespace coppice::supervision {

namespace {

using Context = process::SupervisorReport::Context;

double seconds(timing::Duration d) { return std::chrono::duration<double>{d}.count(); }

void report(Context context, const ChildSpec& child, Pid pid, ExitReason reason, std::string detail,
            std::size_t children = 1) {
  const process::Process& self = process::current_or_throw("a supervisor's report");
  process::SupervisorReport out{};
  out.context = context;
  out.supervisor = self.pid();
  if (self.rare_parts != nullptr) out.supervisor_label = self.rare_parts->label;
  out.child_id = child.id();
  out.child = pid;
  out.reason = std::move(reason);
  out.detail = std::move(detail);
  out.children = children;
  self.host.load(base::relaxed)->events().supervised(out);
}

bool anybody_looks() {
  const process::Process& self = process::current_or_throw("a supervisor's report");
  return self.host.load(base::relaxed)->events().wants_supervised();
}

}  // namespace

void Reporter::start_error(const ChildSpec& child, const ExitReason& reason) {
  remember(child, reason);
  if (anybody_looks()) report(Context::start_error, child, {}, reason, {});
}

void Reporter::child_terminated(const ChildSpec& child, Pid pid, const ExitReason& reason) {
  remember(child, reason);
  if (anybody_looks())
    report(Context::child_terminated, child, pid, reason, fmt::format("{}", child.restart()));
}

void Reporter::shutdown_error(const ChildSpec& child, Pid pid, const ExitReason& reason,
                              std::size_t children) {
  if (!anybody_looks()) return;
  report(Context::shutdown_error, child, pid, reason, fmt::format("shutdown {}", child.shutdown()),
         children);
}

void Reporter::restarted(const ChildSpec& child, Pid pid, const RestartBudget& budget) {
  if (!anybody_looks()) return;
  report(Context::restarted, child, pid, ExitReason::normal(),
         fmt::format("{} of {} restarts left in {} s", budget.left(now()), budget.intensity(),
                     seconds(budget.period())));
}

void Reporter::gives_up(const ChildSpec& child, const RestartBudget& budget) {
  if (!anybody_looks()) return;
  report(Context::shutdown, child, {}, ExitReason::custom(IntensityReached{}),
         fmt::format("more than {} restarts in {} s; last crashes: {}", budget.intensity(),
                     seconds(budget.period()), last_crashes()));
}

void Reporter::remember(const ChildSpec& child, const ExitReason& reason) {
  if (crashes_ == nullptr) crashes_ = std::make_unique<std::array<Crash, remembered>>();
  Crash& place = (*crashes_)[crash_count_++ % remembered];
  place.child = child.id();
  place.reason = reason;
}

std::string Reporter::last_crashes() const {
  std::string text;
  for (std::size_t i = crash_count_ - std::min(crash_count_, remembered); i < crash_count_; ++i) {
    const Crash& crash = (*crashes_)[i % remembered];
    text += fmt::format("{}{}: {}", text.empty() ? "" : "; ", crash.child, crash.reason);
  }
  return text;
}

}  // namespace coppice::supervision
