#include <coppice/process/current.hpp>

#include <algorithm>

#include <coppice/process/control_signals.hpp>
#include <coppice/process/errors.hpp>
#include <coppice/process/host.hpp>
#include <coppice/process/process.hpp>
#include <coppice/process/seam.hpp>

#include "running.hpp"

namespace coppice {
namespace process {

[[gnu::tls_model("initial-exec")]] constinit thread_local Process* running = nullptr;

[[gnu::noinline]] Process* current() noexcept { return running; }

Process& current_or_throw(const char* what) {
  if (Process* process = current()) return *process;
  std::string text = std::string{what} + " was called outside any process; on a plain thread use the Runtime's functions";
  if (seam_in_use.load(base::relaxed)) text += " (a simulation's processes can be reached from its own thread alone)";
  throw ProcessError{ProcessErrorCode::bad_argument, text};
}

Host* host_for_dead_letter(Pid) noexcept {
  Process* sender = current();
  return sender == nullptr ? nullptr : sender->host.load(base::relaxed);
}

}  // namespace process

Pid self() {
  if (process::running != nullptr) [[likely]] return process::running->pid();
  return process::current_or_throw("self()").pid();
}

timing::Instant now() {
  process::Process* caller = process::current();
  if (caller == nullptr) {
    process::Seam* const seam = process::seam_here();
    return seam == nullptr ? timing::Clock{}.now() : seam->now();
  }
  return caller->host.load(base::relaxed)->clock().now();
}

bool is_alive(Pid pid) noexcept {
  process::note_touched(pid);
  return pid && pid.node() == 0 && process::slot_at(pid.slot()).life.is_alive(pid.generation());
}

bool trap_exit(bool on) {
  process::Process& self = process::current_or_throw("trap_exit()");
  const bool before = self.traps_exit;
  self.traps_exit = on;
  return before;
}

void set_label(std::string label) { process::current_or_throw("set_label()").rare().label = std::move(label); }

}  // namespace coppice
