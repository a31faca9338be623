// Every hook of a server in the order in which the library calls it, through five lives under one supervisor: the first
// crashes, the second is killed, the third ends by itself, the fourth does not get through its start, and the fifth is
// stopped with its supervisor. What the hooks are for is said where they are.
#include <coppice/coppice.hpp>
#include <fmt/core.h>

#include <stdexcept>
#include <string>
#include <utility>

using namespace coppice;
using namespace std::chrono_literals;

struct Ask {};
struct Work {
  bool well;
};
struct Finish {};
struct Note {};
struct Idle {};

int lives = 0;  // of one server at a time

class Worker : public GenServer {
 public:
  using Info = Messages<Note>;  // the plain messages that it takes, besides Down, Exit and Timeout

  // Runs in the new process, while whoever starts it waits. What it throws fails the start: no other hook runs then.
  explicit Worker(Pid owner) : owner_{owner}, life_{++lives} {
    say("constructor");
    trap_exit(true);  // else the parent's exit ends the process without terminate
    if (life_ == 4) throw std::runtime_error{"not today"};
  }
  // Always runs, also when the process is killed: what must not be left behind belongs into members with destructors.
  ~Worker() { say("destructor"); }

  // For what can say no to the start, as ignore or stop, and for work that must not keep the starter waiting.
  struct Prepare {};
  InitResult init() {
    say("init");
    return InitResult::continue_with(Prepare{});
  }
  // Runs before any message.
  void handle_continue(Prepare) { say("handle_continue"); }

  int handle_call(Ask) {
    say("handle_call");
    return life_;
  }
  Next handle_cast(Work work) {
    say("handle_cast");
    if (!work.well) throw std::runtime_error{"bad work"};
    return Next::timeout(1ms);  // if no message comes for so long, handle_info(Timeout)
  }
  Next handle_cast(Finish) { return Next::stop(ExitReason::shutdown()); }
  void handle_info(Note) { say("handle_info, a message"); }
  void handle_info(Timeout) {
    say("handle_info, a timeout");
    send(owner_, Idle{});
  }

  // After a crash, a stop, or the parent's exit; not after a kill.
  void terminate(const ExitReason& reason) { say(fmt::format("terminate, {}", reason)); }

 private:
  void say(const std::string& what) const { fmt::print("life {}: {}\n", life_, what); }

  const Pid owner_;
  const int life_;
};

// Ends the server's process by what `end` does to it, and waits until its supervisor has started another.
template <class End>
Task<> next_life(std::string title, Name<Worker> worker, End end) {
  fmt::print("\n{}\n", title);
  MonitorRef old = monitor(worker);
  end();
  co_await receive(on(old, [](const Down&) {}));
  // A worker has its name before its constructor runs; whom a start that fails leaves without an answer asks again.
  for (bool answered = false; !answered;) {
    const auto life = co_await worker.within(1s).try_call<Ask>();
    answered = life.has_value();
    if (!answered) co_await sleep(1ms);
  }
}

Task<int> lifecycle() {
  fmt::print("start\n");
  SupervisorSpec spec{.intensity = 5, .children = {child<Worker>("worker", self()).named("worker")}};
  auto supervisor = co_await start_link<StaticSupervisor>(std::move(spec));
  Name<Worker> worker{"worker"};

  worker.cast<Work>(true);
  co_await receive<Idle>();
  send(worker.atom(), Note{});
  co_await worker.call<Ask>();
  co_await next_life("crash", worker, [worker] { worker.cast<Work>(false); });
  co_await next_life("kill", worker, [worker] { exit(*whereis(worker.atom()), ExitReason::kill()); });
  co_await next_life("stop, and a start that fails", worker, [worker] { worker.cast<Finish>(); });
  fmt::print("\nthe supervisor's end\n");
  co_await supervisor.stop();
  co_return 0;
}

int main() { return run(lifecycle); }
