// RuntimeOptions: how a runtime is set up. A value out of its range is a BadOption that names the option and the range.
#pragma once

#include <chrono>
#include <cstdint>
#include <stdexcept>
#include <string>

#include <coppice/base/export.hpp>
#include <coppice/time/instant.hpp>

namespace coppice {

namespace process {
class EventSink;
class Seam;
}
namespace schedule {
class Director;
}
namespace timing {
class ClockSource;
}

struct RuntimeOptions {
  unsigned schedulers = 0;                    // worker threads, 1 to 1024; 0: as many as the machine runs at once
  unsigned max_spares = 64;                   // workers that may stand in for stalled ones, 0 to 1024
  timing::Duration stall_after = std::chrono::milliseconds{5};   // a slice this long is a stall, 100 us to 1 h
  timing::Duration report_stall_after = std::chrono::seconds{1}; // a stall this long is reported, stall_after to 1 h
  unsigned blocking_threads = 512;            // most threads for blocking(), 1 to 16384
  unsigned slice_budget = 200;                // messages a process may handle in one go, 1 to 250
  bool detect_call_cycles = true;             // a call that would wait for itself fails at once
  timing::Duration shutdown_grace = std::chrono::seconds{5};  // stop() kills what has not ended by then, 0 to 1 h
  bool crash_reports = true;                  // to stderr; off: nothing is written
  process::EventSink* events = nullptr;       // takes all reports in place of stderr; must outlive the runtime
  // The seams of a simulator; null in real runs. They must outlive the runtime.
  schedule::Director* director = nullptr;
  timing::ClockSource* clock = nullptr;
  process::Seam* seam = nullptr;
};

class COPPICE_API BadOption : public std::invalid_argument {
 public:
  explicit BadOption(const std::string& what) : std::invalid_argument{what} {}
};

namespace hosting {

// Throws BadOption for the first value out of range.
COPPICE_API void check_options(const RuntimeOptions& options);

}  // namespace hosting
}  // namespace coppice
