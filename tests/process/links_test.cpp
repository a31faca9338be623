// Links as OTP has them (semantics 2, 3, 5).
#include <coppice/process/links.hpp>

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
// Waits for a process's end without a link or a monitor of the test's own on the way.
Task<> ended(Pid pid) {
  const MonitorRef ref = monitor(pid);
  co_await receive(on(ref, [](const Down&) {}));
}
std::size_t queued() { return process_info(self()).message_queue_len; }

}  // namespace

TEST_CASE("link: a linked process that ends sends its reason", "[process][links]") {
  in_process([]() -> Task<> {
    trap_exit(true);
    const Pid other = spawn(wait_then_exit, ExitReason::custom(7));
    link(other);
    send(other, Go{});
    const Exit e = co_await receive<Exit>();
    EXPECT(e.from == other);
    EXPECT(e.reason == ExitReason::custom(7));
    EXPECT(!process::is_linked(other));
  });
}

TEST_CASE("link: both ends have it, whoever made it", "[process][links]") {
  in_turns([]() -> Task<> {
    const Pid me = self();
    const Pid other = spawn([me]() -> Task<> {
      co_await receive([](Go) {});
      EXPECT(process::is_linked(me));
      EXPECT(process_info(self()).links == std::vector<Pid>{me});
      send(me, Go{});
      co_await receive([](Go) {});
    });
    link(other);
    EXPECT(process_info(me).links == std::vector<Pid>{other});
    send(other, Go{});
    co_await receive([](Go) {});
    unlink(other);
    send(other, Go{});
  });
}

TEST_CASE("link: two links are one", "[process][links]") {
  in_process([]() -> Task<> {
    trap_exit(true);
    const Pid other = spawn_link(idle);
    link(other);
    link(other);
    EXPECT(process_info(self()).links.size() == 1);
    send(other, Go{});
    const Exit e = co_await receive<Exit>();
    EXPECT(e.from == other);
    co_await ended(other);
    EXPECT(queued() == 0);
    // One unlink takes them all away.
    const Pid third = spawn_link(idle);
    link(third);
    unlink(third);
    send(third, Go{});
    co_await ended(third);
    EXPECT(queued() == 0);
  });
}

TEST_CASE("link: to oneself does nothing", "[process][links]") {
  in_process([]() -> Task<> {
    link(self());
    EXPECT(process_info(self()).links.empty());
    unlink(self());
    co_return;
  });
}

TEST_CASE("link: to a dead process gives who traps an Exit, who does not an error", "[process][links]") {
  in_process([]() -> Task<> {
    const Pid dead = spawn([]() -> Task<> { co_return; });
    co_await ended(dead);
    bool refused = false;
    try {
      link(dead);
    } catch (const ProcessError& e) {
      refused = e.code() == ProcessErrorCode::noproc;
    }
    EXPECT(refused);
    EXPECT(!process::is_linked(dead));
    trap_exit(true);
    link(dead);
    const Exit e = co_await receive<Exit>();
    EXPECT(e.from == dead);
    EXPECT(e.reason == ExitReason::noproc());
    EXPECT(process_info(self()).links.empty());
  });
}

TEST_CASE("link: to a pid that never was is to a dead process", "[process][links]") {
  in_process([]() -> Task<> {
    trap_exit(true);
    link(Pid{});
    const Exit e = co_await receive<Exit>();
    EXPECT(e.from == Pid{});
    EXPECT(e.reason == ExitReason::noproc());
    link(Pid{0, 16'000'000, 1});
    const Exit second = co_await receive<Exit>();
    EXPECT(second.reason == ExitReason::noproc());
  });
}

TEST_CASE("link: the end of a process that does not trap spreads along links", "[process][links]") {
  in_process([]() -> Task<> {
    const Pid me = self();
    const Pid first = spawn([me]() -> Task<> {
      spawn_link([me]() -> Task<> {
        send(me, spawn_link(idle));
        co_await receive([](Go) {});
      });
      co_await receive([](Go) {});
    });
    const Pid last = co_await receive<Pid>();
    const MonitorRef of_first = monitor(first);
    const MonitorRef of_last = monitor(last);
    exit(first, ExitReason::custom(9));
    const MonitorRef both[] = {of_first, of_last};
    for (const MonitorRef ref : both)
      co_await receive(on(ref, [](const Down& d) { EXPECT(d.reason == ExitReason::custom(9)); }));
  });
}

TEST_CASE("link: normal over a link is ignored unless trapped", "[process][links]") {
  in_process([]() -> Task<> {
    const Pid first = spawn_link([]() -> Task<> { co_return; });
    co_await ended(first);
    EXPECT(queued() == 0);
    EXPECT(process_info(self()).links.empty());
    trap_exit(true);
    const Pid second = spawn_link([]() -> Task<> { co_return; });
    const Exit e = co_await receive<Exit>();
    EXPECT(e.from == second);
    EXPECT(e.reason.is_normal());
  });
}

TEST_CASE("unlink: no Exit comes after it", "[process][links]") {
  in_process([]() -> Task<> {
    trap_exit(true);
    for (int i = 0; i < 200; ++i) {
      const Pid other = spawn_link(idle);
      send(other, Go{});  // it may end before, while or after the link is taken away
      unlink(other);
      const std::size_t at_unlink = queued();
      co_await ended(other);
      EXPECT(queued() == at_unlink);
      co_await receive<Exit>(0ms);
    }
  });
}

TEST_CASE("unlink: an Exit that is in the mailbox stays, and flush takes it out", "[process][links]") {
  in_process([]() -> Task<> {
    trap_exit(true);
    for (int round = 0; round < 2; ++round) {
      const bool with_flush = round == 1;
      const Pid other = spawn_link(idle);
      send(other, Go{});
      co_await ended(other);
      EXPECT(queued() == 1);
      if (with_flush)
        unlink(other, flush);
      else
        unlink(other);
      EXPECT(queued() == (with_flush ? 0 : 1));
      co_await receive<Exit>(0ms);
    }
  });
}

TEST_CASE("unlink: flush takes out what has arrived but was not drained yet", "[process][links]") {
  in_turns([]() -> Task<> {
    trap_exit(true);
    const Pid other = spawn_link(idle);
    const Pid third = spawn_link(idle);
    send(other, Go{});
    send(third, Go{});
    co_await sleep(0ms);
    unlink(other, flush);
    unlink(third, flush);
    EXPECT(queued() == 0);
    co_await ended(other);
    co_await ended(third);
    EXPECT(queued() == 0);
  });
}

TEST_CASE("unlink: of what is not linked or dead does nothing", "[process][links]") {
  in_process([]() -> Task<> {
    const Pid dead = spawn([]() -> Task<> { co_return; });
    co_await ended(dead);
    unlink(dead);
    unlink(Pid{});
    unlink(dead, flush);
    EXPECT(queued() == 0);
  });
}

TEST_CASE("unlink: the other end is free too", "[process][links]") {
  in_process([]() -> Task<> {
    const Pid me = self();
    auto [other, ref] = spawn_monitor([me]() -> Task<> {
      link(me);
      send(me, Go{});
      co_await receive([](Go) {});
      EXPECT(!process::is_linked(me));
      exit(ExitReason::custom("on its own"));
    });
    co_await receive([](Go) {});
    unlink(other);
    send(other, Go{});
    const Down d = co_await receive<Down>();
    EXPECT(d.ref == ref);
    EXPECT(d.reason == ExitReason::custom("on its own"));  // and this process lives
  });
}

TEST_CASE("unlink: link after it makes the link active again", "[process][links]") {
  in_turns([]() -> Task<> {
    trap_exit(true);
    const Pid other = spawn_link(wait_then_exit, ExitReason::custom(1));
    unlink(other);
    link(other);
    EXPECT(process::is_linked(other));
    send(other, Go{});
    const Exit e = co_await receive<Exit>();
    EXPECT(e.from == other);
    EXPECT(e.reason == ExitReason::custom(1));
    co_await ended(other);
    EXPECT(queued() == 0);
  });
}

TEST_CASE("link: functions called outside a process say so", "[process][links]") {
  CHECK_THROWS_AS(link(Pid{}), ProcessError);
  CHECK_THROWS_AS(unlink(Pid{}), ProcessError);
  CHECK_THROWS_AS(monitor(Pid{}), ProcessError);
  CHECK_THROWS_AS(demonitor(MonitorRef{}), ProcessError);
  CHECK_THROWS_AS(trap_exit(true), ProcessError);
  CHECK_THROWS_AS(self(), ProcessError);
}

TEST_CASE("link: one to the parent is a link like any other", "[process][links]") {
  in_process([]() -> Task<> {
    trap_exit(true);
    const Pid me = self();
    const Pid born_with = spawn_link([me]() -> Task<> {
      EXPECT(process_info(self()).links == std::vector<Pid>{me});
      unlink(me);
      EXPECT(!process::is_linked(me));
      EXPECT(process_info(self()).links.empty());
      link(me);  // before the acknowledgement can have come
      EXPECT(process_info(self()).links == std::vector<Pid>{me});
      const Pid third = spawn_link(idle);
      EXPECT(process_info(self()).links.size() == 2);
      unlink(third);
      unlink(me);
      send(third, Go{});
      co_await receive([](Go) {});
      link(me);
      exit(ExitReason::custom(3));
    });
    const Pid made_later = spawn([me]() -> Task<> {
      link(me);
      exit(ExitReason::custom(4));
    });
    const Exit later = co_await receive<Exit>();
    EXPECT(later.from == made_later);
    EXPECT(later.reason == ExitReason::custom(4));
    send(born_with, Go{});
    const Exit last = co_await receive<Exit>();
    EXPECT(last.from == born_with);
    EXPECT(last.reason == ExitReason::custom(3));
  });
}

TEST_CASE("link: what its parent ends with reaches a child, and not one that unlinked itself", "[process][links]") {
  in_process([]() -> Task<> {
    const Pid me = self();
    const Pid parent = spawn([me]() -> Task<> {
      const Pid linked = spawn_link(idle);
      const Pid free = spawn_link([parent = self(), me]() -> Task<> {
        unlink(parent);
        send(me, Go{});
        co_await receive([](Go) {});
      });
      send(me, std::pair{linked, free});
      co_await receive([](Go) {});
      exit(ExitReason::custom(5));
    });
    const auto children = co_await receive<std::pair<Pid, Pid>>();
    co_await receive([](Go) {});
    const MonitorRef first = monitor(children.first);
    send(parent, Go{});
    const ExitReason reason = co_await receive(on(first, [](const Down& d) { return d.reason; }));
    EXPECT(reason == ExitReason::custom(5));
    co_await ended(parent);
    EXPECT(is_alive(children.second));
    send(children.second, Go{});
    co_await ended(children.second);
  });
}
