// Which class an exit reason belongs to for the rules of supervision.
#pragma once

#include <coppice/process/exit_reason.hpp>
#include <coppice/supervision/restart.hpp>

namespace coppice::supervision {

inline Ending ending_of(const ExitReason& reason) noexcept {
  switch (reason.kind()) {
    case process::ReasonKind::normal: return Ending::normal;
    case process::ReasonKind::shutdown: return Ending::shutdown;
    case process::ReasonKind::shutdown_with: return Ending::shutdown_with;
    case process::ReasonKind::killed: return Ending::killed;
    default: return Ending::other;
  }
}

}  // namespace coppice::supervision
