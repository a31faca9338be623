// The end of a process. Its steps, in this order:
//
//   1 exiting: is_alive() is false, no name can be given; the crash report is made
//   2 a pending operation is asked to cancel, and confirms: nothing is pulled from under it
//   3 (terminate callbacks have run by now: a behaviour runs them while its process still lives, as OTP does)
//   4 coroutine frames are destroyed innermost first, then the body, in process context
//   5 the inbox is closed
//   6 its name is free, its timers are gone
//   7 what was still queued is answered: monitor → down noproc, link → exit noproc; messages are dead letters; calls stay
//   8 links, then the callers that still wait, then monitors, are told, in slices
//   9 the slot is free; a starter that waits for a failed start hears of it
//
// A caller hears of the end over its link first, as in OTP, where the failed call is a monitor's message: who is linked to its
// server and does not trap ends for the server's reason, not for that of a failed call.
#pragma once

#include <cstdint>

#include <coppice/process/process.hpp>

namespace coppice::process {

enum class Ending : std::uint8_t {
  waits,  // for step 2's confirmation: park until a signal comes
  more,   // step 8 goes on in another slice
  done,   // the slot may have a new tenant already
};

// Takes the end as far as it goes now. To be called again until it is done.
Ending end_process(Process& self) noexcept;

}  // namespace coppice::process
