// What a supervisor can be asked, as verbs of ServerRef<S> for every S derived from Supervisor or
// DynamicSupervisor.
//
// Each waits for the supervisor without a time limit, as in OTP, since starting and stopping a
// child takes the time that it takes. The plain form throws SupervisorError when the supervisor
// refuses, and ends the caller as a failed call does when there is no supervisor; the try_ form
// gives both as a value (SupervisorError::is_unreachable() for the second). Mirrors the functions
// of OTP's supervisor; what the two kinds of supervisor do not share is a compile error, OTP's
// {error, simple_one_for_one}.
#pragma once

#include <concepts>
#include <expected>
#include <memory>
#include <string>
#include <tuple>
#include <type_traits>
#include <utility>
#include <vector>

#include <coppice/base/export.hpp>
#include <coppice/behaviour/server_ref.hpp>
#include <coppice/process/pid.hpp>
#include <coppice/process/task.hpp>
#include <coppice/supervision/child_info.hpp>
#include <coppice/supervision/child_spec.hpp>
#include <coppice/supervision/dynamic_supervisor.hpp>
#include <coppice/supervision/supervisor.hpp>
#include <coppice/supervision/supervisor_error.hpp>

namespace coppice {

namespace supervision {

template <class T>
using Asked = std::expected<T, SupervisorError>;

COPPICE_API Task<Asked<StartedChild>> ask_start_child(Pid supervisor, ChildSpec spec);
COPPICE_API Task<Asked<StartedChild>> ask_restart_child(Pid supervisor, std::string id);
COPPICE_API Task<Asked<void>> ask_terminate_child(Pid supervisor, std::string id);
COPPICE_API Task<Asked<void>> ask_delete_child(Pid supervisor, std::string id);
COPPICE_API Task<Asked<ChildInfo>> ask_which_child(Pid supervisor, std::string id);
COPPICE_API Task<Asked<ChildSpec>> ask_child_spec(Pid supervisor, std::string id);
COPPICE_API Task<Asked<std::vector<ChildInfo>>> ask_which_children(Pid supervisor);
COPPICE_API Task<Asked<ChildCounts>> ask_count_children(Pid supervisor);

COPPICE_API Task<Asked<StartedChild>> ask_start_dynamic(Pid supervisor, ChildSpec spec);
COPPICE_API Task<Asked<StartedChild>> ask_start_from_template(Pid supervisor,
                                                              std::unique_ptr<SpecMaker> maker);
COPPICE_API Task<Asked<void>> ask_terminate_process(Pid supervisor, Pid child);
COPPICE_API Task<Asked<ChildInfo>> ask_which_process(Pid supervisor, Pid child);
COPPICE_API Task<Asked<ChildSpec>> ask_process_spec(Pid supervisor, Pid child);
COPPICE_API Task<Asked<std::vector<ChildInfo>>> ask_which_dynamic(Pid supervisor);
COPPICE_API Task<Asked<ChildCounts>> ask_count_dynamic(Pid supervisor);

// Throws what the supervisor refused; ends the caller if it could not be reached.
[[noreturn]] COPPICE_API void throw_refused(SupervisorError error);

template <class T>
Task<T> or_throw(Task<Asked<T>> asking) {
  Asked<T> answer = co_await asking;
  if (!answer) throw_refused(std::move(answer.error()));
  if constexpr (!std::is_void_v<T>) co_return std::move(*answer);
}

// S makes its children's specs from these arguments.
template <class S, class... Args>
concept HasTemplate = requires(S& supervisor, process::stored_t<Args>... args) {
  { supervisor.child_spec(std::move(args)...) } -> std::convertible_to<ChildSpec>;
};

template <class S, class... Args>
class TemplateSpecMaker final : public SpecMaker {
 public:
  template <class... Given>
  explicit TemplateSpecMaker(std::in_place_t, Given&&... args)
      : arguments_{std::forward<Given>(args)...} {}
  ChildSpec make(DynamicSupervisor& definition) override {
    return std::apply(
        [&](Args&... args) -> ChildSpec {
          return static_cast<S&>(definition).child_spec(std::move(args)...);
        },
        arguments_);
  }

 private:
  std::tuple<Args...> arguments_;
};

template <class S, class... Args>
std::unique_ptr<SpecMaker> make_spec_maker(Args&&... args) {
  (process::check_stored<Args>(), ...);
  return std::make_unique<TemplateSpecMaker<S, process::stored_t<Args>...>>(
      std::in_place, std::forward<Args>(args)...);
}

}  // namespace supervision

template <class S>
  requires std::derived_from<S, Supervisor>
struct behaviour::RefVerbs<S, true> {
  // Starts a child behind all others and keeps its spec. Refused: already_started, already_present,
  // invalid_spec, start_failed.
  Task<StartedChild> start_child(ChildSpec spec) const {
    return supervision::or_throw(try_start_child(std::move(spec)));
  }
  auto try_start_child(ChildSpec spec) const {
    return supervision::ask_start_child(pid(), std::move(spec));
  }

  // Stops a child; its spec stays, unless it is temporary. Refused: not_found.
  Task<> terminate_child(std::string id) const {
    return supervision::or_throw(try_terminate_child(std::move(id)));
  }
  auto try_terminate_child(std::string id) const {
    return supervision::ask_terminate_child(pid(), std::move(id));
  }

  // Starts a child that has no process. Refused: not_found, running, restarting, start_failed,
  // already_started.
  Task<StartedChild> restart_child(std::string id) const {
    return supervision::or_throw(try_restart_child(std::move(id)));
  }
  auto try_restart_child(std::string id) const {
    return supervision::ask_restart_child(pid(), std::move(id));
  }

  // Forgets a child that has no process. Refused: not_found, running, restarting.
  Task<> delete_child(std::string id) const {
    return supervision::or_throw(try_delete_child(std::move(id)));
  }
  auto try_delete_child(std::string id) const {
    return supervision::ask_delete_child(pid(), std::move(id));
  }

  // All children in start order (OTP lists the latest first).
  Task<std::vector<ChildInfo>> which_children() const {
    return supervision::or_throw(try_which_children());
  }
  auto try_which_children() const { return supervision::ask_which_children(pid()); }

  // One child. Refused: not_found.
  Task<ChildInfo> which_child(std::string id) const {
    return supervision::or_throw(try_which_child(std::move(id)));
  }
  auto try_which_child(std::string id) const {
    return supervision::ask_which_child(pid(), std::move(id));
  }

  Task<ChildCounts> count_children() const { return supervision::or_throw(try_count_children()); }
  auto try_count_children() const { return supervision::ask_count_children(pid()); }

  // Refused: not_found.
  Task<ChildSpec> get_child_spec(std::string id) const {
    return supervision::or_throw(try_get_child_spec(std::move(id)));
  }
  auto try_get_child_spec(std::string id) const {
    return supervision::ask_child_spec(pid(), std::move(id));
  }

 private:
  Pid pid() const noexcept { return static_cast<const ServerRef<S>&>(*this).pid(); }
};

template <class S>
  requires std::derived_from<S, DynamicSupervisor>
struct behaviour::RefVerbs<S, true> {
  // Starts a child. Refused: invalid_spec, max_children, start_failed, already_started.
  Task<StartedChild> start_child(ChildSpec spec) const {
    return supervision::or_throw(try_start_child(std::move(spec)));
  }
  auto try_start_child(ChildSpec spec) const {
    return supervision::ask_start_dynamic(pid(), std::move(spec));
  }
  // The same with the spec that S::child_spec(args...) makes in the supervisor's process.
  template <class... Args>
    requires supervision::HasTemplate<S, Args...>
  Task<StartedChild> start_child(Args&&... args) const {
    return supervision::or_throw(try_start_child(std::forward<Args>(args)...));
  }
  template <class... Args>
    requires supervision::HasTemplate<S, Args...>
  auto try_start_child(Args&&... args) const {
    return supervision::ask_start_from_template(
        pid(), supervision::make_spec_maker<S>(std::forward<Args>(args)...));
  }

  // Stops a child and forgets it; one that has ended already is no error. Refused: not_found for a
  // process that lives and is no child.
  Task<> terminate_child(Pid child) const {
    return supervision::or_throw(try_terminate_child(child));
  }
  auto try_terminate_child(Pid child) const {
    return supervision::ask_terminate_process(pid(), child);
  }

  // All children, in no order to rely on.
  Task<std::vector<ChildInfo>> which_children() const {
    return supervision::or_throw(try_which_children());
  }
  auto try_which_children() const { return supervision::ask_which_dynamic(pid()); }

  // One child; it answers to the pid that it had while it waits for its restart. Refused:
  // not_found.
  Task<ChildInfo> which_child(Pid child) const {
    return supervision::or_throw(try_which_child(child));
  }
  auto try_which_child(Pid child) const { return supervision::ask_which_process(pid(), child); }

  // Each child counts as a spec (OTP's simple_one_for_one has one spec for all).
  Task<ChildCounts> count_children() const { return supervision::or_throw(try_count_children()); }
  auto try_count_children() const { return supervision::ask_count_dynamic(pid()); }

  // Refused: not_found.
  Task<ChildSpec> get_child_spec(Pid child) const {
    return supervision::or_throw(try_get_child_spec(child));
  }
  auto try_get_child_spec(Pid child) const { return supervision::ask_process_spec(pid(), child); }

 private:
  Pid pid() const noexcept { return static_cast<const ServerRef<S>&>(*this).pid(); }
};

}  // namespace coppice
