// SupervisorError: why a supervisor did not do what it was asked. The plain verbs of a supervisor's
// reference throw it, their try_ twins give it in a std::expected. FailedToStart: the reason with
// which a supervisor's own start fails when a child's does.
//
// One pointer to a shared immutable block, so a copy costs little and cannot throw. Mirrors the
// {error, _} results of OTP's supervisor; its simple_one_for_one is a compile error here, since a
// dynamic supervisor has no verbs with ids.
#pragma once

#include <cstdint>
#include <exception>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include <fmt/core.h>

#include <coppice/base/export.hpp>
#include <coppice/base/format.hpp>
#include <coppice/process/exit_reason.hpp>
#include <coppice/process/pid.hpp>
#include <coppice/supervision/spec_check.hpp>
#include <coppice/supervision/words.hpp>

namespace coppice {

class COPPICE_API SupervisorError : public std::exception {
 public:
  enum class Kind : std::uint8_t {
    already_started,  // start_child: a child of this id runs; or the start function itself said so.
                      // pid() is that process
    already_present,  // start_child: a child of this id is known and has no process
    running,          // restart_child, delete_child: it has a process
    restarting,       // restart_child, delete_child: it waits for its restart
    not_found,        // no such child
    invalid_spec,     // start_child: spec_error() says what
    max_children,     // start_child: no more children are allowed
    start_failed,     // start_child, restart_child: reason() says why
    unreachable,      // the supervisor did not answer; reason() says why, noproc above all
  };

  static SupervisorError already_started(std::string_view child, Pid pid);
  static SupervisorError start_failed(std::string_view child, ExitReason reason);
  static SupervisorError invalid_spec(supervision::SpecError error);
  static SupervisorError unreachable(ExitReason reason);
  // The kinds that need no more than the child they are about.
  SupervisorError(Kind kind, std::string_view child);

  Kind kind() const noexcept;
  bool is_already_started() const noexcept { return kind() == Kind::already_started; }
  bool is_already_present() const noexcept { return kind() == Kind::already_present; }
  bool is_running() const noexcept { return kind() == Kind::running; }
  bool is_restarting() const noexcept { return kind() == Kind::restarting; }
  bool is_not_found() const noexcept { return kind() == Kind::not_found; }
  bool is_invalid_spec() const noexcept { return kind() == Kind::invalid_spec; }
  bool is_bad_combination() const noexcept {
    return spec_error() != nullptr && spec_error()->is_bad_combination();
  }
  bool is_max_children() const noexcept { return kind() == Kind::max_children; }
  bool is_start_failed() const noexcept { return kind() == Kind::start_failed; }
  bool is_unreachable() const noexcept { return kind() == Kind::unreachable; }

  // The child's id, or its pid as text; empty if the error is about none.
  const std::string& child() const noexcept;
  // The process that was there already; none unless is_already_started().
  Pid pid() const noexcept;
  // Why the start or the call failed; `normal` for the other kinds.
  const ExitReason& reason() const noexcept;
  // What is wrong with the spec; null unless is_invalid_spec(). Lives as long as the error or a
  // copy.
  const supervision::SpecError* spec_error() const noexcept;
  const std::string& text() const noexcept;
  const char* what() const noexcept override { return text().c_str(); }

 private:
  struct Detail;
  explicit SupervisorError(Detail detail);

  std::shared_ptr<const Detail> detail_;
};

namespace supervision {

// The payload of the shutdown(...) with which a supervisor's start fails because a child's start
// did (OTP's {failed_to_start_child, Id, Reason}).
struct FailedToStart {
  FailedToStart(std::string id, ExitReason why) : child{std::move(id)}, reason{std::move(why)} {}

  std::string child;
  ExitReason reason;

  friend bool operator==(const FailedToStart&, const FailedToStart&) = default;
};

}  // namespace supervision
}  // namespace coppice

template <>
struct coppice::supervision::Words<coppice::SupervisorError::Kind> {
  static constexpr const char* of[] = {
      "already_started", "already_present", "running",      "restarting",  "not_found",
      "invalid_spec",    "max_children",    "start_failed", "unreachable"};
};
template <>
struct fmt::formatter<coppice::SupervisorError::Kind>
    : coppice::supervision::WordFormatter<coppice::SupervisorError::Kind> {};
template <>
struct fmt::formatter<coppice::SupervisorError> {
  constexpr auto parse(format_parse_context& ctx) { return ctx.begin(); }
  template <class Context>
  auto format(const coppice::SupervisorError& error, Context& ctx) const {
    return coppice::base::write_text(ctx.out(), error.text());
  }
};
template <>
struct fmt::formatter<coppice::supervision::FailedToStart> {
  constexpr auto parse(format_parse_context& ctx) { return ctx.begin(); }
  template <class Context>
  auto format(const coppice::supervision::FailedToStart& failed, Context& ctx) const {
    return coppice::base::format_to(ctx.out(), "failed to start child \"{}\": {}", failed.child,
                                    failed.reason);
  }
};
