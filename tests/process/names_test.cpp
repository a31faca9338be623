// Names (semantics 8, 9).
#include <coppice/process/names.hpp>

#include <algorithm>
#include <chrono>
#include <string>
#include <vector>

#include <coppice/core.hpp>

#include "processes.hpp"

using namespace coppice;
using namespace coppice::test;
using namespace std::chrono_literals;

namespace {

struct Go {};
Task<> idle() { co_await receive([](Go) {}); }

std::optional<NameError> error_of(const std::expected<void, NameError>& result) {
  if (result) return std::nullopt;
  return result.error();
}

}  // namespace

TEST_CASE("name: is found, listed in order, and sent to", "[process][names]") {
  in_process([]() -> Task<> {
    const Pid me = self();
    EXPECT(register_name("zoe", me).has_value());
    const Pid other = spawn(idle);
    EXPECT(register_name("adam", other).has_value());
    EXPECT(whereis("zoe") == me);
    EXPECT(whereis("adam") == other);
    EXPECT(!whereis("eve"));
    EXPECT(registered() == std::vector<Atom>{"adam", "zoe"});
    EXPECT(process_info(me).registered_name == Atom{"zoe"});
    const MonitorRef ref = monitor(other);
    send(Atom{"adam"}, Go{});
    co_await receive(on(ref, [](const Down&) {}));
  });
}

TEST_CASE("name: each wrong registration has its error", "[process][names]") {
  in_process([]() -> Task<> {
    const Pid me = self();
    auto [dead, ref] = spawn_monitor([]() -> Task<> { co_return; });
    co_await receive(on(ref, [](const Down&) {}));
    const Pid other = spawn(idle);
    EXPECT(register_name("me", me).has_value());
    EXPECT(error_of(register_name("me", other)) == NameError::name_taken);
    EXPECT(error_of(register_name("me", me)) == NameError::name_taken);
    EXPECT(error_of(register_name("second", me)) == NameError::process_has_name);
    EXPECT(error_of(register_name("late", dead)) == NameError::process_dead);
    EXPECT(error_of(register_name("none", Pid{})) == NameError::process_dead);
    EXPECT(error_of(register_name("undefined", other)) == NameError::reserved_name);
    EXPECT(error_of(register_name("", other)) == NameError::reserved_name);
    EXPECT(registered() == std::vector<Atom>{"me"});
    EXPECT(fmt::format("{}", NameError::name_taken) == "the name is taken");
    send(other, Go{});
  });
}

TEST_CASE("name: unregistered it is free, for its process too", "[process][names]") {
  in_process([]() -> Task<> {
    const Pid me = self();
    EXPECT(!unregister_name("me"));
    EXPECT(register_name("me", me).has_value());
    EXPECT(unregister_name("me"));
    EXPECT(!whereis("me"));
    EXPECT(!process_info(me).registered_name);
    EXPECT(register_name("again", me).has_value());
    co_return;
  });
}

TEST_CASE("name: a send to one that nobody has is an error", "[process][names]") {
  in_process([]() -> Task<> {
    bool refused = false;
    try {
      send(Atom{"nobody"}, Go{});
    } catch (const ProcessError& e) {
      refused = e.code() == ProcessErrorCode::bad_argument;
    }
    EXPECT(refused);
    co_return;
  });
}

TEST_CASE("name: is free before any link or monitor hears of the end", "[process][names]") {
  in_process([]() -> Task<> {
    trap_exit(true);
    for (int i = 0; i < 200; ++i) {
      const Pid other = spawn_link(idle);
      EXPECT(register_name("worker", other).has_value());
      const MonitorRef ref = monitor(other);
      send(Atom{"worker"}, Go{});
      if (i % 2 == 0) {
        co_await receive([](const Exit&) {});
        EXPECT(!whereis("worker"));
        co_await receive(on(ref, [](const Down&) {}));
      } else {
        co_await receive(on(ref, [](const Down&) {}));
        EXPECT(!whereis("worker"));
        co_await receive([](const Exit&) {});
      }
    }
  });
}

TEST_CASE("name: of many who want it at once one gets it", "[process][names]") {
  in_process([]() -> Task<> {
    const Pid me = self();
    for (int round = 0; round < 50; ++round) {
      constexpr int wanting = 8;
      std::vector<Pid> all;
      for (int i = 0; i < wanting; ++i)
        all.push_back(spawn([me]() -> Task<> {
          send(me, register_name("king", self()).has_value());
          co_await receive([](Go) {});
        }));
      int got = 0;
      for (int i = 0; i < wanting; ++i) got += co_await receive([](bool b) { return b ? 1 : 0; });
      EXPECT(got == 1);
      EXPECT(std::ranges::find(all, *whereis("king")) != all.end());
      std::vector<MonitorRef> ends;
      for (const Pid p : all) {
        ends.push_back(monitor(p));
        send(p, Go{});
      }
      for (const MonitorRef m : ends) co_await receive(on(m, [](const Down&) {}));
      EXPECT(!whereis("king"));
    }
  });
}

TEST_CASE("name: given to a process while it ends, it does not stay", "[process][names]") {
  in_process([]() -> Task<> {
    for (int round = 0; round < 500; ++round) {
      auto [other, ref] = spawn_monitor([]() -> Task<> { co_return; });
      const auto result = register_name("dying", other);
      EXPECT(result.has_value() || result.error() == NameError::process_dead);
      co_await receive(on(ref, [](const Down&) {}));
      EXPECT(!whereis("dying"));
      EXPECT(registered().empty());
    }
  });
}

TEST_CASE("name: given and taken by others while its process ends, it does not stay", "[process][names]") {
  in_process([]() -> Task<> {
    for (int round = 0; round < 300; ++round) {
      auto [other, ref] = spawn_monitor([]() -> Task<> {
        for (int i = 0; i < 3; ++i) co_await sleep(0ms);
      });
      const Pid subject = other;
      auto [helper, helped] = spawn_monitor([subject]() -> Task<> {
        for (int i = 0; i < 5; ++i) {
          (void)register_name("shared", subject);
          (void)unregister_name("shared");
          (void)register_name("shared", subject);
          co_await sleep(0ms);
        }
      });
      (void)helper;
      co_await receive(on(ref, [](const Down&) {}));
      co_await receive(on(helped, [](const Down&) {}));
      EXPECT(!whereis("shared"));
    }
  });
}

TEST_CASE("name: a process of another runtime cannot be given one", "[process][names]") {
  const LeavesNothing check;
  Runtime other{quiet(1)};
  Runtime here{quiet(1)};
  const Pid foreign = other.spawn(idle);
  here.run([foreign]() -> Task<> {
    EXPECT(error_of(register_name("foreign", foreign)) == NameError::other_runtime);
    EXPECT(!whereis("foreign"));
    co_return;
  });
  here.stop();
  other.stop();
}

TEST_CASE("name: those of two runtimes have nothing to do with each other", "[process][names]") {
  const LeavesNothing check;
  Runtime other{quiet(1)};
  Runtime here{quiet(1)};
  const Pid there = other.spawn([]() -> Task<> {
    EXPECT(register_name("same", self()).has_value());
    co_await receive([](Go) {});
  });
  while (!other.whereis("same")) base::yield_thread();
  EXPECT(other.whereis("same") == there);  // that process may be at its own
  here.run([]() -> Task<> {
    EXPECT(!whereis("same"));
    EXPECT(register_name("same", self()).has_value());
    EXPECT(whereis("same") == self());
    co_return;
  });
  EXPECT(other.whereis("same") == there);
  here.stop();
  other.stop();
}
