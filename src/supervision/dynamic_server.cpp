#include "dynamic_server.hpp"

#include <exception>
#include <optional>
#include <variant>

#include <fmt/core.h>

#include <coppice/behaviour/server_body.hpp>
#include <coppice/behaviour/server_ref.hpp>
#include <coppice/process/current.hpp>
#include <coppice/process/exit.hpp>
#include <coppice/supervision/dynamic_children.hpp>
#include <coppice/supervision/dynamic_supervisor.hpp>
#include <coppice/supervision/spec_check.hpp>

namespace coppice::supervision {

DynamicServer::DynamicServer(std::unique_ptr<DefinitionSource<DynamicSupervisor>> source) {
  trap_exit(true);
  definition_ = source->make();
}

DynamicServer::~DynamicServer() = default;

InitResult DynamicServer::init() {
  const DynamicSpec spec = definition_->init();
  if (spec.ignored) return InitResult::ignore();
  const Flags flags{Strategy::one_for_one, spec.intensity, spec.period, AutoShutdown::never};
  if (SpecCheck wrong = check_flags(flags))
    return InitResult::stop(ExitReason::custom(std::move(*wrong)));
  if (spec.max_children < 0)
    return InitResult::stop(ExitReason::custom(SpecError{
        SpecError::Kind::invalid_max_children, {}, fmt::format("{}", spec.max_children)}));
  children_ = std::make_unique<DynamicChildren>(flags, static_cast<std::size_t>(spec.max_children));
  return InitResult::ok();
}

Task<> DynamicServer::terminate(const ExitReason&) { return children_->stop_all(); }

// ---- requests

Task<std::expected<StartedChild, SupervisorError>> DynamicServer::handle_call(StartChild request) {
  return children_->start(std::move(request.spec));
}

namespace {

Task<std::expected<StartedChild, SupervisorError>> refuse(ExitReason reason) {
  co_return std::unexpected{SupervisorError::start_failed({}, std::move(reason))};
}

}  // namespace

// No coroutine: what makes the spec does not wait.
Task<std::expected<StartedChild, SupervisorError>> DynamicServer::handle_call(
    StartFromTemplate request) {
  try {
    return children_->start(request.maker->make(*definition_));
  } catch (const ExitSignal& signal) {
    return refuse(signal.reason());
  } catch (...) {
    return refuse(ExitReason::error(std::current_exception()));
  }
}

Task<std::expected<void, SupervisorError>> DynamicServer::handle_call(TerminateProcess request) {
  return children_->terminate(request.pid);
}

std::vector<ChildInfo> DynamicServer::handle_call(WhichChildren) { return children_->list(); }

std::expected<ChildInfo, SupervisorError> DynamicServer::handle_call(WhichProcess request) {
  return children_->info(request.pid);
}

ChildCounts DynamicServer::handle_call(CountChildren) { return children_->counts(); }

std::expected<ChildSpec, SupervisorError> DynamicServer::handle_call(GetProcessSpec request) {
  return children_->spec(request.pid);
}

// ---- the ends of children

Task<Next> DynamicServer::handle_info(Exit exit) {
  const DynamicChildren::AfterEnd then = children_->ended(exit.from, exit.reason);
  if (const auto* failed = std::get_if<DynamicChildren::RestartChild>(&then))
    co_return co_await restart(failed->child);
  co_return Next{};
}

Task<Next> DynamicServer::handle_cast(TryRestartProcess again) {
  if (!children_->waits_for_restart(again.former)) co_return Next{};
  co_return co_await restart(again.former);
}

Task<Next> DynamicServer::restart(Pid former) {
  const DynamicChildren::AfterRestart then = co_await children_->restart(former);
  if (std::holds_alternative<DynamicChildren::ShutDown>(then))
    co_return Next::stop(ExitReason::shutdown());
  // By way of the inbox, so that who asks meanwhile is answered between the tries.
  if (const auto* again = std::get_if<DynamicChildren::TryAgain>(&then))
    behaviour::cast_own<DynamicServer, TryRestartProcess>(self(), again->child);
  co_return Next{};
}

// ---- hosting

namespace {

class DynamicServerMaker final : public behaviour::Maker<DynamicServer> {
 public:
  explicit DynamicServerMaker(std::unique_ptr<DefinitionSource<DynamicSupervisor>> source)
      : source_{std::move(source)} {}
  void make(behaviour::Place<DynamicServer>& server) override { server.emplace(std::move(source_)); }

 private:
  std::unique_ptr<DefinitionSource<DynamicSupervisor>> source_;
};

}  // namespace

std::unique_ptr<behaviour::ServerCore> host_dynamic_supervisor(
    std::unique_ptr<DefinitionSource<DynamicSupervisor>> source) {
  return std::make_unique<behaviour::StandInBody<DynamicServer>>(
      std::make_unique<DynamicServerMaker>(std::move(source)));
}

}  // namespace coppice::supervision

namespace coppice {

DynamicSupervisor::DynamicSupervisor(DynamicSpec spec) noexcept : spec_{spec} {}
DynamicSupervisor::~DynamicSupervisor() = default;
DynamicSpec DynamicSupervisor::init() { return spec_; }

}  // namespace coppice
