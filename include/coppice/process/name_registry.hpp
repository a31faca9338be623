// Names: the registry of one runtime, behind register_name() and its like (names.hpp), which say what the errors mean. A
// process has at most one name, a name at most one process; a process that has begun to end gets none.
//
// Thread safety: everything by anyone, under one lock for readers and writers. Ownership: only numbers are kept, no process;
// the signals of who waits for a name are lent.
#pragma once

#include <expected>
#include <optional>
#include <unordered_map>
#include <vector>

#include <coppice/base/export.hpp>
#include <coppice/base/sync.hpp>
#include <coppice/process/atom.hpp>
#include <coppice/process/names.hpp>
#include <coppice/process/pid.hpp>

namespace coppice::process {

class Process;
struct CompletionSignal;

class COPPICE_API Names {
 public:
  std::expected<void, NameError> add(Atom name, Pid pid);
  bool remove(Atom name) noexcept;
  // Step 6 of the end of a process.
  void forget(Process& process) noexcept;
  std::optional<Pid> find(Atom name) const;
  std::optional<Atom> name_of(Pid pid) const;
  std::vector<Atom> all() const;

  // Posts `signal` to the process as soon as somebody has the name (at once, if somebody has). The signal is lent until
  // then, or until stop_waiting() took it back.
  void wait_for(Atom name, Pid waiter, CompletionSignal& signal);
  // True: the signal is the caller's again. False: it is under way.
  bool stop_waiting(Atom name, CompletionSignal& signal) noexcept;

 private:
  struct Waiting {
    Pid pid;
    CompletionSignal* signal;
  };

  mutable base::SharedMutex lock_;
  std::unordered_map<Atom, Pid> pids_;   // never iterated but in all(), which sorts
  std::unordered_map<Pid, Atom> names_;  // the way back
  std::unordered_map<Atom, std::vector<Waiting>> waiting_;
};

}  // namespace coppice::process
