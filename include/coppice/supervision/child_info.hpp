// What a supervisor tells of its children: ChildPid, StartedChild, ChildInfo, ChildCounts. Plain
// values that print.
//
// Mirrors the results of supervisor:which_children/1, start_child/2 and count_children/1.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <utility>

#include <fmt/core.h>

#include <coppice/base/export.hpp>
#include <coppice/base/format.hpp>
#include <coppice/process/pid.hpp>
#include <coppice/process/type_id.hpp>
#include <coppice/supervision/child_settings.hpp>

namespace coppice {

// A child's process, if it has one: it may run, or wait to be started again after a start that
// failed, or have none (it was stopped, ended without being restarted, or its start gave `ignore`).
class ChildPid {
 public:
  // No process.
  constexpr ChildPid() = default;
  // A running process.
  constexpr ChildPid(Pid pid) noexcept : pid_{pid}, state_{pid ? State::running : State::none} {}
  static constexpr ChildPid restarting() noexcept {
    ChildPid waits;
    waits.state_ = State::restarting;
    return waits;
  }

  constexpr bool has_value() const noexcept { return state_ == State::running; }
  constexpr bool is_restarting() const noexcept { return state_ == State::restarting; }
  constexpr bool is_none() const noexcept { return state_ == State::none; }
  // The running process; throws std::logic_error if there is none.
  Pid value() const {
    if (!has_value()) throw_no_process();
    return pid_;
  }
  // The running process, or this.
  constexpr Pid value_or(Pid other) const noexcept { return has_value() ? pid_ : other; }

  friend constexpr bool operator==(const ChildPid&, const ChildPid&) = default;

 private:
  enum class State : std::uint8_t { none, running, restarting };
  [[noreturn]] COPPICE_API void throw_no_process() const;

  Pid pid_;
  State state_ = State::none;
};

// What start_child and restart_child give: the child, and what its start function gave besides
// (OTP's {ok, Child, Info}).
class StartedChild : public ChildPid {
 public:
  constexpr StartedChild() = default;
  StartedChild(ChildPid child) noexcept : ChildPid{child} {}
  StartedChild(Pid pid) noexcept : ChildPid{pid} {}
  template <class T>
  StartedChild(Pid pid, T info)
      : ChildPid{pid},
        info_{std::make_shared<const T>(std::move(info))},
        type_{process::TypeId::of<T>()} {}

  // What the start function gave besides the pid, if it is exactly a T; else null. Lives as long as
  // this object or a copy.
  template <class T>
  const T* info() const noexcept {
    return info_ != nullptr && type_ == process::TypeId::of<T>()
               ? static_cast<const T*>(info_.get())
               : nullptr;
  }
  bool has_info() const noexcept { return info_ != nullptr; }

 private:
  std::shared_ptr<const void> info_;
  process::TypeId type_;
};

struct ChildInfo {
  ChildInfo(std::string child_id, ChildPid child, ChildType child_type)
      : id{std::move(child_id)}, pid{child}, type{child_type} {}

  std::string id;
  ChildPid pid;
  ChildType type;

  friend bool operator==(const ChildInfo&, const ChildInfo&) = default;
};

struct ChildCounts {
  std::size_t specs = 0;        // all children, with a process or without
  std::size_t active = 0;       // those with a living process
  std::size_t supervisors = 0;  // those whose spec says supervisor, with a process or without
  std::size_t workers = 0;      // the others

  friend constexpr bool operator==(const ChildCounts&, const ChildCounts&) = default;
};

}  // namespace coppice

template <>
struct fmt::formatter<coppice::ChildPid> {
  constexpr auto parse(format_parse_context& ctx) { return ctx.begin(); }
  template <class Context>
  auto format(const coppice::ChildPid& child, Context& ctx) const {
    if (child.has_value()) return coppice::base::format_to(ctx.out(), "{}", child.value());
    return coppice::base::write_text(ctx.out(), child.is_restarting() ? "restarting" : "none");
  }
};
template <>
struct fmt::formatter<coppice::StartedChild> : fmt::formatter<coppice::ChildPid> {};
template <>
struct fmt::formatter<coppice::ChildInfo> {
  constexpr auto parse(format_parse_context& ctx) { return ctx.begin(); }
  template <class Context>
  auto format(const coppice::ChildInfo& child, Context& ctx) const {
    return coppice::base::format_to(ctx.out(), "{} {} {}", child.id, child.pid, child.type);
  }
};
template <>
struct fmt::formatter<coppice::ChildCounts> {
  constexpr auto parse(format_parse_context& ctx) { return ctx.begin(); }
  template <class Context>
  auto format(const coppice::ChildCounts& n, Context& ctx) const {
    return coppice::base::format_to(ctx.out(), "specs {}, active {}, supervisors {}, workers {}",
                                    n.specs, n.active, n.supervisors, n.workers);
  }
};
