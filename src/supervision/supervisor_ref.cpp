#include <coppice/supervision/supervisor_ref.hpp>

#include <coppice/process/exit.hpp>

#include "requests.hpp"
#include "supervisor_server.hpp"

// A request needs the handlers of its server. So what asks a supervisor, a dynamic one, and one whose class is not known
// are a file each: a program that is linked to the static library gets the servers that it talks to.
namespace coppice::supervision {

using behaviour::make_call;
using process::CallPtr;

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

}  // namespace coppice::supervision
