#include <coppice/supervision/supervisor_error.hpp>

#include <optional>

#include <fmt/core.h>

namespace coppice {

struct SupervisorError::Detail {
  Kind kind;
  std::string child;
  Pid pid;
  ExitReason reason;
  std::optional<supervision::SpecError> spec_error;
  std::string text;
};

namespace {

std::string about(std::string_view child, std::string_view what) {
  return child.empty() ? std::string{what} : fmt::format("child \"{}\" {}", child, what);
}

std::string_view words(SupervisorError::Kind kind) {
  using Kind = SupervisorError::Kind;
  switch (kind) {
    case Kind::already_started: return "is already started";
    case Kind::already_present: return "is already present, without a process";
    case Kind::running: return "is running";
    case Kind::restarting: return "is restarting";
    case Kind::not_found: return "is not known to this supervisor";
    case Kind::invalid_spec: return "has an invalid specification";
    case Kind::max_children: return "was not started: max_children is reached";
    case Kind::start_failed: return "failed to start";
    case Kind::unreachable: return "the supervisor did not answer";
  }
  return "";
}

}  // namespace

SupervisorError::SupervisorError(Detail detail)
    : detail_{std::make_shared<const Detail>(std::move(detail))} {}

SupervisorError::SupervisorError(Kind kind, std::string_view child)
    : SupervisorError{Detail{kind, std::string{child}, {}, {}, {}, about(child, words(kind))}} {}

SupervisorError SupervisorError::already_started(std::string_view child, Pid pid) {
  std::string text = about(child, fmt::format("{} as {}", words(Kind::already_started), pid));
  return SupervisorError{
      Detail{Kind::already_started, std::string{child}, pid, {}, {}, std::move(text)}};
}

SupervisorError SupervisorError::start_failed(std::string_view child, ExitReason reason) {
  std::string text = about(child, fmt::format("{}: {}", words(Kind::start_failed), reason));
  return SupervisorError{
      Detail{Kind::start_failed, std::string{child}, {}, std::move(reason), {}, std::move(text)}};
}

SupervisorError SupervisorError::invalid_spec(supervision::SpecError error) {
  std::string child = error.child();
  std::string text = error.text();
  return SupervisorError{
      Detail{Kind::invalid_spec, std::move(child), {}, {}, std::move(error), std::move(text)}};
}

SupervisorError SupervisorError::unreachable(ExitReason reason) {
  std::string text = fmt::format("{}: {}", words(Kind::unreachable), reason);
  return SupervisorError{Detail{Kind::unreachable, {}, {}, std::move(reason), {}, std::move(text)}};
}

SupervisorError::Kind SupervisorError::kind() const noexcept { return detail_->kind; }
const std::string& SupervisorError::child() const noexcept { return detail_->child; }
Pid SupervisorError::pid() const noexcept { return detail_->pid; }
const ExitReason& SupervisorError::reason() const noexcept { return detail_->reason; }
const supervision::SpecError* SupervisorError::spec_error() const noexcept {
  return detail_->spec_error ? &*detail_->spec_error : nullptr;
}
const std::string& SupervisorError::text() const noexcept { return detail_->text; }

}  // namespace coppice
