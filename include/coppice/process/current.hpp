// The calling process, and what can be asked of it: self(), now(), is_alive(), trap_exit(), labels, process_info().
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include <coppice/base/export.hpp>
#include <coppice/process/atom.hpp>
#include <coppice/process/pid.hpp>
#include <coppice/time/instant.hpp>

namespace coppice {

// The calling process (self/0). Outside any process: throws ProcessError.
COPPICE_API Pid self();
// The present on the runtime's steady clock, which a simulator may own; outside any process the machine's.
COPPICE_API timing::Instant now();
// Whether the process is there and has not begun to end (is_process_alive/1). Differs: just after an exit signal was sent it
// may still be true, since the signal acts when the receiver next comes to its mailbox.
COPPICE_API bool is_alive(Pid pid) noexcept;
// Whether exit signals of others become Exit messages from now on (process_flag(trap_exit, _)); returns the old value.
COPPICE_API bool trap_exit(bool on);
// A name for people: in crash reports and trees (proc_lib:set_label/1).
COPPICE_API void set_label(std::string label);

// What is known of a process (process_info/1).
struct ProcessInfo {
  enum class Status : std::uint8_t {
    waiting,  // nothing had come that it could go on with
    running,  // or about to run
  };
  // A monitor that it holds; `name` is set if that was by name, and then the process may be none.
  struct Monitored {
    Pid pid;
    Atom name;
    friend bool operator==(const Monitored&, const Monitored&) = default;
  };

  std::size_t message_queue_len = 0;  // what has arrived and waits, of any kind
  std::vector<Pid> links;             // active ones, in no order to rely on
  std::vector<Monitored> monitors;
  std::vector<Pid> monitored_by;
  bool trap_exit = false;
  std::string label;
  Atom registered_name;
  Pid parent;
  std::string what;                   // the function or the server's class that it runs
  Status status = Status::running;
};
// Of the calling process, including all that has arrived by now. Of another: throws ProcessError, as its state belongs to it;
// see ask_process_info().
COPPICE_API ProcessInfo process_info(Pid pid);

namespace process {

class Host;
class Process;

// The calling process; null outside. Never inlined: a coroutine may be resumed by another thread.
COPPICE_API Process* current() noexcept;
// The calling process; throws ProcessError that names `what` outside of one.
COPPICE_API Process& current_or_throw(const char* what);

// Who counts a message to `to` that reached nobody: the sender's runtime, else (plain threads) nobody.
Host* host_for_dead_letter(Pid to) noexcept;

}  // namespace process

}  // namespace coppice
