#include <coppice/supervision/static_children.hpp>

#include <utility>

#include <coppice/process/current.hpp>
#include <coppice/supervision/ending.hpp>
#include <coppice/supervision/starting.hpp>
#include <coppice/supervision/steps.hpp>
#include <coppice/supervision/stopping.hpp>

namespace coppice::supervision {

namespace {

using Kind = SupervisorError::Kind;
using process::ChildStep;

std::unexpected<SupervisorError> error(Kind kind, std::string_view id) {
  return std::unexpected{SupervisorError{kind, id}};
}

Significance significance(const Child& child) noexcept { return child.spec().rules().significance; }

}  // namespace

StaticChildren::StaticChildren(const Flags& flags)
    : strategy_{flags.strategy},
      auto_shutdown_{flags.auto_shutdown},
      budget_{static_cast<std::size_t>(flags.intensity), flags.period} {}

SpecCheck StaticChildren::adopt(std::vector<ChildSpec> specs) {
  for (ChildSpec& spec : specs) {
    if (SpecCheck wrong = check_child(spec.id(), spec.rules(), auto_shutdown_)) return wrong;
    if (children_.find(spec.id()) != nullptr)
      return SpecError{SpecError::Kind::duplicate_id, spec.id(), {}};
    children_.append(std::move(spec));
  }
  return {};
}

Task<std::optional<FailedToStart>> StaticChildren::start_all() {
  FailedStart failed = co_await start_range(children_.begin(), children_.end());
  if (failed.child == nullptr) co_return std::nullopt;
  FailedToStart why{failed.child->spec().id(), std::move(failed.reason)};
  co_await stop_all();
  co_return why;
}

Task<> StaticChildren::stop_all() { return stop_range(children_.begin(), children_.end()); }

// ---- control functions

Task<std::expected<StartedChild, SupervisorError>> StaticChildren::start(ChildSpec spec) {
  if (SpecCheck wrong = check_child(spec.id(), spec.rules(), auto_shutdown_))
    co_return std::unexpected{SupervisorError::invalid_spec(std::move(*wrong))};
  if (const Child* known = children_.find(spec.id())) {
    if (!known->pid().has_value()) co_return error(Kind::already_present, spec.id());
    co_return std::unexpected{SupervisorError::already_started(spec.id(), known->pid().value())};
  }
  StartOutcome outcome = co_await start_child_process(spec);
  if (!outcome) co_return std::unexpected{as_error(spec.id(), outcome.error())};
  const bool forgotten = outcome->is_none() && spec.restart() == Restart::temporary;
  if (!forgotten) children_.set(children_.append(std::move(spec)), *outcome);
  co_return std::move(*outcome);
}

Task<std::expected<StartedChild, SupervisorError>> StaticChildren::restart(std::string_view id) {
  Child* child = children_.find(id);
  if (child == nullptr) co_return error(Kind::not_found, id);
  if (child->pid().has_value()) co_return error(Kind::running, id);
  if (child->pid().is_restarting()) co_return error(Kind::restarting, id);
  StartOutcome outcome = co_await start_child_process(child->spec());
  if (!outcome) co_return std::unexpected{as_error(child->spec().id(), outcome.error())};
  children_.set(*child, *outcome);
  co_return std::move(*outcome);
}

Task<std::expected<void, SupervisorError>> StaticChildren::terminate(std::string_view id) {
  Child* child = children_.find(id);
  if (child == nullptr) co_return error(Kind::not_found, id);
  if (child->pid().has_value()) {
    const Shutdown how = child->spec().shutdown();
    const ExitReason reason = co_await stop_process(child->pid().value(), how);
    report_stop(*child, how, reason);
  }
  leave(*child);
  co_return std::expected<void, SupervisorError>{};
}

std::expected<void, SupervisorError> StaticChildren::remove(std::string_view id) {
  Child* child = children_.find(id);
  if (child == nullptr) return error(Kind::not_found, id);
  if (child->pid().has_value()) return error(Kind::running, id);
  if (child->pid().is_restarting()) return error(Kind::restarting, id);
  children_.erase(*child);
  return {};
}

// ---- the ends of children

StaticChildren::AfterEnd StaticChildren::ended(Pid pid, const ExitReason& reason) {
  Child* child = children_.find(pid);
  if (child == nullptr) return GoOn{};
  const Restart restart = child->spec().restart();
  const Ending how = ending_of(reason);
  if (reports_end(restart, how) == Reported::yes)
    reporter_.child_terminated(child->spec(), pid, reason);
  if (after_end(restart, how) == supervision::AfterEnd::restart) return RestartChild{child};
  const Significance ended = significance(*child);
  leave(*child);
  if (ends_supervisor(auto_shutdown_, ended, children_.significant_present())) return ShutDown{};
  return GoOn{};
}

Child* StaticChildren::waiting_for_restart(std::string_view id) const noexcept {
  Child* child = children_.find(id);
  return child != nullptr && child->pid().is_restarting() ? child : nullptr;
}

Task<StaticChildren::AfterRestart> StaticChildren::restart_by_rule(Child& failed) {
  const Budget verdict = budget_.spend(now());
  tell_spent(budget_, verdict);
  if (verdict == Budget::exceeded) {
    reporter_.gives_up(failed.spec(), budget_);
    leave(failed);
    co_return ShutDown{};
  }
  children_.set(failed, {});
  const auto doomed = affected(strategy_, children_.begin(), Position{&failed}, children_.end());
  co_await stop_range(doomed.first, doomed.last);
  // Anew, since temporary children have gone from the range.
  const auto again = affected(strategy_, children_.begin(), Position{&failed}, children_.end());
  FailedStart stuck = co_await start_range(again.first, again.last);
  if (stuck.child == nullptr) {
    report_restarted(again.first, again.last);
    co_return GoOn{};
  }
  children_.set(*stuck.child, ChildPid::restarting());
  co_return TryAgain{stuck.child->spec().id()};
}

// ---- ranges of children

Task<StaticChildren::FailedStart> StaticChildren::start_range(Position first, Position last) {
  for (Position at = first; at != last;) {
    Child& child = *at++;
    if (last == children_.end()) tell_turn(ChildStep::What::starts, child);
    StartOutcome outcome = co_await start_child_process(child.spec());
    if (!outcome) {
      reporter_.start_error(child.spec(), outcome.error().reason);
      co_return FailedStart{&child, std::move(outcome.error().reason)};
    }
    children_.set(child, *outcome);
    if (outcome->is_none()) leave(child);
  }
  co_return FailedStart{};
}

Task<> StaticChildren::stop_range(Position first, Position last) {
  for (Child* child = children_.before(last); child != nullptr;) {
    Child* previous = child == &*first ? nullptr : children_.before(Position{child});
    if (child->pid().has_value()) {
      tell_turn(ChildStep::What::stops, *child);
      const Shutdown how = child->spec().shutdown();
      const ExitReason reason = co_await stop_process(child->pid().value(), how);
      report_stop(*child, how, reason);
    }
    leave(*child);
    child = previous;
  }
}

void StaticChildren::report_stop(const Child& child, Shutdown how, const ExitReason& reason) {
  if (reports_stop(child.spec().restart(), how.kind(), ending_of(reason)) == Reported::yes)
    reporter_.shutdown_error(child.spec(), child.pid().value(), reason);
}

void StaticChildren::leave(Child& child) noexcept {
  if (after_stop(child.spec().restart()) == supervision::AfterEnd::forget_spec)
    children_.erase(child);
  else
    children_.set(child, {});
}

void StaticChildren::report_restarted(Position first, Position last) {
  for (Position at = first; at != last; ++at)
    if (at->pid().has_value()) reporter_.restarted(at->spec(), at->pid().value(), budget_);
}

// ---- what is known of the children

std::vector<ChildInfo> StaticChildren::list() const {
  std::vector<ChildInfo> all;
  all.reserve(children_.size());
  for (const Child& child : children_)
    all.emplace_back(child.spec().id(), child.pid(), child.spec().type());
  return all;
}

std::expected<ChildInfo, SupervisorError> StaticChildren::info(std::string_view id) const {
  const Child* child = children_.find(id);
  if (child == nullptr) return error(Kind::not_found, id);
  return ChildInfo{child->spec().id(), child->pid(), child->spec().type()};
}

std::expected<ChildSpec, SupervisorError> StaticChildren::spec(std::string_view id) const {
  const Child* child = children_.find(id);
  if (child == nullptr) return error(Kind::not_found, id);
  return child->spec();
}

ChildCounts StaticChildren::counts() const {
  ChildCounts counts;
  for (const Child& child : children_) {
    ++counts.specs;
    ++(child.spec().type() == ChildType::supervisor ? counts.supervisors : counts.workers);
    // One whose Exit has not been looked at yet is not active any more.
    if (child.pid().has_value() && is_alive(child.pid().value())) ++counts.active;
  }
  return counts;
}

}  // namespace coppice::supervision
