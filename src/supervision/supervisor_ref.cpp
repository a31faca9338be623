#include <coppice/supervision/supervisor_ref.hpp>

#include <coppice/process/calls.hpp>
#include <coppice/process/exit.hpp>
#include <coppice/supervision/requests.hpp>

namespace coppice::supervision {

namespace {

// Asks without a time limit. A request answers an expected or a plain value; either way the failure
// of the call is one of the errors.
template <class Server, class Request, class R, class... Args>
Task<Asked<R>> ask(Pid supervisor, Args... args) {
  auto answer = co_await ServerRef<Server>{supervisor}
                    .within(timing::forever)
                    .template try_call<Request>(std::move(args)...);
  if (!answer) co_return std::unexpected{SupervisorError::unreachable(answer.error().reason())};
  co_return std::move(*answer);
}

}  // namespace

void throw_refused(SupervisorError error) {
  if (error.is_unreachable()) throw ExitSignal{error.reason()};
  throw error;
}

Task<Asked<StartedChild>> ask_start_child(Pid supervisor, ChildSpec spec) {
  return ask<SupervisorServer, StartChild, StartedChild>(supervisor, std::move(spec));
}
Task<Asked<StartedChild>> ask_restart_child(Pid supervisor, std::string id) {
  return ask<SupervisorServer, RestartChild, StartedChild>(supervisor, std::move(id));
}
Task<Asked<void>> ask_terminate_child(Pid supervisor, std::string id) {
  return ask<SupervisorServer, TerminateChild, void>(supervisor, std::move(id));
}
Task<Asked<void>> ask_delete_child(Pid supervisor, std::string id) {
  return ask<SupervisorServer, DeleteChild, void>(supervisor, std::move(id));
}
Task<Asked<ChildInfo>> ask_which_child(Pid supervisor, std::string id) {
  return ask<SupervisorServer, WhichChild, ChildInfo>(supervisor, std::move(id));
}
Task<Asked<ChildSpec>> ask_child_spec(Pid supervisor, std::string id) {
  return ask<SupervisorServer, GetChildSpec, ChildSpec>(supervisor, std::move(id));
}
Task<Asked<std::vector<ChildInfo>>> ask_which_children(Pid supervisor) {
  return ask<SupervisorServer, WhichChildren, std::vector<ChildInfo>>(supervisor);
}
Task<Asked<ChildCounts>> ask_count_children(Pid supervisor) {
  return ask<SupervisorServer, CountChildren, ChildCounts>(supervisor);
}

Task<Asked<StartedChild>> ask_start_dynamic(Pid supervisor, ChildSpec spec) {
  return ask<DynamicServer, StartChild, StartedChild>(supervisor, std::move(spec));
}
Task<Asked<StartedChild>> ask_start_from_template(Pid supervisor,
                                                  std::unique_ptr<SpecMaker> maker) {
  return ask<DynamicServer, StartFromTemplate, StartedChild>(supervisor, std::move(maker));
}
Task<Asked<void>> ask_terminate_process(Pid supervisor, Pid child) {
  return ask<DynamicServer, TerminateProcess, void>(supervisor, child);
}
Task<Asked<ChildInfo>> ask_which_process(Pid supervisor, Pid child) {
  return ask<DynamicServer, WhichProcess, ChildInfo>(supervisor, child);
}
Task<Asked<ChildSpec>> ask_process_spec(Pid supervisor, Pid child) {
  return ask<DynamicServer, GetProcessSpec, ChildSpec>(supervisor, child);
}
Task<Asked<std::vector<ChildInfo>>> ask_which_dynamic(Pid supervisor) {
  return ask<DynamicServer, WhichChildren, std::vector<ChildInfo>>(supervisor);
}
Task<Asked<ChildCounts>> ask_count_dynamic(Pid supervisor) {
  return ask<DynamicServer, CountChildren, ChildCounts>(supervisor);
}

}  // namespace coppice::supervision
