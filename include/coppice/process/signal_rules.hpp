// The rules of exit signals, as a pure function (OTP's "receiving exit signals").
#pragma once

#include <cstdint>

#include <coppice/process/exit_reason.hpp>

namespace coppice::process {

enum class ExitRule : std::uint8_t { ignore, message, end, end_killed };

// What an exit signal does to its receiver. `over_link`: it came because a linked process ended; then `kill` is a reason
// like any other.
inline ExitRule rule_for_exit(const ExitReason& reason, bool over_link, bool traps, bool from_self) noexcept {
  if (!over_link && reason.kind() == ReasonKind::kill) return ExitRule::end_killed;
  if (traps) return ExitRule::message;
  if (reason.is_normal()) return !over_link && from_self ? ExitRule::end : ExitRule::ignore;
  return ExitRule::end;
}

}  // namespace coppice::process
