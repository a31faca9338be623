// What the tests of supervisors share: a World that plans how actors start and end and writes down
// what happens, in order, and short words for what tests do all the time. Lines of the log:
//
//   start a#1 ok              an actor's init: ok, ignore, stop:REASON, throw:TEXT
//   terminate a#1 shutdown    its terminate callback
//   report child_terminated boom a   a supervisor's report (its context, reason and child's id)
//
// a#2 is the second process of the actor "a" since the world began.
#pragma once

#include <chrono>
#include <map>
#include <mutex>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include <coppice/coppice.hpp>
#include <coppice/supervision/supervisor_ref.hpp>

#include "in_process.hpp"

namespace coppice::test {

using namespace std::chrono_literals;

// How the processes of one actor behave.
struct Plan {
  std::vector<std::string> starts = {"ok"};  // of the first, second ... process; the last repeats
  bool trap = true;      // traps exits, so that terminate runs when it is told to end
  bool hang = false;     // terminate never returns
  std::string end = {};  // if not empty, terminate ends with this reason
};

class World final : public process::EventSink {
 public:
  void plan(std::string actor, Plan plan);
  Plan plan_of(const std::string& actor) const;

  // A new process of an actor: its number, and its start's outcome.
  std::pair<int, std::string> enter(const std::string& actor, Pid pid);
  // "a#1" for a process that was an actor, else "?".
  std::string name(Pid pid) const;
  Pid latest(const std::string& actor) const;
  int starts(const std::string& actor) const;

  void log(std::string line);
  // What was logged since the last time, joined by "; ".
  std::string take();
  // Whether a line has been logged that contains `part`, and not been taken.
  bool saw(std::string_view part) const;
  // The detail of the last report of giving up.
  std::string last_words() const;

  void supervised(const process::SupervisorReport& report) noexcept override;
  void unhandled(Pid server, std::string_view server_type,
                 std::string_view message_type) noexcept override;

 private:
  mutable std::mutex lock_;
  std::map<std::string, Plan> plans_;
  std::map<std::string, std::vector<Pid>> processes_;
  std::map<Pid, std::string> names_;
  std::vector<std::string> lines_;
  std::string last_words_;
};

struct Ping {};
// The actor ends by exit(reason), by an exception, or by stopping.
struct Leave {
  explicit Leave(ExitReason why) : reason{std::move(why)} {}
  ExitReason reason;
};
struct Throw {
  explicit Throw(std::string what) : text{std::move(what)} {}
  std::string text;
};
struct Quit {
  explicit Quit(ExitReason why) : reason{std::move(why)} {}
  ExitReason reason;
};
// The actor takes its link to its supervisor away.
struct UnlinkFromParent {};

class Actor : public GenServer {
 public:
  Actor(World* world, std::string id);
  InitResult init();
  std::string handle_call(Ping);
  void handle_cast(Leave leave);
  void handle_cast(Throw what);
  Next handle_cast(Quit quit);
  void handle_call(UnlinkFromParent);
  void handle_info(const Exit& exit);
  Task<> terminate(const ExitReason& reason);

 private:
  World* world_;
  std::string id_;
  std::string self_;
  std::string outcome_;
};

inline ChildSpec actor(World* world, std::string_view id) {
  return child<Actor>(id, world, std::string{id});
}

// A reason that is nothing but a word.
inline ExitReason word(std::string text) { return ExitReason::custom(std::move(text)); }

// The actor's latest process ends like this, and has ended.
Task<ExitReason> leave(World* world, std::string actor, ExitReason reason);
Task<ExitReason> signal(World* world, std::string actor, ExitReason reason);
Task<ExitReason> kill(World* world, std::string actor);

// "a#1 b:none c:restarting"
std::string picture(const World& world, const std::vector<ChildInfo>& children);
template <class S>
Task<std::string> tree(World* world, ServerRef<S> supervisor) {
  std::vector<ChildInfo> children = co_await supervisor.which_children();
  co_return picture(*world, children);
}

// Runs a test in a runtime of its own that reports to the world.
template <class F>
void run_in(World& world, F body, unsigned schedulers = 2) {
  Runtime runtime{RuntimeOptions{.schedulers = schedulers, .events = &world}};
  runtime.run(body, &world);
}

}  // namespace coppice::test
