// DynamicServer: the server behind every DynamicSupervisor, whatever its class: it turns messages
// into what DynamicChildren does.
#pragma once

#include <expected>
#include <memory>
#include <utility>
#include <vector>

#include <coppice/behaviour/next.hpp>
#include <coppice/behaviour/server_core.hpp>
#include <coppice/behaviour/traits.hpp>
#include <coppice/process/message.hpp>
#include <coppice/process/task.hpp>
#include <coppice/supervision/child_info.hpp>
#include <coppice/supervision/child_spec.hpp>
#include <coppice/supervision/definition.hpp>
#include <coppice/supervision/spec_maker.hpp>
#include <coppice/supervision/supervisor_error.hpp>

#include "requests.hpp"

namespace coppice {

class DynamicSupervisor;

namespace supervision {

class DynamicChildren;

// Start the child whose spec the maker makes; what that throws is a failed start.
struct StartFromTemplate {
  explicit StartFromTemplate(std::unique_ptr<SpecMaker> spec_maker)
      : maker{std::move(spec_maker)} {}
  std::unique_ptr<SpecMaker> maker;
};

class DynamicServer : public GenServer {
 public:
  // Traps exits from now on, and makes the definition: so what its constructor throws fails the
  // start.
  explicit DynamicServer(std::unique_ptr<DefinitionSource<DynamicSupervisor>> source);
  DynamicServer(const DynamicServer&) = delete;
  DynamicServer& operator=(const DynamicServer&) = delete;
  ~DynamicServer();

  InitResult init();
  Task<> terminate(const ExitReason& reason);

  Task<std::expected<StartedChild, SupervisorError>> handle_call(StartChild request);
  Task<std::expected<StartedChild, SupervisorError>> handle_call(StartFromTemplate request);
  Task<std::expected<void, SupervisorError>> handle_call(TerminateProcess request);
  std::vector<ChildInfo> handle_call(WhichChildren);
  std::expected<ChildInfo, SupervisorError> handle_call(WhichProcess request);
  ChildCounts handle_call(CountChildren);
  std::expected<ChildSpec, SupervisorError> handle_call(GetProcessSpec request);

  Task<Next> handle_cast(TryRestartProcess again);
  Task<Next> handle_info(Exit exit);

 private:
  Task<Next> restart(Pid former);

  std::unique_ptr<DynamicSupervisor> definition_;
  std::unique_ptr<DynamicChildren> children_;  // made by init
};

}  // namespace supervision
}  // namespace coppice
