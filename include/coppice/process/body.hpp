// Body: what a process is: a coroutine, a server. The slice loop asks it for the next piece of work whenever no coroutine
// frame is active.
#pragma once

#include <cstdint>

#include <coppice/base/block_pool.hpp>
#include <coppice/process/process.hpp>

namespace coppice::process {

enum class Step : std::uint8_t {
  again,  // something was done, or a frame was made active; call again
  idle,   // nothing to do until a signal comes
  ended,  // the process ends, for the reason given to end_with() (normal if none was)
};

class COPPICE_API Body : public base::PoolAllocated {
 public:
  Body() = default;
  Body(const Body&) = delete;
  Body& operator=(const Body&) = delete;
  // Runs in the process, as its last code; must not throw.
  virtual ~Body();

  // Called in the process when no frame is active. What leaves it as an exception ends the process.
  virtual Step step(Process& self) = 0;
  // What runs, for reports: the function's or the server's class.
  virtual TypeId what() const noexcept = 0;
  // The type of the message that is being handled; none between messages.
  virtual TypeId handling() const noexcept { return {}; }
  // A system signal came, perhaps while a frame is active; true if it was answered (and taken) at once, false: it waits.
  virtual bool answer_at_once(Process&, Signal&) { return false; }
  // The class that a ServerRef may name; none for a plain process.
  virtual TypeId server_type() const noexcept { return {}; }
};

}  // namespace coppice::process
