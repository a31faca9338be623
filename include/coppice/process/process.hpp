// Process: a slot of the process table and all that one process is.
//
// The first cache line is what senders and the scheduler touch, the second is the owner's. "Owner" is whoever runs the
// process's slice; nobody else reads or writes the second line. What most processes never need lies in Rare, made at the
// first need. Slots are never unmapped, so a stale pointer to one can always be looked at; see Lifecycle for what it tells.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include <coppice/base/dense_table.hpp>
#include <coppice/base/export.hpp>
#include <coppice/base/inbox.hpp>
#include <coppice/process/exit_reason.hpp>
#include <coppice/process/lifecycle.hpp>
#include <coppice/process/link_table.hpp>
#include <coppice/process/pid.hpp>
#include <coppice/process/relations.hpp>
#include <coppice/process/save_queue.hpp>
#include <coppice/process/signal.hpp>
#include <coppice/schedule/runnable.hpp>
#include <coppice/time/instant.hpp>
#include <coppice/time/wheel.hpp>

namespace coppice::process {

class Body;
class Host;
class Process;
struct CallSignal;
struct Frame;

// What a wait is, for people: "a receive of Ping", "a call of Get"; and the process that would end it, if it is one.
struct WaitReport {
  std::string what;
  Pid whom = {};
};

// What a suspended process waits for. Lives in the awaiting frame.
class COPPICE_API Waiter {
 public:
  // Whether the wait is over, given what has been drained so far. Called by the slice loop only; a true ends the wait.
  virtual bool ready(Process& self) = 0;
  // The process shall end. True: nothing holds the wait any more. False: it was asked to end and will be ready() later.
  virtual bool cancel(Process&) { return true; }
  // A reply has come; true if this wait takes it (and now owns it).
  virtual bool take_reply(CallSignal&) { return false; }
  // For a report on a process that does not run; by whoever knows that it does not.
  virtual WaitReport report(const Process& self) const;
  // Whether ready() may say yes before any signal has come. If not, the slice loop parks without asking.
  bool may_be_ready_at_once() const noexcept { return at_once_; }

 protected:
  ~Waiter() = default;
  bool at_once_ = false;
};

// A signal that a process keeps for itself: the wheel posts it when the process's entry fires.
struct WakeSignal : Signal {
  WakeSignal() noexcept;
};

// Where a process runs.
enum class Home : std::uint8_t { scheduler, dedicated, external };

// The parts of a process that most never need.
struct Rare : base::PoolAllocated, timing::TimerEntry {  // the entry: its one in the wheel
  explicit Rare(Process& owner) noexcept;

  Process* process;
  ExitReason reason;                                  // why it ends, if that takes more than a kind
  timing::Instant deadline = timing::never;  // of what it waits for
  timing::Instant wakes_at = timing::never;  // when the wheel wakes it, or has: see set_deadline()
  WakeSignal wake_signal;
  bool expired = false;  // the deadline has passed
  bool crashed = false;  // ended by itself, for a reason that a crash report shall tell
  std::uint32_t unlinks = 0;  // how many links others have taken away
  base::DenseTable<Link> links_apart;  // see LinkTable
  base::DenseTable<Monitoring> monitors;
  base::DenseTable<AliasEntry> aliases;
  base::DenseTable<Request> requests;  // sent by send_request or async, not yet answered or not yet fetched
  std::uint64_t last_call = 0;
  std::uint64_t answers_put_by = 0;  // answers that nobody waited for as they came; each is numbered so
  std::string label;
  CallSignal* start_reply = nullptr;  // the starter's request, to be failed when the process has ended
  void* runner = nullptr;       // the dedicated thread, or the parker of the plain thread behind an external slot
};

// The first slot of the process table (table.hpp), for the address arithmetic that every send needs.
COPPICE_API extern Process* slots_base;
inline constexpr std::uint32_t most_slots = std::uint32_t{1} << 24;

class alignas(64) Process : public schedule::Runnable {
 public:
  // ---- written by senders and the scheduler
  base::Inbox inbox;
  Lifecycle life;
  base::Atomic<Host*> host{nullptr};
  // While this process waits for an answer: the callee's slot and the call's number (see calls.hpp).
  base::Atomic<std::uint64_t> waiting_on{0};
  // ---- the owner's, hot
  Body* body = nullptr;
  Frame* frame = nullptr;    // the innermost coroutine frame, null when none is active
  Waiter* waiter = nullptr;  // what it waits for, null when it can go on
  // ---- second line
  [[no_unique_address]] SaveQueue queue;
  Home home = Home::scheduler;  // set at birth, read by who wakes it
  bool traps_exit : 1 = false;
  bool doomed : 1 = false;
  ParentLink parent_link : 2 = ParentLink::none;  // part of `links`
  std::uint8_t budget = 0;  // what the current slice may still do; see slice.cpp
  ReasonKind end_kind = ReasonKind::normal;  // why it ends, once it is doomed
  LinkTable links;
  base::DenseTable<Watcher> watchers;
  Rare* rare_parts = nullptr;
  base::Atomic<std::uint64_t> parent_bits{0};  // atomic since a crash report may look at another process's

  std::uint32_t slot() const noexcept { return static_cast<std::uint32_t>(this - slots_base); }
  // Valid for the owner: the generation cannot change while it runs.
  Pid pid() const noexcept { return Pid{0, slot(), life.own_generation()}; }
  // Who spawned it; any thread may ask.
  Pid parent() const noexcept { return LinkWord::pid_of(parent_bits.load(base::relaxed)); }
  void set_parent(Pid parent) noexcept { parent_bits.store(LinkWord::bits_of(parent), base::relaxed); }
  Rare& rare() {
    if (rare_parts == nullptr) rare_parts = new Rare{*this};
    return *rare_parts;
  }

  // The process shall end for this reason as soon as it comes back to the slice loop. The first reason stays.
  void doom(ExitReason reason);
  // Why it ends; normal until it is doomed. Most reasons are only a kind, so that an ordinary end needs no Rare.
  ExitReason exit_reason() const {
    return rare_parts == nullptr || rare_parts->reason.is_plain() ? ExitReason::of_kind(end_kind) : rare_parts->reason;
  }

  // Ends by itself, as opposed to by a signal: what a crash report tells.
  void end_with(ExitReason reason);

  // A process that ends had taken this and has not dealt with it: it is answered as what is still queued, in its time.
  void give_back(Signal& signal) noexcept { queue.push_back(signal); }

  // Sets the deadline of the coming wait; `never` for none. The wheel is touched only if nothing there fires before it: so a
  // call that is answered in time costs no timer operation.
  void set_deadline(timing::Instant deadline);
  void clear_deadline() noexcept {
    if (rare_parts == nullptr) return;
    rare_parts->deadline = timing::never;
    rare_parts->expired = false;
  }
  bool deadline_passed() const noexcept { return rare_parts != nullptr && rare_parts->expired; }
  // The wheel's wake-up has been drained.
  void deadline_woke();
};

template <class F>
void LinkTable::for_each_active(const Process& self, F f) const {
  if (self.parent_link != ParentLink::none) f(to_parent(self));
  for (const LinkWord& word : words_) f(word.link());
  if (self.rare_parts == nullptr) return;
  for (const Link& link : self.rare_parts->links_apart)
    if (link.is_active()) f(link);
}

// The slot behind a pid of this program; slot 0, where nobody lives, for a number out of range.
inline Process& slot_at(std::uint32_t slot) noexcept { return slots_base[slot <= most_slots ? slot : 0]; }

}  // namespace coppice::process
