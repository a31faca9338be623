#include <coppice/supervision/supervisor_ref.hpp>

#include <coppice/process/exit.hpp>
#include <coppice/supervision/requests.hpp>

namespace coppice::supervision {

using behaviour::make_call;
using process::CallPtr;

namespace {

// Which of the two servers is behind a supervisor is not known from its class: it says so itself.
template <class Request, class R>
Task<Asked<R>> ask_any(Pid supervisor) {
  auto answer = co_await ServerRef<SupervisorServer>{supervisor}
                    .within(timing::forever)
                    .template try_call<Request>();
  if (answer) co_return std::move(*answer);
  if (answer.error().kind() != CallError::Kind::wrong_server)
    co_return std::unexpected{SupervisorError::unreachable(answer.error().reason())};
  using Replied = behaviour::call_result_t<DynamicServer, Request>;
  TryAsk<Replied> dynamic{supervisor, make_call<DynamicServer, Request>()};
  co_return co_await dynamic;
}

}  // namespace

Task<Asked<std::vector<ChildInfo>>> ask_which_any(Pid supervisor) {
  return ask_any<WhichChildren, std::vector<ChildInfo>>(supervisor);
}
Task<Asked<ChildCounts>> ask_count_any(Pid supervisor) {
  return ask_any<CountChildren, ChildCounts>(supervisor);
}

void throw_refused(SupervisorError error) {
  if (error.is_unreachable()) throw ExitSignal{error.reason()};
  throw error;
}

CallPtr make_start_child(ChildSpec spec) {
  return make_call<SupervisorServer, StartChild>(std::move(spec));
}
CallPtr make_restart_child(std::string id) {
  return make_call<SupervisorServer, RestartChild>(std::move(id));
}
CallPtr make_terminate_child(std::string id) {
  return make_call<SupervisorServer, TerminateChild>(std::move(id));
}
CallPtr make_delete_child(std::string id) {
  return make_call<SupervisorServer, DeleteChild>(std::move(id));
}
CallPtr make_which_child(std::string id) {
  return make_call<SupervisorServer, WhichChild>(std::move(id));
}
CallPtr make_child_spec(std::string id) {
  return make_call<SupervisorServer, GetChildSpec>(std::move(id));
}
CallPtr make_which_children() { return make_call<SupervisorServer, WhichChildren>(); }
CallPtr make_count_children() { return make_call<SupervisorServer, CountChildren>(); }

CallPtr make_start_dynamic(ChildSpec spec) {
  return make_call<DynamicServer, StartChild>(std::move(spec));
}
CallPtr make_start_from_template(std::unique_ptr<SpecMaker> maker) {
  return make_call<DynamicServer, StartFromTemplate>(std::move(maker));
}
CallPtr make_terminate_process(Pid child) {
  return make_call<DynamicServer, TerminateProcess>(child);
}
CallPtr make_which_process(Pid child) { return make_call<DynamicServer, WhichProcess>(child); }
CallPtr make_process_spec(Pid child) { return make_call<DynamicServer, GetProcessSpec>(child); }
CallPtr make_which_dynamic() { return make_call<DynamicServer, WhichChildren>(); }
CallPtr make_count_dynamic() { return make_call<DynamicServer, CountChildren>(); }

}  // namespace coppice::supervision
