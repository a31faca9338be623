#include <coppice/supervision/dynamic_children.hpp>

#include <algorithm>
#include <string>
#include <string_view>
#include <utility>

#include <fmt/core.h>

#include <coppice/process/current.hpp>
#include <coppice/supervision/ending.hpp>
#include <coppice/supervision/starting.hpp>
#include <coppice/supervision/steps.hpp>
#include <coppice/supervision/stopping.hpp>

namespace coppice::supervision {

namespace {

using Kind = SupervisorError::Kind;

std::unexpected<SupervisorError> not_found(Pid pid) {
  return std::unexpected{SupervisorError{Kind::not_found, fmt::format("{}", pid)}};
}

// The unexpected ends of children that were stopped together, so that one reason of one kind of
// child is one report.
class StopErrors {
 public:
  void add(const DynamicChild& child, const ExitReason& reason) {
    // Looks at the latest groups only: a reason of each child's own must not make the stop
    // quadratic.
    const std::size_t oldest = groups_.size() - std::min<std::size_t>(groups_.size(), 16);
    for (std::size_t i = groups_.size(); i > oldest; --i) {
      Group& group = groups_[i - 1];
      if (group.spec.id() != child.spec.id() || !(group.reason == reason)) continue;
      ++group.children;
      return;
    }
    groups_.push_back({child.spec, reason, 1});
  }
  void report(Reporter& reporter) const {
    for (const Group& group : groups_)
      reporter.shutdown_error(group.spec, {}, group.reason, group.children);
  }

 private:
  struct Group {
    ChildSpec spec;
    ExitReason reason;
    std::size_t children;
  };
  std::vector<Group> groups_;
};

}  // namespace

DynamicChildren::DynamicChildren(const Flags& flags, std::size_t max_children)
    : max_children_{max_children},
      budget_{static_cast<std::size_t>(flags.intensity), flags.period} {}

// ---- control functions

Task<std::expected<StartedChild, SupervisorError>> DynamicChildren::start(ChildSpec spec) {
  if (SpecCheck wrong = check_child(spec.id(), spec.rules(), AutoShutdown::never))
    co_return std::unexpected{SupervisorError::invalid_spec(std::move(*wrong))};
  if (children_.size() >= max_children_)
    co_return std::unexpected{SupervisorError{Kind::max_children, spec.id()}};
  StartOutcome outcome = co_await start_child_process(spec);
  if (!outcome) co_return std::unexpected{as_error(spec.id(), outcome.error())};
  if (outcome->has_value()) children_.add(outcome->value(), std::move(spec));
  co_return std::move(*outcome);
}

Task<std::expected<void, SupervisorError>> DynamicChildren::terminate(Pid pid) {
  DynamicChild* child = children_.find(pid);
  if (child == nullptr) {
    if (is_alive(pid)) co_return not_found(pid);
    co_return std::expected<void, SupervisorError>{};
  }
  if (child->state == DynamicChild::State::running) {
    const ChildSpec spec = child->spec;
    const ExitReason reason = co_await stop_process(pid, spec.shutdown());
    if (reports_stop(spec.restart(), spec.shutdown().kind(), ending_of(reason)) == Reported::yes)
      reporter_.shutdown_error(spec, pid, reason);
  }
  children_.erase(pid);
  co_return std::expected<void, SupervisorError>{};
}

Task<> DynamicChildren::stop_all() {
  StopErrors errors;
  co_await stop_together(children_, [&errors](const DynamicChild& child, const ExitReason& reason) {
    const auto how = child.spec.shutdown().kind();
    if (reports_stop(child.spec.restart(), how, ending_of(reason)) == Reported::yes)
      errors.add(child, reason);
  });
  errors.report(reporter_);
}

// ---- the ends of children

DynamicChildren::AfterEnd DynamicChildren::ended(Pid pid, const ExitReason& reason) {
  const DynamicChild* child = children_.find(pid);
  if (child == nullptr || child->state != DynamicChild::State::running) return GoOn{};
  const Restart restart = child->spec.restart();
  const Ending how = ending_of(reason);
  if (reports_end(restart, how) == Reported::yes)
    reporter_.child_terminated(child->spec, pid, reason);
  if (after_end(restart, how) == supervision::AfterEnd::restart) return RestartChild{pid};
  children_.erase(pid);
  return GoOn{};
}

bool DynamicChildren::waits_for_restart(Pid former) const noexcept {
  const DynamicChild* child = children_.find(former);
  return child != nullptr && child->state == DynamicChild::State::restarting;
}

Task<DynamicChildren::AfterRestart> DynamicChildren::restart(Pid former) {
  DynamicChild* failed = children_.find(former);
  const ChildSpec spec = failed->spec;
  const Budget verdict = budget_.spend(now());
  tell_spent(budget_, verdict);
  if (verdict == Budget::exceeded) {
    reporter_.gives_up(spec, budget_);
    children_.erase(former);
    co_return ShutDown{};
  }
  // Until it runs again it counts as restarting, for max_children too.
  children_.set_restarting(*failed);
  StartOutcome outcome = co_await start_child_process(spec);
  if (!outcome) {
    reporter_.start_error(spec, outcome.error().reason);
    co_return TryAgain{former};
  }
  children_.erase(former);
  if (outcome->has_value()) {
    children_.add(outcome->value(), spec);
    reporter_.restarted(spec, outcome->value(), budget_);
  }
  co_return GoOn{};
}

// ---- what is known of the children

std::vector<ChildInfo> DynamicChildren::list() const {
  std::vector<ChildInfo> all;
  all.reserve(children_.size());
  for (const DynamicChild& child : children_)
    all.emplace_back(child.spec.id(), child.child_pid(), child.spec.type());
  return all;
}

std::expected<ChildInfo, SupervisorError> DynamicChildren::info(Pid pid) const {
  const DynamicChild* child = children_.find(pid);
  if (child == nullptr) return not_found(pid);
  return ChildInfo{child->spec.id(), child->child_pid(), child->spec.type()};
}

std::expected<ChildSpec, SupervisorError> DynamicChildren::spec(Pid pid) const {
  const DynamicChild* child = children_.find(pid);
  if (child == nullptr) return not_found(pid);
  return child->spec;
}

}  // namespace coppice::supervision
