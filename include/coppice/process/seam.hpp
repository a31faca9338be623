// Seam: what a simulator puts under a runtime's processes, beside schedule::Director and timing::ClockSource: the numbers of
// their slots, and a look at each signal before it arrives. Null in real runs, where it costs one predictable test at a
// process's birth and at its end, and at a timer's, and nothing on the way of a message: a simulated process's inbox is marked as watched, and
// so refuses a push by the test that a push makes anyway (base/inbox.hpp).
//
// What a process reads or changes of others' other than by a signal (liveness, names, timers for another, call edges) is noted
// by touched(): a simulator that goes through all schedules must know which steps could as well change places.
//
// Everything is called on the simulator's own thread, but sending(), is_here() and only_here(): a simulated process can be sent
// to from anywhere, and its runtime asked.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include <coppice/base/export.hpp>
#include <coppice/base/sync.hpp>
#include <coppice/process/atom.hpp>
#include <coppice/process/host.hpp>
#include <coppice/process/pid.hpp>
#include <coppice/process/table.hpp>
#include <coppice/process/wait_place.hpp>
#include <coppice/time/instant.hpp>

namespace coppice::process {

struct Signal;

// What a supervisor is about to do with a child, or has done: a simulator holds it against the rules.
struct ChildStep {
  enum class What : std::uint8_t { starts, started, stops, restarts, gives_up };
  What what;
  Pid supervisor = {};
  Pid child = {};                // none if it has no process yet, or if its start failed
  std::vector<Pid> later = {};   // starts, stops: the processes of the children that come after it
  std::uint64_t intensity = 0;   // restarts, gives_up
  timing::Duration period = {};
};

// Real timers' slots are below.
inline constexpr std::uint32_t first_numbered_timer = std::uint32_t{1} << 31;

class COPPICE_API Seam {
 public:
  virtual ~Seam();

  // A slot for a new process, one of the table's reserved ones; 0 if none is left.
  virtual std::uint32_t take_slot() noexcept = 0;
  virtual void give_back(std::uint32_t slot) noexcept = 0;
  // All slots that were ever taken lie in here.
  virtual SlotRange slots() const noexcept = 0;

  // The number that a timer shows which the running process has just set (its slot is first_numbered_timer or above), the timer
  // behind such a number, none if it has ended, and its end. The end may come with the timer wheel's lock held.
  virtual TimerRef number_timer(TimerRef timer) = 0;
  virtual TimerRef timer_of(TimerRef number) const noexcept = 0;
  virtual void timer_ended(std::uint32_t slot) noexcept = 0;

  // What now() and random_number() give, to the simulation's processes and to what else runs on its thread.
  virtual timing::Instant now() = 0;
  virtual std::uint64_t random(std::uint64_t below) noexcept = 0;

  // `signal` is about to be pushed to `to`, which was alive a moment ago. Refuse: it shall not be, as if `to` were dead. Taken:
  // the seam has it, and will push it later. Others may run meanwhile, and `to` may end. May be called with the registry's lock
  // held (kind completion) or a timer wheel's (while the simulator polls): then nothing may run.
  enum class Delivery : std::uint8_t { push, refuse, taken };
  [[nodiscard]] virtual Delivery sending(Pid to, Signal& signal) noexcept = 0;

  // Whether the calling thread is the simulation's.
  virtual bool is_here() const noexcept = 0;
  // Throws std::logic_error on any thread but the simulation's; the error says what was asked for (`what`, `of` whom), where,
  // and why not. Nothing of the simulation is read that changes.
  virtual void only_here(std::string_view what, std::string_view of = {}) const = 0;

  // What the running step looked at or changed.
  virtual void touched(Pid process) noexcept = 0;
  virtual void touched(Atom name, bool changed) noexcept = 0;
  virtual void touched_everything() noexcept = 0;

  virtual void child_step(const ChildStep& step) noexcept = 0;

  // Memory is about to be taken at a place that has a name; throws std::bad_alloc if there shall be none.
  virtual void allocates(std::string_view point) = 0;

  // A frame of the running process awaits something there.
  virtual void waits(const Frame& frame, std::source_location where) noexcept = 0;
};

// The seam of the calling process's runtime, or of the thread if no process runs there; null if it has none.
COPPICE_API Seam* find_seam() noexcept;
// For a simulator: this is the thread's seam from now on.
COPPICE_API void set_thread_seam(Seam* seam) noexcept;
inline Seam* seam_here() noexcept {
  if (seam_in_use.load(base::relaxed)) [[unlikely]]
    return find_seam();
  return nullptr;
}

// For a pid no load is needed: a simulation's processes live in the table's reserved slots.
inline void note_touched(Pid process) noexcept {
  if (process.slot() >= first_reserved_slot) [[unlikely]]
    if (Seam* const seam = find_seam()) seam->touched(process);
}
inline void note_touched(Atom name, bool changed) noexcept {
  if (Seam* const seam = seam_here()) seam->touched(name, changed);
}
inline void allocates(std::string_view point) {
  if (Seam* const seam = seam_here()) seam->allocates(point);
}
inline void note_touched_everything() noexcept {
  if (Seam* const seam = seam_here()) seam->touched_everything();
}

}  // namespace coppice::process
