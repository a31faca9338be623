// What ties one process to another, as each end keeps it: links, monitors, aliases, outstanding requests. Entries of dense
// tables.
#pragma once

#include <cstdint>

#include <coppice/process/atom.hpp>
#include <coppice/process/pid.hpp>

namespace coppice::process {

struct CallSignal;

// One end of a link. An end that was unlinked stays, inactive, until the other end has acknowledged; meanwhile an exit over
// the link is ignored (OTP's link protocol).
struct Link {
  enum class Kind : std::uint8_t {
    mutual,
    owner,  // this process owns the other: its end ends the other, not the reverse (structured ownership)
    owned,
  };

  Pid other;
  Kind kind = Kind::mutual;
  std::uint64_t unlink_id = 0;  // not 0: inactive, waiting for this acknowledgement

  bool is_active() const noexcept { return unlink_id == 0; }
  Pid key() const noexcept { return other; }
};

// A monitor that this process holds on another.
struct Monitoring {
  MonitorRef ref;
  Pid target;
  Atom name;  // set if the monitor was by name

  MonitorRef key() const noexcept { return ref; }
};

// A monitor that another process holds on this one.
struct Watcher {
  MonitorRef ref;
  Pid watcher;
  Atom name;

  MonitorRef key() const noexcept { return ref; }
};

// An address of this process that it can take back.
struct AliasEntry {
  // How long it stands, if nobody takes it back.
  enum class Lives : std::uint8_t { explicit_unalias, one_message, monitor, monitor_or_one_message };

  std::uint64_t id;  // its reference's
  Lives lives;
  MonitorRef monitor;  // which it goes with

  bool follows_monitor() const noexcept { return lives == Lives::monitor || lives == Lives::monitor_or_one_message; }
  std::uint64_t key() const noexcept { return id; }
};

// A request whose answer is fetched later.
struct Request {
  std::uint64_t number;
  CallSignal* answer;  // null until it has come

  std::uint64_t key() const noexcept { return number; }
};

}  // namespace coppice::process
