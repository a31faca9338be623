#include "supervisor_server.hpp"

#include <variant>

#include <coppice/behaviour/server_body.hpp>
#include <coppice/behaviour/server_ref.hpp>
#include <coppice/process/current.hpp>
#include <coppice/supervision/spec_check.hpp>
#include <coppice/supervision/static_children.hpp>
#include <coppice/supervision/supervisor.hpp>

namespace coppice::supervision {

SupervisorServer::SupervisorServer(std::unique_ptr<DefinitionSource<Supervisor>> source) {
  trap_exit(true);
  definition_ = source->make();
}

SupervisorServer::~SupervisorServer() = default;

Task<InitResult> SupervisorServer::init() {
  SupervisorSpec spec = definition_->init();
  if (spec.ignored) co_return InitResult::ignore();
  const Flags flags{spec.strategy, spec.intensity, spec.period, spec.auto_shutdown};
  if (SpecCheck wrong = check_flags(flags))
    co_return InitResult::stop(ExitReason::custom(std::move(*wrong)));
  children_ = std::make_unique<StaticChildren>(flags);
  if (SpecCheck wrong = children_->adopt(std::move(spec.children)))
    co_return InitResult::stop(ExitReason::custom(std::move(*wrong)));
  std::optional<FailedToStart> failed = co_await children_->start_all();
  if (failed) co_return InitResult::stop(ExitReason::shutdown(std::move(*failed)));
  co_return InitResult::ok();
}

Task<> SupervisorServer::terminate(const ExitReason&) { return children_->stop_all(); }

// ---- requests

Task<std::expected<StartedChild, SupervisorError>> SupervisorServer::handle_call(
    StartChild request) {
  return children_->start(std::move(request.spec));
}

Task<std::expected<StartedChild, SupervisorError>> SupervisorServer::handle_call(
    RestartChild request) {
  co_return co_await children_->restart(request.id);
}

Task<std::expected<void, SupervisorError>> SupervisorServer::handle_call(TerminateChild request) {
  co_return co_await children_->terminate(request.id);
}

std::expected<void, SupervisorError> SupervisorServer::handle_call(DeleteChild request) {
  return children_->remove(request.id);
}

std::vector<ChildInfo> SupervisorServer::handle_call(WhichChildren) { return children_->list(); }

std::expected<ChildInfo, SupervisorError> SupervisorServer::handle_call(WhichChild request) {
  return children_->info(request.id);
}

ChildCounts SupervisorServer::handle_call(CountChildren) { return children_->counts(); }

std::expected<ChildSpec, SupervisorError> SupervisorServer::handle_call(GetChildSpec request) {
  return children_->spec(request.id);
}

// ---- the ends of children

Task<Next> SupervisorServer::handle_info(Exit exit) {
  const StaticChildren::AfterEnd then = children_->ended(exit.from, exit.reason);
  if (const auto* failed = std::get_if<StaticChildren::RestartChild>(&then))
    co_return co_await restart(*failed->child);
  if (std::holds_alternative<StaticChildren::ShutDown>(then))
    co_return Next::stop(ExitReason::shutdown());
  co_return Next{};
}

Task<Next> SupervisorServer::handle_cast(TryRestart again) {
  Child* child = children_->waiting_for_restart(again.id);
  if (child == nullptr) co_return Next{};
  co_return co_await restart(*child);
}

Task<Next> SupervisorServer::restart(Child& child) {
  StaticChildren::AfterRestart then = co_await children_->restart_by_rule(child);
  if (std::holds_alternative<StaticChildren::ShutDown>(then))
    co_return Next::stop(ExitReason::shutdown());
  // By way of the inbox, so that who asks meanwhile is answered between the tries.
  if (auto* again = std::get_if<StaticChildren::TryAgain>(&then))
    behaviour::cast_own<SupervisorServer, TryRestart>(self(), std::move(again->child));
  co_return Next{};
}

// ---- hosting

namespace {

class ServerMaker final : public behaviour::Maker<SupervisorServer> {
 public:
  explicit ServerMaker(std::unique_ptr<DefinitionSource<Supervisor>> source)
      : source_{std::move(source)} {}
  void make(behaviour::Place<SupervisorServer>& server) override {
    server.emplace(std::move(source_));
  }

 private:
  std::unique_ptr<DefinitionSource<Supervisor>> source_;
};

}  // namespace

std::unique_ptr<behaviour::ServerCore> host_supervisor(
    std::unique_ptr<DefinitionSource<Supervisor>> source) {
  return std::make_unique<behaviour::StandInBody<SupervisorServer>>(
      std::make_unique<ServerMaker>(std::move(source)));
}

}  // namespace coppice::supervision

namespace coppice {

Supervisor::~Supervisor() = default;

StaticSupervisor::StaticSupervisor(SupervisorSpec spec) : spec_{std::move(spec)} {}
StaticSupervisor::~StaticSupervisor() = default;
SupervisorSpec StaticSupervisor::init() { return std::move(spec_); }

ChildSpec child_supervisor(std::string_view id, SupervisorSpec spec) {
  return child<StaticSupervisor>(id, std::move(spec));
}

}  // namespace coppice
