#include <coppice/system/stderr_sink.hpp>

#include <cstdio>

#include <fmt/core.h>

namespace coppice::hosting {
namespace {

void write(const std::string& text) noexcept { std::fwrite(text.data(), 1, text.size(), stderr); }

const char* name_of(process::SupervisorReport::Context context) noexcept {
  using Context = process::SupervisorReport::Context;
  switch (context) {
    case Context::start_error: return "could not start";
    case Context::child_terminated: return "lost";
    case Context::shutdown_error: return "stopped, with an error,";
    case Context::shutdown: return "gives up after the end of";
    case Context::restarted: return "restarted";
    case Context::gave_up: return "gave up";
  }
  return "";
}

}  // namespace

void StderrSink::crashed(const process::CrashReport& report) noexcept {
  if (!on_) return;
  std::string text = fmt::format("coppice: crash of {}", report.pid);
  if (report.name) text += fmt::format(" \"{}\"", report.name);
  if (!report.label.empty()) text += fmt::format(" [{}]", report.label);
  text += fmt::format(": {}\n  running: {}\n", report.reason, report.what);
  if (!report.last_message.empty()) text += fmt::format("  handling: {}\n", report.last_message);
  if (!report.ancestors.empty()) {
    text += "  ancestors:";
    for (const Pid ancestor : report.ancestors) text += fmt::format(" {}", ancestor);
    text += '\n';
  }
  write(text);
}

void StderrSink::supervised(const process::SupervisorReport& report) noexcept {
  if (!on_) return;
  std::string text = fmt::format("coppice: supervisor {}", report.supervisor);
  if (!report.supervisor_label.empty()) text += fmt::format(" [{}]", report.supervisor_label);
  text += fmt::format(" {} {}", name_of(report.context), report.child_id);
  if (report.child) text += fmt::format(" {}", report.child);
  if (report.context != process::SupervisorReport::Context::restarted) text += fmt::format(": {}", report.reason);
  if (!report.detail.empty()) text += fmt::format(" ({})", report.detail);
  write(text + '\n');
}

void StderrSink::handler_crashed(const process::HandlerReport& report) noexcept {
  if (!on_) return;
  std::string text = fmt::format("coppice: event manager {}", report.manager);
  if (report.manager_name) text += fmt::format(" \"{}\"", report.manager_name);
  text += fmt::format(" lost its handler {}", report.handler);
  if (!report.doing.empty()) text += fmt::format(", handling {}", report.doing);
  write(text + fmt::format(": {}\n", report.reason));
}

void StderrSink::stalled(const schedule::StallReport& report) noexcept {
  if (!on_) return;
  const auto ms = std::chrono::duration_cast<std::chrono::milliseconds>(report.lasted).count();
  write(fmt::format("coppice: {} holds worker {} for {} ms; {} spare workers on duty{}\n", report.runnable, report.worker, ms,
                    report.spares, report.cap_reached ? ", no more may be started: work waits" : ""));
}

void StderrSink::unhandled(Pid server, std::string_view server_type, std::string_view message_type) noexcept {
  if (!on_) return;
  write(fmt::format("coppice: {} {} has no handler for a {}; dropped\n", fmt::string_view{server_type.data(), server_type.size()},
                    server, fmt::string_view{message_type.data(), message_type.size()}));
}

}  // namespace coppice::hosting
