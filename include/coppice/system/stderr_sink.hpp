// StderrSink: the reports that a runtime writes when it was given no EventSink: crashes, supervisors' doings, stalls,
// messages without a handler. One report is one write, so that reports of several threads do not mix.
#pragma once

#include <coppice/base/export.hpp>
#include <coppice/process/events.hpp>

namespace coppice::hosting {

class COPPICE_API StderrSink final : public process::EventSink {
 public:
  enum class Reports : bool { off, on };
  explicit StderrSink(Reports reports) noexcept : on_{reports == Reports::on} {}

  void crashed(const process::CrashReport& report) noexcept override;
  bool wants_crash_reports() const noexcept override { return on_; }
  void supervised(const process::SupervisorReport& report) noexcept override;
  bool wants_supervised() const noexcept override { return on_; }
  void handler_crashed(const process::HandlerReport& report) noexcept override;
  void stalled(const schedule::StallReport& report) noexcept override;
  void unhandled(Pid server, std::string_view server_type, std::string_view message_type) noexcept override;

 private:
  bool on_;
};

}  // namespace coppice::hosting
