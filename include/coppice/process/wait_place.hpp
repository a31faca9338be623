// Where in the source a process waits: told to a simulator, which says so of processes that wait for ever.
//
// GCC keeps the default argument that brings the place in the coroutine's frame, which costs an await six instructions. So code that
// is optimised does without, unless COPPICE_WAIT_PLACES is defined as 1; tests are seldom optimised.
#pragma once

#include <source_location>

#include <coppice/base/export.hpp>
#include <coppice/base/sync.hpp>

#if !defined(COPPICE_WAIT_PLACES)
#if defined(__OPTIMIZE__)
#define COPPICE_WAIT_PLACES 0
#else
#define COPPICE_WAIT_PLACES 1
#endif
#endif

namespace coppice::process {

struct Frame;

// Whether there is a simulation in this program.
COPPICE_API extern base::Atomic<bool> seam_in_use;

// The frame awaits something there.
COPPICE_API void tell_wait(const Frame& frame, std::source_location where) noexcept;

#if COPPICE_WAIT_PLACES
using WaitPlace = std::source_location;
inline void note_wait(const Frame& frame, WaitPlace where) noexcept {
  if (seam_in_use.load(base::relaxed)) [[unlikely]]
    tell_wait(frame, where);
}
#else
struct WaitPlace {
  static constexpr WaitPlace current() noexcept { return {}; }
};
inline void note_wait(const Frame&, WaitPlace) noexcept {}
#endif

}  // namespace coppice::process
