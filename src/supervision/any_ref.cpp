#include <coppice/supervision/supervisor_ref.hpp>

#include "dynamic_server.hpp"
#include "requests.hpp"
#include "supervisor_server.hpp"

namespace coppice {
namespace supervision {
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
  TryAsk<Replied> dynamic{supervisor, behaviour::make_call<DynamicServer, Request>()};
  co_return co_await dynamic;
}

template <class T>
Task<T> or_throw(Task<Asked<T>> asking) {
  Asked<T> answer = co_await asking;
  if (!answer) throw_refused(std::move(answer.error()));
  co_return std::move(*answer);
}

}  // namespace
}  // namespace supervision

using AnyVerbs = behaviour::RefVerbs<AnySupervisor, true>;

Pid AnyVerbs::pid() const noexcept {
  return static_cast<const ServerRef<AnySupervisor>&>(*this).pid();
}

Task<supervision::Asked<std::vector<ChildInfo>>> AnyVerbs::try_which_children() const {
  return supervision::ask_any<supervision::WhichChildren, std::vector<ChildInfo>>(pid());
}
Task<std::vector<ChildInfo>> AnyVerbs::which_children() const {
  return supervision::or_throw(try_which_children());
}
Task<supervision::Asked<ChildCounts>> AnyVerbs::try_count_children() const {
  return supervision::ask_any<supervision::CountChildren, ChildCounts>(pid());
}
Task<ChildCounts> AnyVerbs::count_children() const {
  return supervision::or_throw(try_count_children());
}

}  // namespace coppice
