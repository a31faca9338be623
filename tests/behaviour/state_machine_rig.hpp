// A state machine that does what a test's plan says, and writes down every event that reaches it.
#pragma once

#include <functional>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include <coppice/behaviour/state_machine.hpp>

#include "in_process.hpp"

namespace coppice::test {

enum class S : char { a = 'a', b = 'b', c = 'c' };

// An event of any kind, known by its number.
struct E {
  int n;
};
struct F {
  int n;
};
// Suspends the machine's handler until it gets a Go.
struct Wait {};
struct Go {};

// Writes "<kind><number>@<state>": c a cast, k a call, m a message, i an internal event, t a timeout, and "e<before><now>" for
// an enter call, "end" for terminate.
class Rig : public StateMachine<Rig, S> {
 public:
  using Info = Messages<E>;
  using Act = std::function<Step(Rig&)>;
  using EnterAct = std::function<Entered(Rig&)>;
  struct Plan {
    std::map<std::string, Act> on = {};           // by what is written
    std::map<std::string, EnterAct> entering = {};  // likewise
  };

  explicit Rig(Plan plan, Journal* journal = nullptr) : StateMachine{S::a}, plan_{std::move(plan)}, journal_{journal} {}

  Step handle_cast(S s, const E& e) { return did('c', e.n, s); }
  Task<> handle_cast(S s, const Wait&) {
    write(std::string{"wait@"} + static_cast<char>(s));
    co_await receive<Go>();
  }
  Step handle_info(S s, const E& e) { return did('m', e.n, s); }
  Step handle_internal(S s, const E& e) { return did('i', e.n, s); }
  Step handle_timeout(S s, const E& e) { return did('t', e.n, s); }
  Step handle_timeout(S s, const F& f) { return did('t', f.n, s); }
  Step handle_timeout(S s, StateTimeout) { return did('s', 0, s); }
  Step handle_timeout(S s, EventTimeout) { return did('v', 0, s); }
  Answer<int> handle_call(S s, const E& e) {
    Step step = did('k', e.n, s);
    if (step.actions().postpone || step.actions().stop) return step;
    return {e.n, std::move(step)};
  }
  Answer<int> handle_call(S s, const F& f, From<int> from) {
    kept.push_back(std::move(from));
    return did('k', f.n, s);
  }
  Entered enter(S now, const S& before) {
    const std::string word{'e', static_cast<char>(before), static_cast<char>(now)};
    write(word);
    const auto found = plan_.entering.find(word);
    return found == plan_.entering.end() ? Entered{} : found->second(*this);
  }
  void terminate(const ExitReason&) { write("end"); }

  using StateMachine::keep;
  using StateMachine::entered;
  using StateMachine::postpone;
  using StateMachine::repeat;
  using StateMachine::stop;
  using StateMachine::to;

  void write(const std::string& word) {
    log += log.empty() ? word : " " + word;
    if (journal_ != nullptr) journal_->write(word);
  }

  std::string log;
  std::vector<From<int>> kept;

 private:
  Step did(char kind, int n, S s) {
    const std::string word = kind + std::to_string(n) + '@' + static_cast<char>(s);
    write(word);
    const auto found = plan_.on.find(word);
    return found == plan_.on.end() ? keep() : found->second(*this);
  }

  Plan plan_;
  Journal* journal_;
};

// What the machine has written since it was last asked; comes behind all that the asker has sent before.
inline auto written(const ServerRef<Rig>& rig) {
  return rig.replace_state([](Rig& r) { return std::exchange(r.log, {}); });
}
// Waits until it has written as much as is expected, and compares.
inline Task<> expect_written(ServerRef<Rig> rig, std::string expected) {
  std::string all = co_await written(rig);
  while (all.size() < expected.size()) {
    co_await sleep(std::chrono::milliseconds{1});
    const std::string more = co_await written(rig);
    if (!all.empty() && !more.empty()) all += ' ';
    all += more;
  }
  EXPECT(all == expected);
}
// For a plan: the machine sends itself a cast, which is in its mailbox before any timer that the plan starts.
inline void cast_self(int n) { ServerRef<Rig>{self()}.cast<E>(n); }
inline void wait_self() { ServerRef<Rig>{self()}.cast<Wait>(); }

inline Task<ServerRef<Rig>> start_rig(Rig::Plan plan) { return start_link<Rig>(std::move(plan)); }

}  // namespace coppice::test
