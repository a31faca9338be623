// EventSink: how the process layer and those above it report upwards. A runtime has one; what it does with the events
// (print, log, count, trace) is its matter.
//
// Thread safety: called from any thread, often concurrently, also while a process ends: an implementation must be quick,
// must not throw and must not send to the process that it is told of.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include <fmt/core.h>

#include <coppice/base/export.hpp>
#include <coppice/base/format.hpp>
#include <coppice/process/atom.hpp>
#include <coppice/process/exit_reason.hpp>
#include <coppice/process/pid.hpp>
#include <coppice/schedule/hooks.hpp>

namespace coppice::process {

// A process ended by itself for a reason that is not normal or shutdown (OTP's crash report).
struct CrashReport {
  Pid pid;
  std::string what;          // the process's function or server class
  std::string label;         // set_label(), else empty
  Atom name;                 // its registered name, else empty
  ExitReason reason;
  std::vector<Pid> ancestors;  // parent first, as far as they still lived
  std::string last_message;  // the type of the message that was being handled, else empty
};

// What a supervisor tells (OTP's supervisor report).
struct SupervisorReport {
  enum class Context : std::uint8_t { start_error, child_terminated, shutdown_error, shutdown, restarted, gave_up };
  Context context;
  Pid supervisor;
  std::string supervisor_label;
  std::string child_id;
  Pid child;                 // none if the child has no process, or if children of that id were stopped together
  ExitReason reason;
  std::string detail;        // what was done about it, what is left of the budget
  std::size_t children = 1;  // how many children a shutdown_error of a dynamic supervisor tells of
};

// An event manager removed a handler that had crashed (gen_event's error report).
struct HandlerReport {
  Pid manager;
  Atom manager_name;
  std::string handler;  // its class
  std::string doing;    // the type of the event or request that it handled; empty: it was about to end
  ExitReason reason;
};

// A message that reached nobody.
struct DeadLetterReport {
  Pid to;
  std::string type;
};

class COPPICE_API EventSink {
 public:
  virtual ~EventSink();
  virtual void crashed(const CrashReport&) noexcept {}
  // Whether crashed() shall be called: making the report takes its time.
  virtual bool wants_crash_reports() const noexcept { return true; }
  virtual void supervised(const SupervisorReport&) noexcept {}
  // Whether supervised() shall be called.
  virtual bool wants_supervised() const noexcept { return true; }
  virtual void handler_crashed(const HandlerReport&) noexcept {}
  virtual void dead_letter(const DeadLetterReport&) noexcept {}
  virtual void stalled(const schedule::StallReport&) noexcept {}
  // A server logged and dropped a message that it has no handler for.
  virtual void unhandled(Pid server, std::string_view server_type, std::string_view message_type) noexcept {
    (void)server, (void)server_type, (void)message_type;
  }
  // Whether dead_letter() shall be called at all; counting goes on without it.
  virtual bool wants_dead_letters() const noexcept { return false; }
};

}  // namespace coppice::process

template <>
struct fmt::formatter<coppice::process::SupervisorReport::Context> {
  constexpr auto parse(format_parse_context& ctx) { return ctx.begin(); }
  template <class Context>
  auto format(coppice::process::SupervisorReport::Context context, Context& ctx) const {
    static constexpr const char* words[] = {"start_error", "child_terminated", "shutdown_error",
                                            "shutdown",    "restarted",        "gave_up"};
    return coppice::base::write_text(ctx.out(), words[static_cast<std::size_t>(context)]);
  }
};
