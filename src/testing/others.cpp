// What a simulation refuses: other threads, and the world outside. What they do at their own time no seed repeats.
#include <fmt/core.h>

#include <coppice/base/thread_text.hpp>

#include "simulator.hpp"

namespace coppice::testing {

using Kind = SimulationFailure::Kind;

std::string Simulator::why_not() const {
  return fmt::format("a simulation (of seed {}) has one thread, and what others do at their own time no seed repeats: do it in a "
                     "process, or in blocking(), which runs in place",
                     options_.seed);
}

// On any thread.
void Simulator::only_here(std::string_view what, std::string_view of) const {
  if (is_here()) return;
  throw std::logic_error{fmt::format("{}{}{} by the plain thread {} is refused: {}", what, of.empty() ? "" : " of ", of,
                                     base::thread_text(), why_not())};
}

// On another thread. A send cannot fail where it is made, so the simulation does. The flag is set after what it tells of; the
// one who reads it takes the lock as well.
void Simulator::sent_by_other(Pid to, const process::Signal& signal) {
  const base::LockGuard guard{other_lock_};
  if (other_) return;
  other_.emplace(base::thread_text(), payload_of(signal).name(), to);
  has_other_.store(true, base::relaxed);
}

// Fails the simulation if one has.
bool Simulator::other_has_sent() {
  if (!has_other_.load(base::relaxed)) return false;
  Other other;
  {
    const base::LockGuard guard{other_lock_};
    other = *other_;
  }
  const Actor to = known(other.to);
  fail(Kind::other_thread,
       fmt::format("a {} that the plain thread {} sent to {} was refused: {}", other.type, other.thread,
                   to == 0 ? fmt::format("{}", other.to) : result_.trace.actors()[to].text(to), why_not()));
  return true;
}

// The simulation fails, too: who asked may take the error for a fault of the machine, and go on.
void Simulator::refuse_io(std::string_view what, std::source_location where) {
  const std::string who = runs() == 0 ? "outside of any process" : "in " + result_.trace.actors()[runs()].text(runs());
  const std::string text = fmt::format(
      "{}:{}: {} ({}) is refused in a simulation (of seed {}): what the world outside gives, and when, no seed repeats; put "
      "something that the test controls in its place",
      where.file_name(), where.line(), what, who, options_.seed);
  fail(Kind::real_io, text);
  throw std::logic_error{text};
}

}  // namespace coppice::testing
