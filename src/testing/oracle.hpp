// Oracle: rules of the library that hold in every run of any program, looked at from outside: it is told what was seen, and says
// what of it must not be. It knows no process, no signal and no runtime, so it can be told of any run, made-up ones too.
//
//   calls      a call is answered once, also by the end of its server
//   monitors   a monitor gives one Down, and gives it if the process ends while it stands
//   names      a name is free before any other process hears of its process's end; none is left at the end
//   children   start in order, one after the other, and stop in reverse
//   budgets    a supervisor restarts if and only if it may, and after it has given up it starts nobody
//   orphans    no child lives on when its supervisor is dead and it has nothing left to do
//
// Processes are numbers; 0 is nobody. Thread safety: none.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <unordered_map>
#include <utility>
#include <variant>
#include <vector>

#include <coppice/time/instant.hpp>

namespace coppice::testing::seen {

using Actor = std::uint32_t;

struct Ended {
  Actor who;
};
// A request with the caller's number for it, and its answer.
struct Called {
  Actor caller;
  std::uint64_t number;
  Actor server;
  std::string what;
};
struct Answered {
  Actor caller;
  std::uint64_t number;
};
struct Monitored {
  std::uint64_t ref;
  Actor watcher;
  Actor target;
};
struct Demonitored {
  std::uint64_t ref;
};
struct Downed {
  std::uint64_t ref;
};
// Somebody else is told of the end of a process, which has this name still; empty if it has none.
struct EndTold {
  Actor who;
  std::string name;
};
// A supervisor begins to start a child in its turn; `later` are the processes of those that come after it.
struct Starts {
  Actor supervisor;
  std::vector<Actor> later;
};
// That start is over; nobody if it failed.
struct Started {
  Actor supervisor;
  Actor child;
};
// A supervisor begins to stop a child in its turn.
struct Stops {
  Actor supervisor;
  Actor child;
  std::vector<Actor> later;
};
// A supervisor decides whether it restarts a child.
struct Restarts {
  Actor supervisor;
  timing::Instant at;
  std::uint64_t intensity;
  timing::Duration period;
  bool allowed;
};
struct Unlinked {
  Actor from;
  Actor to;
};
// Nobody has anything left to do at this moment. Of those that suspects() named: `idle` have no unread signal either, and `waiting`
// wait for an answer (with the call's number), and whom they called has not put it off.
struct Quiet {
  std::vector<Actor> idle;
  std::vector<std::pair<Actor, std::uint64_t>> waiting;
};
struct NamesLeft {
  std::vector<std::string> names;
};

}  // namespace coppice::testing::seen

namespace coppice::testing {

using Observation =
    std::variant<seen::Ended, seen::Called, seen::Answered, seen::Monitored, seen::Demonitored, seen::Downed, seen::EndTold,
                 seen::Starts, seen::Started, seen::Stops, seen::Restarts, seen::Unlinked, seen::Quiet, seen::NamesLeft>;

class Oracle {
 public:
  // What must not be, if anything.
  std::optional<std::string> see(const Observation& observation);
  // Whom to look at when all is quiet: who may be an orphan, wait for an answer that cannot come any more, or for a Down. None as
  // a rule, and then Quiet need not be told.
  std::vector<seen::Actor> suspects() const;
  bool has_suspects() const noexcept { return !orphans_.empty() || !bereft_.empty() || !owed_.empty(); }

 private:
  using Verdict = std::optional<std::string>;
  using Actor = seen::Actor;
  using CallId = std::pair<Actor, std::uint64_t>;
  struct Call {
    Actor server;
    std::string what;
  };
  struct Watch {
    Actor watcher;
    Actor target;
  };
  struct Supervisor {
    std::set<Actor> children;
    bool starting = false;
    bool gave_up = false;
    std::deque<timing::Instant> restarts;  // within the period
  };

  Verdict on(const seen::Ended& e);
  Verdict on(const seen::Called& e);
  Verdict on(const seen::Answered& e);
  Verdict on(const seen::Monitored& e);
  Verdict on(const seen::Demonitored& e);
  Verdict on(const seen::Downed& e);
  Verdict on(const seen::EndTold& e);
  Verdict on(const seen::Starts& e);
  Verdict on(const seen::Started& e);
  Verdict on(const seen::Stops& e);
  Verdict on(const seen::Restarts& e);
  Verdict on(const seen::Unlinked& e);
  Verdict on(const seen::Quiet& e);
  Verdict on(const seen::NamesLeft& e);
  bool has_ended(Actor who) const { return who < ended_.size() && ended_[who]; }
  void close(const CallId& call);
  void forget_watch(std::uint64_t ref);

  std::vector<bool> ended_;                              // by actor
  std::vector<std::vector<bool>> answered_;              // by caller, by the call's number
  std::map<CallId, Call> open_;                          // calls without an answer
  std::map<Actor, std::set<CallId>> calls_to_;           // the same by server
  std::map<Actor, CallId> bereft_;                       // callers whose server has ended
  std::map<std::uint64_t, Watch> watches_;               // monitors that stand
  std::map<Actor, std::set<std::uint64_t>> watches_of_;  // and those of or on a process
  std::set<std::uint64_t> downs_;                        // that have given theirs
  std::set<std::uint64_t> owed_;                         // whose target has ended
  std::map<Actor, Supervisor> supervisors_;
  std::map<Actor, Actor> supervisor_of_;
  std::set<Actor> orphans_;
};

// Of a whole run: what is broken first.
std::optional<std::string> first_broken(std::span<const Observation> run);

}  // namespace coppice::testing
