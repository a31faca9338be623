// Reporter: what a supervisor tells its runtime of its children (OTP's supervisor reports), and its
// memory of the last crashes, so that it can say why it gives up.
//
// Nothing is written when the runtime's event sink wants no reports; the last crashes are kept all
// the same. Owned by the supervisor's process.
#pragma once

#include <array>
#include <cstddef>
#include <memory>
#include <string>

#include <fmt/core.h>

#include <coppice/base/export.hpp>
#include <coppice/base/format.hpp>
#include <coppice/process/events.hpp>
#include <coppice/process/exit_reason.hpp>
#include <coppice/process/pid.hpp>
#include <coppice/supervision/child_spec.hpp>
#include <coppice/supervision/intensity.hpp>

namespace coppice::supervision {

// The reason of the report with which a supervisor gives up (OTP's reached_max_restart_intensity).
struct IntensityReached {
  friend bool operator==(const IntensityReached&, const IntensityReached&) = default;
};

class COPPICE_API Reporter {
 public:
  // Of children without a process, or that did not start.
  void start_error(const ChildSpec& child, const ExitReason& reason);
  // A child ended by itself and was not expected to.
  void child_terminated(const ChildSpec& child, Pid pid, const ExitReason& reason);
  // `children` ended for the same unexpected reason while they were stopped; `pid` is one of them.
  void shutdown_error(const ChildSpec& child, Pid pid, const ExitReason& reason,
                      std::size_t children = 1);
  void restarted(const ChildSpec& child, Pid pid, const RestartBudget& budget);
  void gives_up(const ChildSpec& child, const RestartBudget& budget);

 private:
  struct Crash {
    std::string child;
    ExitReason reason;
  };
  static constexpr std::size_t remembered = 5;

  void remember(const ChildSpec& child, const ExitReason& reason);
  std::string last_crashes() const;

  std::unique_ptr<std::array<Crash, remembered>> crashes_;  // a ring, made with the first crash
  std::size_t crash_count_ = 0;
};

}  // namespace coppice::supervision

template <>
struct fmt::formatter<coppice::supervision::IntensityReached> {
  constexpr auto parse(format_parse_context& ctx) { return ctx.begin(); }
  template <class Context>
  auto format(const coppice::supervision::IntensityReached&, Context& ctx) const {
    return coppice::base::write_text(ctx.out(), "reached_max_restart_intensity");
  }
};
