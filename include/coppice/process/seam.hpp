// Seam: what a simulator puts under a runtime's processes, beside schedule::Director and timing::ClockSource: the numbers of
// their slots, and a look at each signal before it arrives. Null in real runs, where it costs one predictable test at a
// process's birth and at its end, and nothing on the way of a message: a simulated process's inbox is marked as watched, and
// so refuses a push by the test that a push makes anyway (base/inbox.hpp).
//
// Everything is called on the simulator's own thread, but sending(): a simulated process can be sent to from anywhere.
#pragma once

#include <cstdint>

#include <coppice/base/export.hpp>
#include <coppice/process/host.hpp>
#include <coppice/process/pid.hpp>

namespace coppice::process {

struct Signal;

class COPPICE_API Seam {
 public:
  virtual ~Seam();

  // A slot for a new process, one of the table's reserved ones; 0 if none is left.
  virtual std::uint32_t take_slot() noexcept = 0;
  virtual void give_back(std::uint32_t slot) noexcept = 0;
  // All slots that were ever taken lie in here.
  virtual SlotRange slots() const noexcept = 0;

  // What random_number() gives to the simulation's processes.
  virtual std::uint64_t random(std::uint64_t below) noexcept = 0;

  // `signal` is about to be pushed to `to`, which was alive a moment ago; false: it shall not be, as if `to` were dead. Others
  // may run meanwhile, and `to` may end. May be called with the registry's lock held (kind completion) or a timer wheel's
  // (while the simulator polls): then nothing may run.
  [[nodiscard]] virtual bool sending(Pid to, Signal& signal) noexcept = 0;
};

}  // namespace coppice::process
