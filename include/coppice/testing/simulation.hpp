// Simulation: runs a program's processes on one thread, in virtual time, with every choice made by a seed: which process goes
// on next, where a slice is cut, who runs while another sends, the numbers of pids, references and timers,
// what random_number() gives.
// The same seed gives the same run, so a fault that shows in one seed can be looked at as often as one likes.
//
//   Simulation simulation{{.seed = 7}};
//   SimulationResult result = simulation.run(bank_main);     // the main that coppice::run() takes
//   if (!result.ok()) fmt::print("{}\n", result.report());
//
// Time jumps to the next timer when nothing can run; each slice takes `step_time`. blocking() runs in place, as a step of its
// own. When the main process has ended the rest is stopped as Runtime::stop() does, still by choice. What is wrong in any
// program is found without being asked for: processes that wait for ever (each is named, with what it waits for), two answers
// to a call, two Downs of a monitor, a name that is taken when its process's end is told, processes or memory left behind.
//
// What a simulation has not: other threads. Runtime's blocking calls, a second Runtime, and what a plain thread asks of it
// (spawn, start, a timer) are refused by a std::logic_error that says what, where and why; a signal of a plain thread's, which
// cannot fail where it is sent, does not arrive and fails the simulation. real_io() refuses the rest of the world. A step that
// never ends hangs it. Pids recur in the next simulation: none may be kept.
//
// Thread safety: none. One simulation runs at a time in a program; std::logic_error for a second.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <source_location>
#include <stdexcept>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include <coppice/base/export.hpp>
#include <coppice/process/events.hpp>
#include <coppice/process/task.hpp>
#include <coppice/system/main_body.hpp>
#include <coppice/testing/faults.hpp>
#include <coppice/testing/schedule.hpp>
#include <coppice/testing/trace.hpp>
#include <coppice/time/instant.hpp>

namespace coppice::testing {

struct SimulationOptions {
  std::uint64_t seed = 1;
  Scheduling scheduling = Scheduling::random();
  Faults faults = {};
  std::uint64_t max_steps = 10'000'000;                                   // slices; more is a failure
  timing::Duration max_time = std::chrono::hours{24 * 365};               // virtual; more is a failure
  timing::Duration step_time = std::chrono::microseconds{1};              // what a slice takes; explore_all: nothing
  bool preempt_at_sends = true;     // others may run while one sends; off for programs that send with a mutex held
  bool check_leaks = true;          // whether the pool's blocks are counted before and after
  bool detect_call_cycles = true;   // as in RuntimeOptions
  std::size_t trace_limit = 100'000;
  process::EventSink* events = nullptr;  // gets what a runtime reports; null: it goes to the trace
};

struct SimulationFailure {
  enum class Kind : std::uint8_t {
    main_failed,     // an exception or exit left the main process, or its exit code is not 0
    waits_for_ever,  // nothing can run and no timer is set, but the main process has not ended
    too_long,        // max_steps or max_time
    invariant,       // a rule of the library, or of the user's check()s, is broken
    left_behind,     // a process or memory at the end
    other_thread,    // a plain thread sent to a simulated process
    real_io,         // a place that real_io() marks was reached
    strayed,         // the same choices did not give the same run: the program depends on what the simulator does not see
  };
  Kind kind;
  std::string text;
};
COPPICE_API const char* text_of(SimulationFailure::Kind kind) noexcept;

class COPPICE_API SimulationResult {
 public:
  bool ok() const noexcept { return failures.empty(); }
  explicit operator bool() const noexcept { return ok(); }
  // What failed first; only if not ok().
  const SimulationFailure& failure() const { return failures.front(); }
  std::uint64_t hash() const noexcept { return trace.hash(); }
  // For people: what failed, how to run it again, and the trace's end.
  std::string report() const;
  // C++ that runs it again: "Simulation{{.seed = 7, .scheduling = ...}}".
  std::string replay() const;

  std::uint64_t seed = 0;
  Scheduling scheduling = Scheduling::random();
  bool with_faults = false;
  std::vector<SimulationFailure> failures;
  int exit_code = 0;            // what the main process returned, if that is an int
  std::uint64_t steps = 0;      // slices and pieces of blocking work
  timing::Duration time{};      // virtual, from the main process's begin to the end
  Schedule schedule;            // all choices that were made
  bool given_up = false;        // explore_all: what would have followed was run before
  Trace trace;
};

class COPPICE_API Simulation {
 public:
  explicit Simulation(SimulationOptions options = {}) : options_{std::move(options)} {}

  // Runs a coroutine as the main process, and all that it starts. May be called again: it is the same run again.
  template <class F, class... Args>
  SimulationResult run(F&& f, Args&&... args) const {
    using Body = hosting::MainBody<std::decay_t<F>, process::stored_t<Args>...>;
    using Value = typename Body::Value;
    auto outcome = std::make_shared<hosting::Outcome<Value>>();
    const std::uint64_t blocks = blocks_now();
    return run_body(std::make_unique<Body>(outcome, std::forward<F>(f), std::forward<Args>(args)...), blocks, [&outcome] {
      const auto ended = std::exchange(outcome, nullptr);
      if constexpr (std::is_same_v<Value, int>)
        return ended->take();
      else
        return (void)ended->take(), 0;
    });
  }

  const SimulationOptions& options() const noexcept { return options_; }

 private:
  static std::uint64_t blocks_now();
  // `end` throws what ended the main process, else gives its exit code.
  SimulationResult run_body(std::unique_ptr<process::Body> main, std::uint64_t blocks,
                            const std::function<int()>& end) const;

  SimulationOptions options_;
};

// What simulate() throws.
class COPPICE_API SimulationFailed : public std::runtime_error {
 public:
  explicit SimulationFailed(SimulationResult result);
  const SimulationResult& result() const noexcept { return *result_; }

 private:
  std::shared_ptr<const SimulationResult> result_;
};

COPPICE_API SimulationResult succeed(SimulationResult result);

// Runs a program under a seed; throws SimulationFailed, whose text is the report.
template <class F, class... Args>
SimulationResult simulate(std::uint64_t seed, F&& f, Args&&... args) {
  return succeed(Simulation{{.seed = seed}}.run(std::forward<F>(f), std::forward<Args>(args)...));
}

// ---- for code that runs in a simulation, and does nothing special outside of one

// Whether the calling code runs in a simulation.
COPPICE_API bool simulated() noexcept;
// No more faults from now on, so that it can be looked at whether the program recovers.
COPPICE_API void heal() noexcept;
// A place where a user's code may choose to go wrong: true with Faults::buggify's probability; outside of a simulation never.
[[nodiscard]] COPPICE_API bool buggify(std::string_view name);
// Stands before what reads or writes the world outside (files, sockets, other programs), as in real_io("reads " + path): in a
// simulation it throws std::logic_error, with what, where and why, and fails it; in a real run it does nothing.
COPPICE_API void real_io(std::string_view what, std::source_location where = std::source_location::current());
// A line of one's own in the trace.
COPPICE_API void note(std::string text);
// What must hold; if it does not, the simulation fails with the text. Outside of one throws std::logic_error.
COPPICE_API void check(bool holds, std::string_view text);
// What must hold after every slice, as long as the main process lives: looked at outside of any process, so `holds` may look at
// variables and at is_alive() but not ask a process. Outside of a simulation nobody looks.
COPPICE_API void always(std::string text, std::function<bool()> holds);
// Whether any other process could run at this moment of virtual time.
COPPICE_API bool others_ready() noexcept;
// Lets virtual time pass, and all that it makes run; in a real run just sleeps.
COPPICE_API Task<> advance(timing::Duration time);
// Lets the others run until none can at this moment.
COPPICE_API Task<> settle();

}  // namespace coppice::testing
