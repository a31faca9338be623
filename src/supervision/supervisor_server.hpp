// SupervisorServer: the server behind every Supervisor, whatever its class: it turns messages into
// what StaticChildren does.
#pragma once

#include <expected>
#include <memory>
#include <string>
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
#include <coppice/supervision/supervisor_error.hpp>

#include "requests.hpp"

namespace coppice {

class Supervisor;

namespace supervision {

class Child;
class StaticChildren;

class SupervisorServer : public GenServer {
 public:
  // Traps exits from now on, and makes the definition: so what its constructor throws fails the
  // start.
  explicit SupervisorServer(std::unique_ptr<DefinitionSource<Supervisor>> source);
  SupervisorServer(const SupervisorServer&) = delete;
  SupervisorServer& operator=(const SupervisorServer&) = delete;
  ~SupervisorServer();

  Task<InitResult> init();
  Task<> terminate(const ExitReason& reason);

  Task<std::expected<StartedChild, SupervisorError>> handle_call(StartChild request);
  Task<std::expected<StartedChild, SupervisorError>> handle_call(RestartChild request);
  Task<std::expected<void, SupervisorError>> handle_call(TerminateChild request);
  std::expected<void, SupervisorError> handle_call(DeleteChild request);
  std::vector<ChildInfo> handle_call(WhichChildren);
  std::expected<ChildInfo, SupervisorError> handle_call(WhichChild request);
  ChildCounts handle_call(CountChildren);
  std::expected<ChildSpec, SupervisorError> handle_call(GetChildSpec request);

  Task<Next> handle_cast(TryRestart again);
  Task<Next> handle_info(Exit exit);

 private:
  Task<Next> restart(Child& child);

  std::unique_ptr<Supervisor> definition_;
  std::unique_ptr<StaticChildren> children_;  // made by init
};

}  // namespace supervision
}  // namespace coppice
