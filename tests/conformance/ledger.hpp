// Ledger: who is who in a running scenario, what its tags stand for, and what has happened in the present step.
//
// An event has its place when the acting process writes it, so the order is a causal one. A warden, a process on a
// thread of its own, monitors each process from before its first event on. Thread safety: everything by anyone.
#pragma once

#include <atomic>
#include <mutex>
#include <optional>
#include <semaphore>
#include <set>
#include <variant>

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

using Tagged = std::variant<std::monostate, MonitorRef, TimerRef, Alias>;

class Ledger {
 public:
  // Starts the warden; the calling process is the driver.
  void open();
  // The calling process is the latest of this id from now on. Waits for the warden.
  Identity enter(const std::string& id, Member member);
  // What the calling process does.
  void doing(Activity what) { locked([&] { members_[self()].activity = what; }); }
  void fail_to_start() { locked([&] { members_[self()].fails_to_start = true; }); }
  void help_driver() { locked([&] { members_[self()].identity = {"driver", 0}; }); }
  void write(Pid pid, Event::Kind kind, const std::string& text) {
    locked([&] { events_.push_back({pid, kind, text}), ++written_; });
  }
  // A process that calls for an actor.
  void add_helper(Pid pid) { locked([&] { helpers_.insert(pid); }); }
  std::set<Pid> helpers() { return locked([&] { return helpers_; }); }
  void set(const std::string& tag, Tagged value) { locked([&] { tags_[tag] = value; }); }

  // Empty ones if there is none.
  Pid latest(const std::string& id) { return find(latest_, id); }
  Tagged get(const std::string& tag) { return find(tags_, tag); }
  Member member(Pid pid) { return find(members_, pid); }
  Identity identity(Pid pid) { return member(pid).identity; }
  Term name_of(Pid pid) { return print(identity(pid)); }
  Term term_of(const Exit& exit) { return tuple({"'EXIT'", name_of(exit.from), to_term(exit.reason)}); }
  Term term_of(const Down& down);

  // As far as their ends have been heard of.
  std::set<Pid> living() { return locked([&] { return living_; }); }
  std::vector<Event> take_events() { return locked([&] { return std::exchange(events_, {}); }); }
  std::vector<Ended> take_ends() { return locked([&] { return std::exchange(ends_, {}); }); }
  // How many events and ends there have been.
  std::size_t written() { return locked([&] { return written_; }); }
  // Whether no process but the living, the driver's own and so many others is there, beginning or ending.
  bool is_complete(std::size_t others) {
    return locked([&] { return runtime().process_count() <= own_ + living_.size() + others; });
  }

 private:
  struct Watch {
    Pid pid;
    std::binary_semaphore* done;
  };
  Task<> watch_all();
  template <class F>
  std::invoke_result_t<F> locked(F f) {
    const std::lock_guard guard{lock_};
    return f();
  }
  template <class Map>
  typename Map::mapped_type find(const Map& map, const typename Map::key_type& key) {
    return locked([&] { return map.contains(key) ? map.at(key) : typename Map::mapped_type{}; });
  }

  std::mutex lock_;
  Pid warden_;
  std::size_t own_ = 0;
  std::map<Pid, Member> members_;
  std::map<std::string, Pid> latest_;
  std::map<std::string, int> started_;
  std::map<std::string, Tagged> tags_;
  std::set<Pid> living_, helpers_;
  std::size_t written_ = 0;
  std::vector<Event> events_;
  std::vector<Ended> ends_;
};

struct Stage {
  Scenario scenario;
  Ledger ledger;
  // The present step stops one child: OTP tells of the children of a dynamic supervisor that ends by their number, be it one.
  std::atomic<bool> stops_one = false;
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
