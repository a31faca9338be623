// The end of a process, step by step; see src/process/ending.hpp for the steps.
#include <chrono>
#include <string>
#include <utility>
#include <vector>

#include <coppice/coppice.hpp>

#include "processes.hpp"

using namespace coppice;
using namespace coppice::test;
using namespace std::chrono_literals;

namespace {

struct Go {};
struct Ready {};
struct Counted {
  static inline base::Atomic<int> live{0};
  Counted() { ++live; }
  Counted(Counted&&) noexcept { ++live; }
  ~Counted() { --live; }
};

Task<> idle() { co_await receive([](Go) {}); }

// Keeps a process in step 4 of its end until it is let go.
struct Gate {
  base::Atomic<bool> entered{false};
  base::Atomic<bool> open{false};
};
struct GateKeeper {
  explicit GateKeeper(Gate& g) : gate{g} {}
  ~GateKeeper() {
    gate.entered = true;
    while (!gate.open) base::yield_thread();
  }
  Gate& gate;
};
// On a thread of its own, so that others run while it is held. To be ended by a signal.
SpawnedMonitor spawn_gated(Gate& gate, Pid owner) {
  return spawn_monitor(SpawnOptions{.thread = dedicated}, [&gate, owner]() -> Task<> {
    const GateKeeper keeper{gate};
    send(owner, Ready{});
    co_await receive([](Go) {});
  });
}
Task<> until_entered(Gate& gate) {
  while (!gate.entered) co_await sleep(1ms);
}

}  // namespace

TEST_CASE("end, step 1: not alive, and no name can be given, while destructors still run", "[process][ending]") {
  in_process([]() -> Task<> {
    Gate gate;
    auto [pid, ref] = spawn_gated(gate, self());
    co_await receive([](Ready) {});
    EXPECT(is_alive(pid));
    exit(pid, ExitReason::shutdown());
    co_await until_entered(gate);
    EXPECT(!is_alive(pid));
    EXPECT(register_name("late", pid).error() == NameError::process_dead);
    gate.open = true;
    co_await receive(on(ref, [](const Down&) {}));
  });
}

TEST_CASE("end, step 4: frames are destroyed innermost first, then what the process was given", "[process][ending]") {
  struct Note {
    Note(std::string& t, char c) : text{&t}, letter{c} {}
    Note(Note&& other) noexcept : text{std::exchange(other.text, nullptr)}, letter{other.letter} {}
    ~Note() {
      if (text != nullptr) *text += letter;
    }
    std::string* text;
    char letter;
  };
  in_process([]() -> Task<> {
    std::string order;
    auto [pid, ref] = spawn_monitor(
        [&order, captured = Note{order, 'c'}](Pid owner) -> Task<> {
          const Note outer{order, 'o'};
          struct Inner {
            static Task<> run(std::string& text, Pid to) {
              const Note inner{text, 'i'};
              send(to, Ready{});
              co_await receive([](Go) {});
            }
          };
          co_await Inner::run(order, owner);
        },
        self());
    co_await receive([](Ready) {});
    exit(pid, ExitReason::kill());
    co_await receive(on(ref, [](const Down&) {}));
    EXPECT(order == "ioc");
  });
}

TEST_CASE("end, step 5 and 7: what was sent while it ended is answered", "[process][ending]") {
  in_process([]() -> Task<> {
    trap_exit(true);
    Gate gate;
    auto [pid, ref] = spawn_gated(gate, self());
    co_await receive([](Ready) {});
    send(pid, Counted{});
    exit(pid, ExitReason::custom("over"));
    co_await until_entered(gate);
    const auto before = runtime().dead_letter_count();
    const MonitorRef late = monitor(pid);
    link(pid);
    send(pid, Counted{});
    EXPECT(Counted::live == 2);
    gate.open = true;
    co_await receive(on(ref, [](const Down& d) { EXPECT(d.reason == ExitReason::custom("over")); }));
    const Down d = co_await receive<Down>();
    EXPECT(d.ref == late);
    EXPECT(d.reason.is_noproc());
    const Exit e = co_await receive<Exit>();
    EXPECT(e.from == pid);
    EXPECT(e.reason.is_noproc());
    // The one that waited and the one that came: dead letters both.
    EXPECT(runtime().dead_letter_count() == before + 2);
    EXPECT(Counted::live == 0);
  });
}

TEST_CASE("end, step 6: name and timers are gone before anyone hears of the end", "[process][ending]") {
  in_process([]() -> Task<> {
    auto [pid, ref] = spawn_monitor(idle);
    EXPECT(register_name("here", pid).has_value());
    const TimerRef timer = send_after<Counted>(1h, pid);
    send(pid, Go{});
    co_await receive(on(ref, [](const Down&) {}));
    EXPECT(!whereis("here"));
    EXPECT(!read_timer(timer));
    EXPECT(Counted::live == 0);
  });
}

TEST_CASE("end, step 7: a call that was queued gets the reason, one that comes later noproc", "[process][ending]") {
  struct Get {};
  struct Hold {
    Gate* gate;
  };
  class Server : public GenServer {
   public:
    int handle_call(Get) { return 1; }
    void handle_cast(Hold h) {
      h.gate->entered = true;
      while (!h.gate->open) base::yield_thread();
      exit(ExitReason::custom("over"));
    }
  };
  in_process([]() -> Task<> {
    Gate gate;
    auto server = co_await start<Server>(StartOptions{.thread = dedicated});
    server.cast<Hold>(&gate);
    co_await until_entered(gate);
    auto request = server.send_request<Get>();
    gate.open = true;
    std::expected<int, CallError> answer = co_await request.response(1h);
    EXPECT(!answer);
    EXPECT(answer.error().is_exit());
    EXPECT(answer.error().reason() == ExitReason::custom("over"));
    std::expected<int, CallError> late = co_await server.try_call<Get>();
    EXPECT(!late);
    EXPECT(late.error().is_noproc());
  });
}

TEST_CASE("end, step 8: links and monitors are told, of thousands each exactly once", "[process][ending]") {
  in_process([]() -> Task<> {
    constexpr int count = static_cast<int>(scaled(5'000, 2'500));  // more than are told in one slice
    const Pid center = spawn(idle);
    const Pid me = self();
    for (int i = 0; i < count; ++i)
      spawn([center, me]() -> Task<> {
        trap_exit(true);
        link(center);
        const MonitorRef m = monitor(center);
        send(me, Ready{});
        const ExitReason by_link = co_await receive([](const Exit& e) { return e.reason; });
        const ExitReason by_monitor = co_await receive(on(m, [](const Down& d) { return d.reason; }));
        EXPECT(by_link == ExitReason::custom("center"));
        EXPECT(by_monitor == by_link);
        EXPECT(process_info(self()).message_queue_len == 0);
        send(me, 1);
      });
    for (int i = 0; i < count; ++i) co_await receive([](Ready) {});
    exit(center, ExitReason::custom("center"));
    for (int i = 0; i < count; ++i) co_await receive([](int) {});
  });
}

TEST_CASE("end, step 9: the slot's next tenant starts with nothing of the last", "[process][ending]") {
  in_turns([]() -> Task<> {
    Pid first;
    {
      auto [pid, ref] = spawn_monitor([]() -> Task<> {
        trap_exit(true);
        set_label("first");
        link(spawn(idle));
        (void)register_name("first", self());
        send(self(), Ready{});
        co_await receive([](Go) {});
      });
      first = pid;
      send(pid, Go{});
      co_await receive(on(ref, [](const Down&) {}));
    }
    bool seen = false;
    for (int i = 0; i < 100 && !seen; ++i) {
      auto [pid, ref] = spawn_monitor([]() -> Task<> {
        const ProcessInfo info = process_info(self());
        EXPECT(!info.trap_exit);
        EXPECT(info.label.empty());
        EXPECT(info.links.empty());
        EXPECT(info.monitors.empty());
        EXPECT(!info.registered_name);
        EXPECT(info.message_queue_len == 0);
        co_return;
      });
      seen = pid.slot() == first.slot();
      EXPECT(pid != first);
      co_await receive(on(ref, [](const Down&) {}));
    }
    EXPECT(seen);
  });
}

TEST_CASE("end: a process of a stopped runtime is merely dead", "[process][ending]") {
  Pid left;
  {
    Runtime gone{quiet(1)};
    left = gone.spawn(idle);
    CHECK(is_alive(left));
    gone.stop();
  }
  CHECK_FALSE(is_alive(left));
  in_process([left]() -> Task<> {
    const auto before = runtime().dead_letter_count();
    send(left, Go{});
    EXPECT(runtime().dead_letter_count() == before + 1);
    const MonitorRef ref = monitor(left);
    co_await receive(on(ref, [](const Down& d) { EXPECT(d.reason.is_noproc()); }));
  });
}
