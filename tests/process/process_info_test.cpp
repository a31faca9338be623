// What a process tells of itself, and what others are told of it when they ask.
#include <algorithm>
#include <chrono>
#include <string>
#include <vector>

#include <coppice/coppice.hpp>

#include "processes.hpp"

using namespace coppice;
using namespace coppice::test;
using namespace std::chrono_literals;

namespace {

struct Go {};
struct Other {};

Task<> idle() { co_await receive([](Go) {}); }

// Asks until the process waits.
Task<ProcessInfo> when_waiting(Pid pid) {
  for (;;) {
    std::optional<ProcessInfo> info = co_await ask_process_info(pid);
    if (!info) throw std::runtime_error{"it is dead"};
    if (info->status == ProcessInfo::Status::waiting) co_return std::move(*info);
    co_await sleep(0s);
  }
}

class Quiet : public GenServer {
 public:
  Task<> handle_cast(Go) { co_await receive<Other>(); }
};

}  // namespace

TEST_CASE("ask_process_info: links, monitors, who watches, label, name, parent", "[process][process_info]") {
  in_process([]() -> Task<> {
    const Pid me = self();
    const Pid friend_of_it = spawn(idle);
    const Pid pid = spawn_link([friend_of_it, me]() -> Task<> {
      trap_exit(true);
      set_label("the asked");
      link(friend_of_it);
      (void)monitor(friend_of_it);
      (void)monitor(Atom{"me"});
      send(me, Go{});
      co_await receive([](Go) {});
    });
    EXPECT(register_name("me", me).has_value());
    EXPECT(register_name("asked", pid).has_value());
    const MonitorRef ref = monitor(pid);
    co_await receive<Go>();
    ProcessInfo info = (co_await ask_process_info(pid)).value();
    std::ranges::sort(info.links);
    std::vector<Pid> links{me, friend_of_it};
    std::ranges::sort(links);
    EXPECT(info.links == links);
    const bool by_pid = info.monitors.at(0) == ProcessInfo::Monitored{friend_of_it, Atom{}};
    EXPECT(by_pid);
    EXPECT(info.monitors.at(1).name == Atom{"me"});
    EXPECT(info.monitored_by == std::vector<Pid>{me});
    EXPECT(info.trap_exit);
    EXPECT(info.label == "the asked");
    EXPECT(info.registered_name == Atom{"asked"});
    EXPECT(info.parent == me);
    EXPECT(info.what.find("lambda") != std::string::npos);
    demonitor(ref);
    EXPECT((co_await ask_process_info(pid)).value().monitored_by.empty());
    send(pid, Go{});
    (void)unregister_name("me");
  });
}

TEST_CASE("ask_process_info: the queue has what the asker sent before", "[process][process_info]") {
  in_process([]() -> Task<> {
    const Pid pid = spawn(idle);
    for (std::size_t n = 1; n <= 100; ++n) {
      send(pid, Other{});
      EXPECT((co_await ask_process_info(pid)).value().message_queue_len == n);
    }
    send(pid, Go{});
  });
}

TEST_CASE("ask_process_info: a dead process gives nothing, at any time of its end", "[process][process_info]") {
  in_process([]() -> Task<> {
    EXPECT(!(co_await ask_process_info(Pid{})).has_value());
    for (int i = 0; i < 200; ++i) {
      auto [pid, ref] = spawn_monitor(idle);
      exit(pid, ExitReason::kill());
      EXPECT(!(co_await ask_process_info(pid)).has_value());
      co_await receive(on(ref, [](const Down&) {}));
      EXPECT(!(co_await ask_process_info(pid)).has_value());
    }
  });
}

TEST_CASE("ask_process_info: waiting when parked, with a backlog too; running otherwise", "[process][process_info]") {
  in_turns([]() -> Task<> {
    const Pid pid = spawn(idle);
    EXPECT((co_await ask_process_info(pid)).value().status == ProcessInfo::Status::running);  // has not had its turn
    co_await when_waiting(pid);
    send(pid, Other{});
    EXPECT((co_await ask_process_info(pid)).value().status == ProcessInfo::Status::running);
    EXPECT((co_await when_waiting(pid)).message_queue_len == 1);
    EXPECT((co_await ask_process_info(self())).value().status == ProcessInfo::Status::running);
    send(pid, Go{});
  });
}

TEST_CASE("ask_process_info: of oneself is process_info()", "[process][process_info]") {
  in_process([]() -> Task<> {
    send(self(), Go{});
    EXPECT((co_await ask_process_info(self())).value().message_queue_len == 1);
    EXPECT(process_info(self()).message_queue_len == 1);
    co_await receive<Go>();
  });
}

TEST_CASE("process_info: of another is refused", "[process][process_info]") {
  in_process([]() -> Task<> {
    const Pid pid = spawn(idle);
    bool refused = false;
    try {
      (void)process_info(pid);
    } catch (const ProcessError& error) {
      refused = error.code() == ProcessErrorCode::bad_argument;
    }
    EXPECT(refused);
    send(pid, Go{});
    co_return;
  });
}

TEST_CASE("ask_process_info: an idle server waits, and so does one whose handler is suspended", "[process][process_info]") {
  in_process([]() -> Task<> {
    const auto server = co_await start_link<Quiet>();
    EXPECT((co_await when_waiting(server)).what.find("Quiet") != std::string::npos);
    server.cast<Go>();
    server.cast<Go>();
    EXPECT((co_await when_waiting(server)).message_queue_len == 1);
    send(server, Other{});
    send(server, Other{});
    EXPECT((co_await when_waiting(server)).message_queue_len == 0);
    co_await server.stop();
  });
}

TEST_CASE("ask_process_info: processes that ask each other all get answers", "[process][process_info]") {
  in_process([]() -> Task<> {
    const Pid me = self();
    constexpr int askers = 20;
    std::vector<Pid> pids;
    for (int i = 0; i < askers; ++i)
      pids.push_back(spawn([me]() -> Task<> {
        const std::vector<Pid> others = co_await receive<std::vector<Pid>>();
        int answered = 0;
        for (const Pid other : others)
          if ((co_await ask_process_info(other)).has_value()) ++answered;
        send<int>(me, answered);
        co_await receive([](Go) {});
      }));
    for (const Pid pid : pids) send<std::vector<Pid>>(pid, pids);
    for (int i = 0; i < askers; ++i) EXPECT(co_await receive<int>() == askers);
    for (const Pid pid : pids) send(pid, Go{});
  });
}

TEST_CASE("ask_process_info: an asker that is killed meanwhile leaves nothing behind", "[process][process_info]") {
  in_turns([]() -> Task<> {
    const Pid busy = spawn(idle);
    auto [asker, ref] = spawn_monitor([busy]() -> Task<> {
      for (;;) (void)co_await ask_process_info(busy);
    });
    co_await sleep(0s);
    exit(asker, ExitReason::kill());
    co_await receive(on(ref, [](const Down& d) { EXPECT(d.reason == ExitReason::killed()); }));
    send(busy, Go{});
  });
}

TEST_CASE("ask_messages: what waits in a mailbox, oldest first, and it stays", "[process][process_info]") {
  in_process([]() -> Task<> {
    const Pid pid = spawn([]() -> Task<> {
      co_await receive([](Go) {});
      EXPECT(co_await receive<int>() == 1);
      EXPECT(co_await receive<int>() == 2);
    });
    const MonitorRef ref = monitor(pid);
    send<int>(pid, 1);
    send(pid, Other{});
    send<int>(pid, 2);
    const auto tell = [](const Message& message) {
      const int* number = message.get<int>();
      return number == nullptr ? message.type_name() : std::to_string(*number);
    };
    const auto told = co_await ask_messages(pid, tell);
    EXPECT(told.has_value() && told->size() == 3);
    EXPECT(told->front() == "1" && told->back() == "2" && told->at(1).ends_with("Other"));
    send(pid, Go{});
    const ExitReason reason = co_await receive(on(ref, [](const Down& down) { return down.reason; }));
    EXPECT(reason == ExitReason::normal());
    const auto of_the_dead = co_await ask_messages(pid, tell);
    EXPECT(!of_the_dead.has_value());
  });
}

TEST_CASE("ask_messages: of oneself, of many, and of a mailbox that a receive has looked through", "[process][process_info]") {
  in_process([]() -> Task<> {
    const auto number = [](const Message& message) { return *message.get<int>(); };
    std::vector<int> sent;
    for (int i = 0; i < 100; ++i) {
      send<int>(self(), i);
      sent.push_back(i);
    }
    const bool none = !(co_await receive<Go>(0ms)).has_value();
    EXPECT(none);
    const auto seen = co_await ask_messages(self(), number);
    EXPECT(seen == sent);
    while ((co_await receive<int>(0ms)).has_value()) {
    }
    const auto left = co_await ask_messages(self(), number);
    EXPECT(left.has_value() && left->empty());
  });
}

TEST_CASE("ask_messages: what the function throws reaches who asked, and nobody else", "[process][process_info]") {
  in_process([]() -> Task<> {
    const Pid pid = spawn(idle);
    send(pid, Other{});
    const auto refuse = [](const Message&) -> int { throw std::runtime_error{"no"}; };
    std::string caught;
    try {
      (void)co_await ask_messages(pid, refuse);
    } catch (const std::runtime_error& error) {
      caught = error.what();
    }
    EXPECT(caught == "no");
    const auto count = co_await ask_messages(pid, [](const Message&) { return true; });
    EXPECT(count.has_value() && count->size() == 1);
    send(pid, Go{});
  });
}
