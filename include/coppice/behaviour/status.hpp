// ServerStatus: what a server says of itself (sys:get_status/1), also while one of its handlers is suspended.
#pragma once

#include <cstddef>
#include <string>

#include <fmt/core.h>

#include <coppice/base/format.hpp>
#include <coppice/process/atom.hpp>
#include <coppice/process/pid.hpp>

namespace coppice {

struct ServerStatus {
  enum class Mode : std::uint8_t { running, suspended };

  Pid pid;
  Atom name;
  std::string server;        // its class
  Pid parent;
  Mode mode = Mode::running;
  std::string handling;      // the message whose handler is suspended; empty if none
  std::size_t queued = 0;    // messages that wait
  std::string label;
  // Of a StateMachine:
  std::string state;          // its value, or its type if it does not print
  std::size_t postponed = 0;  // events that wait for a change of state
  std::size_t timeouts = 0;   // that run
};

namespace behaviour {

struct StatusRequest {};

}  // namespace behaviour
}  // namespace coppice

template <>
struct fmt::formatter<coppice::ServerStatus> {
  constexpr auto parse(format_parse_context& ctx) { return ctx.begin(); }
  template <class Context>
  auto format(const coppice::ServerStatus& s, Context& ctx) const {
    auto out = coppice::base::format_to(ctx.out(), "{} {}", s.server, s.pid);
    if (s.name) out = coppice::base::format_to(out, " ({})", s.name);
    out = coppice::base::format_to(
        out, " {}, {} queued",
        s.mode == coppice::ServerStatus::Mode::running ? "running" : "suspended", s.queued);
    if (!s.state.empty())
      out = coppice::base::format_to(out, ", in state {}, {} postponed, {} timeouts", s.state,
                                     s.postponed, s.timeouts);
    if (!s.handling.empty()) out = coppice::base::format_to(out, ", handling {}", s.handling);
    return out;
  }
};
