// Ledger: who is who in a running scenario, and what has happened in the present step.
//
// An event has its place when the acting process writes it, so the order is a causal one. A warden, a process on a thread
// of its own, monitors each process from before its first event on. Thread safety: everything by anyone.
#pragma once

#include <mutex>
#include <optional>
#include <semaphore>
#include <set>

#include "scenario.hpp"

namespace conformance {

// An id, and which process of that id, from 1; 0 for processes that never come back.
using Identity = std::pair<std::string, int>;
Term print(const Identity& identity);

enum class Activity { none, busy, hung };  // hung: for ever, which counts as quiet

struct Member {
  Identity identity{"pid", 0};
  Pid parent;
  std::string pool;  // the dynamic supervisor that it is a child of
  bool is_supervisor = false;
  bool fails_to_start = false;
  Activity activity = Activity::none;
};

struct Event {
  enum class Kind { start, terminate, terminated, info, report, group_report };  // in sorting order
  Pid pid;
  Kind kind;
  std::string text;
};

struct Ended {
  Identity identity;
  Pid pid;
  ExitReason reason;
};

class Ledger {
 public:
  // Starts the warden; the calling process is the driver.
  void open();
  // The calling process does something for the driver, whose name it bears.
  void help_driver();
  // The calling process, the latest of this id from now on. Waits for the warden.
  Identity enter(const std::string& id, Member member);
  void doing(Activity activity);
  void fails_to_start();
  void write(Pid pid, Event::Kind kind, const std::string& text);

  Pid latest(const std::string& id) const;  // none if there was none
  Member member(Pid pid) const;
  Term name_of(Pid pid) const { return print(member(pid).identity); }
  Term term_of(const Exit& exit) const;
  // As far as their ends have been heard of.
  std::set<Pid> living() const;
  std::vector<Event> take_events();
  std::vector<Ended> take_ends();  // in the order in which they were heard of

  // For who looks whether all is quiet: nothing has happened between two looks that give the same, and no process is
  // about to begin or to end.
  std::size_t written() const;
  bool is_complete(std::size_t others) const;

 private:
  struct Watch {
    Pid pid;
    std::binary_semaphore* done;
  };
  Task<> watch_all();

  mutable std::mutex lock_;
  Pid warden_;
  std::size_t own_processes_ = 0;
  std::map<Pid, Member> members_;
  std::map<std::string, Pid> latest_;
  std::map<std::string, int> started_;
  std::set<Pid> living_;
  std::size_t written_ = 0;
  std::vector<Event> events_;
  std::vector<Ended> ends_;
};

// Waits until `look` gives the same three times in a row, a picture of all there is; nothing while something goes on.
template <class Look>
Task<std::string> settle(Look look) {
  const timing::Instant deadline = now() + std::chrono::seconds{20};
  std::string before;
  for (int same = 0; same < 3;) {
    if (now() > deadline) co_return "!! not quiet";
    std::optional<std::string> seen = co_await look();
    same = !seen ? 0 : *seen == before ? same + 1 : 1;
    before = seen.value_or("");
    if (!seen) co_await sleep(std::chrono::milliseconds{1});
  }
  co_return before;
}

}  // namespace conformance
