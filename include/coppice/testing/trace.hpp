// Trace: what happened in a simulation, in order: births, signals as they were sent, ends, faults and notes.
//
// Processes are numbered in the order of their birth, the runtime's own first, so that two traces can be compared. Number 0 is
// whoever is no process: a timer, the simulator. A value; a simulation keeps the last events only
// (SimulationOptions::trace_limit), its hash covers all.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <string>
#include <vector>

#include <coppice/base/export.hpp>
#include <coppice/process/atom.hpp>
#include <coppice/process/pid.hpp>
#include <coppice/process/signal.hpp>
#include <coppice/process/type_id.hpp>
#include <coppice/time/instant.hpp>

namespace coppice::testing {

struct TraceEvent {
  enum class What : std::uint8_t { born, signal, ended, fault, note };
  What what;
  process::SignalKind kind = process::SignalKind::message;  // of a signal
  std::uint32_t from = 0;   // who sent it, who spawned it; number in the trace
  std::uint32_t to = 0;     // whom it concerns
  timing::Duration at{};    // virtual time since the main process began
  process::TypeId type{};   // of the payload, of what was born
  std::string text = {};    // of a fault or a note
};

// A process as the trace names it.
struct TraceActor {
  Pid pid = {};
  process::TypeId what = {};  // its function or class
  Atom name = {};
  std::string label = {};
  // "#3 Account \"alice\""
  COPPICE_API std::string text(std::uint32_t number) const;
};

class COPPICE_API Trace {
 public:
  // Over each event's kind, sender, receiver, payload type and virtual time.
  std::uint64_t hash() const noexcept { return hash_; }
  // How many there were, also those no longer kept.
  std::uint64_t count() const noexcept { return count_; }
  const std::deque<TraceEvent>& events() const noexcept { return events_; }
  const std::vector<TraceActor>& actors() const noexcept { return actors_; }

  // One line an event, the last `most` of them.
  std::string text(std::size_t most = 200) const;
  // A Mermaid sequence diagram of the last `most` events.
  std::string mermaid(std::size_t most = 100) const;

  // For the simulator.
  void add(TraceEvent event, std::size_t limit);
  std::vector<TraceActor>& actors() noexcept { return actors_; }
  // Forgets what has happened, not who there is.
  void clear_events();

 private:
  std::uint64_t hash_ = 0;
  std::uint64_t count_ = 0;
  std::deque<TraceEvent> events_;
  std::vector<TraceActor> actors_ = std::vector<TraceActor>(1);
};

}  // namespace coppice::testing
