// Monitors as OTP has them (semantics 2, 8).
#include <chrono>
#include <utility>

#include <coppice/core.hpp>

#include "processes.hpp"

using namespace coppice;
using namespace coppice::test;
using namespace std::chrono_literals;

namespace {

struct Go {};

Task<> idle() { co_await receive([](Go) {}); }
Task<> wait_then_exit(ExitReason reason) {
  co_await receive([](Go) {});
  exit(std::move(reason));
}
std::size_t queued() { return process_info(self()).message_queue_len; }

}  // namespace

TEST_CASE("monitor: one Down with reference, pid and reason, and no exit signal", "[process][monitors]") {
  in_process([]() -> Task<> {
    const Pid other = spawn(wait_then_exit, ExitReason::custom(5));
    const MonitorRef ref = monitor(other);
    EXPECT(process_info(self()).monitors == std::vector<ProcessInfo::Monitored>{{other, Atom{}}});
    send(other, Go{});
    const Down d = co_await receive<Down>();
    EXPECT(d.ref == ref);
    EXPECT(d.pid == other);
    EXPECT(d.reason == ExitReason::custom(5));
    EXPECT(!d.name);
    EXPECT(process_info(self()).monitors.empty());
    EXPECT(queued() == 0);
  });
}

TEST_CASE("monitor: two are two", "[process][monitors]") {
  in_process([]() -> Task<> {
    const Pid other = spawn(idle);
    const MonitorRef one = monitor(other);
    const MonitorRef two = monitor(other);
    EXPECT(one != two);
    send(other, Go{});
    co_await receive(on(two, [](const Down&) {}));
    co_await receive(on(one, [](const Down&) {}));
    EXPECT(queued() == 0);
  });
}

TEST_CASE("monitor: the monitored process knows who watches", "[process][monitors]") {
  in_turns([]() -> Task<> {
    const Pid me = self();
    const Pid other = spawn([me]() -> Task<> {
      co_await receive([](Go) {});
      EXPECT(process_info(self()).monitored_by == std::vector<Pid>{me});
    });
    const MonitorRef ref = monitor(other);
    send(other, Go{});
    co_await receive(on(ref, [](const Down&) {}));
  });
}

TEST_CASE("monitor: of a dead process a Down with noproc comes at once", "[process][monitors]") {
  in_process([]() -> Task<> {
    auto [dead, first] = spawn_monitor([]() -> Task<> { co_return; });
    co_await receive(on(first, [](const Down& d) { EXPECT(d.reason.is_normal()); }));
    const MonitorRef ref = monitor(dead);
    const Down d = co_await receive<Down>();
    EXPECT(d.ref == ref);
    EXPECT(d.pid == dead);
    EXPECT(d.reason.is_noproc());
  });
}

TEST_CASE("monitor: of oneself does nothing", "[process][monitors]") {
  in_process([]() -> Task<> {
    auto [other, ref] = spawn_monitor([]() -> Task<> {
      const MonitorRef mine = monitor(self());
      EXPECT(process_info(self()).monitors.empty());
      EXPECT(!demonitor(mine));
      co_return;
    });
    (void)other;
    co_await receive(on(ref, [](const Down& d) { EXPECT(d.reason.is_normal()); }));
  });
}

TEST_CASE("monitor: by name is resolved at once, and the Down has the name", "[process][monitors]") {
  in_process([]() -> Task<> {
    const Pid other = spawn(idle);
    EXPECT(register_name("watched", other).has_value());
    const MonitorRef ref = monitor(Atom{"watched"});
    EXPECT(unregister_name("watched"));
    send(other, Go{});
    const Down d = co_await receive<Down>();
    EXPECT(d.ref == ref);
    EXPECT(d.pid == other);
    EXPECT(d.name == Atom{"watched"});
    const MonitorRef nobody = monitor(Atom{"watched"});
    const Down none = co_await receive<Down>();
    EXPECT(none.ref == nobody);
    EXPECT(none.reason.is_noproc());
    EXPECT(none.name == Atom{"watched"});
  });
}

TEST_CASE("demonitor: no Down comes after it", "[process][monitors]") {
  in_process([]() -> Task<> {
    for (int i = 0; i < 200; ++i) {
      auto [other, ref] = spawn_monitor(idle);
      const MonitorRef second = monitor(other);
      send(other, Go{});
      const bool was_there = demonitor(ref);
      co_await receive(on(second, [](const Down&) {}));
      // Either it was taken away in time and nothing comes, or its Down was in the mailbox already.
      EXPECT(queued() == (was_there ? 0 : 1));
      EXPECT(!demonitor(ref));
      co_await receive<Down>(0ms);
    }
  });
}

TEST_CASE("demonitor: a Down in the mailbox stays, flush takes it and it alone out", "[process][monitors]") {
  in_process([]() -> Task<> {
    auto [other, ref] = spawn_monitor(idle);
    const MonitorRef second = monitor(other);
    const MonitorRef third = monitor(other);
    send(other, Go{});
    co_await receive(on(third, [](const Down&) {}));
    while (queued() < 2) co_await sleep(0ms);
    EXPECT(!demonitor(ref));
    EXPECT(queued() == 2);
    EXPECT(!demonitor(ref, flush));
    EXPECT(queued() == 1);
    co_await receive(on(second, [](const Down&) {}));
  });
}

TEST_CASE("demonitor: with flush, of a monitor that is there, leaves nothing behind", "[process][monitors]") {
  in_turns([]() -> Task<> {
    auto [other, ref] = spawn_monitor(idle);
    send(other, Go{});
    co_await sleep(0ms);  // it has ended, its Down is in the inbox or the mailbox
    demonitor(ref, flush);
    EXPECT(queued() == 0);
    EXPECT(!is_alive(other));
  });
}

TEST_CASE("demonitor: another's monitor is left alone", "[process][monitors]") {
  in_process([]() -> Task<> {
    auto [other, ref] = spawn_monitor(idle);
    const MonitorRef theirs = ref;
    auto [thief, done] = spawn_monitor([theirs]() -> Task<> {
      EXPECT(!demonitor(theirs));
      EXPECT(!demonitor(theirs, flush));
      co_return;
    });
    (void)thief;
    co_await receive(on(done, [](const Down&) {}));
    send(other, Go{});
    co_await receive(on(ref, [](const Down&) {}));
  });
}

TEST_CASE("demonitor: the watched process forgets its watcher, and the dead watcher's are taken away", "[process][monitors]") {
  in_turns([]() -> Task<> {
    const Pid me = self();
    const Pid other = spawn([me]() -> Task<> {
      for (int i = 0; i < 3; ++i) {
        co_await receive([](Go) {});
        send(me, process_info(self()).monitored_by.size());
      }
    });
    const MonitorRef ref = monitor(other);
    send(other, Go{});
    EXPECT(co_await receive([](std::size_t n) { return n; }) == 1);
    demonitor(ref);
    send(other, Go{});
    EXPECT(co_await receive([](std::size_t n) { return n; }) == 0);
    auto [watcher, gone] = spawn_monitor([other]() -> Task<> {
      monitor(other);
      co_return;
    });
    (void)watcher;
    co_await receive(on(gone, [](const Down&) {}));
    send(other, Go{});
    EXPECT(co_await receive([](std::size_t n) { return n; }) == 0);
  });
}

TEST_CASE("monitor: exactly one Down for each of many, whatever ends when", "[process][monitors]") {
  in_process([]() -> Task<> {
    constexpr std::size_t count = scaled(3'000, 500);
    std::size_t downs = 0;
    for (std::size_t i = 0; i < count; ++i) {
      const Pid other = spawn(idle);
      send(other, Go{});
      monitor(other);
    }
    while (downs < count) {
      co_await receive([](const Down& d) { EXPECT(d.reason.is_normal() || d.reason.is_noproc()); });
      ++downs;
    }
    EXPECT(queued() == 0);
  });
}
