// What a supervisor can be asked, as verbs of ServerRef<S> for every S derived from Supervisor or
// DynamicSupervisor.
//
// Each waits for the supervisor without a time limit, as in OTP, since starting and stopping a
// child takes the time that it takes. The plain form throws SupervisorError when the supervisor
// refuses, and ends the caller as a failed call does when there is no supervisor; the try_ form
// gives both as a value (SupervisorError::is_unreachable() for the second). Mirrors the functions
// of OTP's supervisor; what the two kinds of supervisor do not share is a compile error, OTP's
// {error, simple_one_for_one}.
//
// ServerRef<AnySupervisor> stands for a supervisor whose class is not known, as one that walks a
// tree finds it in a ChildInfo: `co_await
// ServerRef<AnySupervisor>{info.pid.value()}.which_children()`.
#pragma once

#include <concepts>
#include <expected>
#include <memory>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include <coppice/base/export.hpp>
#include <coppice/behaviour/call_op.hpp>
#include <coppice/behaviour/reply.hpp>
#include <coppice/behaviour/server_ref.hpp>
#include <coppice/process/calls.hpp>
#include <coppice/process/pid.hpp>
#include <coppice/process/task.hpp>
#include <coppice/supervision/child_info.hpp>
#include <coppice/supervision/child_spec.hpp>
#include <coppice/supervision/dynamic_supervisor.hpp>
#include <coppice/supervision/spec_maker.hpp>
#include <coppice/supervision/supervisor.hpp>
#include <coppice/supervision/supervisor_error.hpp>

namespace coppice {

// What every supervisor can be asked, whatever its class.
class AnySupervisor {};

namespace supervision {

template <class T>
using Asked = std::expected<T, SupervisorError>;

// The requests, as blocks that are ready to be sent.
COPPICE_API process::CallPtr make_start_child(ChildSpec spec);
COPPICE_API process::CallPtr make_restart_child(std::string id);
COPPICE_API process::CallPtr make_terminate_child(std::string id);
COPPICE_API process::CallPtr make_delete_child(std::string id);
COPPICE_API process::CallPtr make_which_child(std::string id);
COPPICE_API process::CallPtr make_child_spec(std::string id);
COPPICE_API process::CallPtr make_which_children();
COPPICE_API process::CallPtr make_count_children();

COPPICE_API process::CallPtr make_start_dynamic(ChildSpec spec);
COPPICE_API process::CallPtr make_start_from_template(std::unique_ptr<SpecMaker> maker);
COPPICE_API process::CallPtr make_terminate_process(Pid child);
COPPICE_API process::CallPtr make_which_process(Pid child);
COPPICE_API process::CallPtr make_process_spec(Pid child);
COPPICE_API process::CallPtr make_which_dynamic();
COPPICE_API process::CallPtr make_count_dynamic();

// Throws what the supervisor refused; ends the caller if it could not be reached.
[[noreturn]] COPPICE_API void throw_refused(SupervisorError error);

// What the supervisor's handler returns: the value, or why not; some cannot be refused.
template <class Replied>
struct ReplyValue {
  using type = Replied;
};
template <class T>
struct ReplyValue<Asked<T>> {
  using type = T;
};

template <class Replied, behaviour::OnFailure how>
class AskAwaiter final : public behaviour::CallAwaiterBase {
 public:
  using Value = typename ReplyValue<Replied>::type;
  using Result = std::conditional_t<how == behaviour::OnFailure::throws, Value, Asked<Value>>;

  AskAwaiter(process::Process& self, Pid supervisor, process::CallPtr call) noexcept
      : CallAwaiterBase{self, supervisor, std::move(call), timing::forever} {}

  Result await_resume() {
    if (failed()) return refused(SupervisorError::unreachable(error().reason()));
    Replied& reply = *static_cast<behaviour::ReplySlot<Replied>&>(*answer_).reply;
    if constexpr (std::is_same_v<Replied, Result>) {
      return std::move(reply);
    } else if constexpr (std::is_same_v<Replied, Value>) {
      return Asked<Value>{std::move(reply)};
    } else {
      if (!reply) return refused(std::move(reply.error()));
      if constexpr (!std::is_void_v<Value>) return std::move(*reply);
    }
  }

 private:
  static Result refused(SupervisorError why) {
    if constexpr (how == behaviour::OnFailure::throws)
      throw_refused(std::move(why));
    else
      return std::unexpected{std::move(why)};
  }
};

// What the verbs give, to be awaited at once: a call without a time limit.
template <class Replied, behaviour::OnFailure how>
class [[nodiscard]] AskOp {
 public:
  AskOp(Pid supervisor, process::CallPtr call) noexcept
      : supervisor_{supervisor}, call_{std::move(call)} {}
  AskAwaiter<Replied, how> bind(process::Process& self) {
    return {self, supervisor_, std::move(call_)};
  }

  // As a coroutine, for a function that hands it on.
  using Result = typename AskAwaiter<Replied, how>::Result;
  operator Task<Result>() && { return as_task(std::move(*this)); }

 private:
  static Task<Result> as_task(AskOp asking) {
    if constexpr (std::is_void_v<Result>)
      co_await asking;
    else
      co_return co_await asking;
  }

  Pid supervisor_;
  process::CallPtr call_;
};
template <class Replied>
using Ask = AskOp<Replied, behaviour::OnFailure::throws>;
template <class Replied>
using TryAsk = AskOp<Replied, behaviour::OnFailure::returns>;

}  // namespace supervision

template <class S>
  requires std::derived_from<S, Supervisor>
struct behaviour::RefVerbs<S, true> {
  // Starts a child behind all others and keeps its spec. Refused: already_started, already_present,
  // invalid_spec, start_failed.
  supervision::Ask<supervision::Asked<StartedChild>> start_child(ChildSpec spec) const {
    return {pid(), supervision::make_start_child(std::move(spec))};
  }
  supervision::TryAsk<supervision::Asked<StartedChild>> try_start_child(ChildSpec spec) const {
    return {pid(), supervision::make_start_child(std::move(spec))};
  }

  // Stops a child; its spec stays, unless it is temporary. Refused: not_found.
  supervision::Ask<supervision::Asked<void>> terminate_child(std::string id) const {
    return {pid(), supervision::make_terminate_child(std::move(id))};
  }
  supervision::TryAsk<supervision::Asked<void>> try_terminate_child(std::string id) const {
    return {pid(), supervision::make_terminate_child(std::move(id))};
  }

  // Starts a child that has no process. Refused: not_found, running, restarting, start_failed,
  // already_started.
  supervision::Ask<supervision::Asked<StartedChild>> restart_child(std::string id) const {
    return {pid(), supervision::make_restart_child(std::move(id))};
  }
  supervision::TryAsk<supervision::Asked<StartedChild>> try_restart_child(std::string id) const {
    return {pid(), supervision::make_restart_child(std::move(id))};
  }

  // Forgets a child that has no process. Refused: not_found, running, restarting.
  supervision::Ask<supervision::Asked<void>> delete_child(std::string id) const {
    return {pid(), supervision::make_delete_child(std::move(id))};
  }
  supervision::TryAsk<supervision::Asked<void>> try_delete_child(std::string id) const {
    return {pid(), supervision::make_delete_child(std::move(id))};
  }

  // All children in start order (OTP lists the latest first).
  supervision::Ask<std::vector<ChildInfo>> which_children() const {
    return {pid(), supervision::make_which_children()};
  }
  supervision::TryAsk<std::vector<ChildInfo>> try_which_children() const {
    return {pid(), supervision::make_which_children()};
  }

  // One child. Refused: not_found.
  supervision::Ask<supervision::Asked<ChildInfo>> which_child(std::string id) const {
    return {pid(), supervision::make_which_child(std::move(id))};
  }
  supervision::TryAsk<supervision::Asked<ChildInfo>> try_which_child(std::string id) const {
    return {pid(), supervision::make_which_child(std::move(id))};
  }

  supervision::Ask<ChildCounts> count_children() const {
    return {pid(), supervision::make_count_children()};
  }
  supervision::TryAsk<ChildCounts> try_count_children() const {
    return {pid(), supervision::make_count_children()};
  }

  // Refused: not_found.
  supervision::Ask<supervision::Asked<ChildSpec>> get_child_spec(std::string id) const {
    return {pid(), supervision::make_child_spec(std::move(id))};
  }
  supervision::TryAsk<supervision::Asked<ChildSpec>> try_get_child_spec(std::string id) const {
    return {pid(), supervision::make_child_spec(std::move(id))};
  }

 private:
  Pid pid() const noexcept { return static_cast<const ServerRef<S>&>(*this).pid(); }
};

template <class S>
  requires std::derived_from<S, DynamicSupervisor>
struct behaviour::RefVerbs<S, true> {
  // Starts a child. Refused: invalid_spec, max_children, start_failed, already_started.
  supervision::Ask<supervision::Asked<StartedChild>> start_child(ChildSpec spec) const {
    return {pid(), supervision::make_start_dynamic(std::move(spec))};
  }
  supervision::TryAsk<supervision::Asked<StartedChild>> try_start_child(ChildSpec spec) const {
    return {pid(), supervision::make_start_dynamic(std::move(spec))};
  }
  // The same with the spec that S::child_spec(args...) makes in the supervisor's process.
  template <class... Args>
    requires supervision::HasTemplate<S, Args...>
  supervision::Ask<supervision::Asked<StartedChild>> start_child(Args&&... args) const {
    return {pid(), supervision::make_start_from_template(
                       supervision::make_spec_maker<S>(std::forward<Args>(args)...))};
  }
  template <class... Args>
    requires supervision::HasTemplate<S, Args...>
  supervision::TryAsk<supervision::Asked<StartedChild>> try_start_child(Args&&... args) const {
    return {pid(), supervision::make_start_from_template(
                       supervision::make_spec_maker<S>(std::forward<Args>(args)...))};
  }

  // Stops a child and forgets it; one that has ended already is no error. Refused: not_found for a
  // process that lives and is no child.
  supervision::Ask<supervision::Asked<void>> terminate_child(Pid child) const {
    return {pid(), supervision::make_terminate_process(child)};
  }
  supervision::TryAsk<supervision::Asked<void>> try_terminate_child(Pid child) const {
    return {pid(), supervision::make_terminate_process(child)};
  }

  // All children, in no order to rely on.
  supervision::Ask<std::vector<ChildInfo>> which_children() const {
    return {pid(), supervision::make_which_dynamic()};
  }
  supervision::TryAsk<std::vector<ChildInfo>> try_which_children() const {
    return {pid(), supervision::make_which_dynamic()};
  }

  // One child; it answers to the pid that it had while it waits for its restart. Refused:
  // not_found.
  supervision::Ask<supervision::Asked<ChildInfo>> which_child(Pid child) const {
    return {pid(), supervision::make_which_process(child)};
  }
  supervision::TryAsk<supervision::Asked<ChildInfo>> try_which_child(Pid child) const {
    return {pid(), supervision::make_which_process(child)};
  }

  // Each child counts as a spec (OTP's simple_one_for_one has one spec for all).
  supervision::Ask<ChildCounts> count_children() const {
    return {pid(), supervision::make_count_dynamic()};
  }
  supervision::TryAsk<ChildCounts> try_count_children() const {
    return {pid(), supervision::make_count_dynamic()};
  }

  // Refused: not_found.
  supervision::Ask<supervision::Asked<ChildSpec>> get_child_spec(Pid child) const {
    return {pid(), supervision::make_process_spec(child)};
  }
  supervision::TryAsk<supervision::Asked<ChildSpec>> try_get_child_spec(Pid child) const {
    return {pid(), supervision::make_process_spec(child)};
  }

 private:
  Pid pid() const noexcept { return static_cast<const ServerRef<S>&>(*this).pid(); }
};

// A process that is no supervisor is unreachable.
template <>
struct COPPICE_API behaviour::RefVerbs<AnySupervisor, true> {
  // All children; in start order, if they have one.
  Task<supervision::Asked<std::vector<ChildInfo>>> try_which_children() const;
  Task<std::vector<ChildInfo>> which_children() const;

  Task<supervision::Asked<ChildCounts>> try_count_children() const;
  Task<ChildCounts> count_children() const;

 private:
  Pid pid() const noexcept;
};

}  // namespace coppice
