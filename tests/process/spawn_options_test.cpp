// What SpawnOptions say of a new process.
#include <chrono>
#include <string>

#include <coppice/coppice.hpp>

#include "processes.hpp"

using namespace coppice;
using namespace coppice::test;

namespace {

struct Go {};

Task<> idle() { co_await receive([](Go) {}); }

}  // namespace

TEST_CASE("spawn options: the label is there before the process runs", "[process][spawn_options]") {
  in_turns([]() -> Task<> {
    const Pid pid = spawn(SpawnOptions{.label = "worker"}, idle);
    EXPECT((co_await ask_process_info(pid)).value().label == "worker");
    EXPECT(process_info(self()).links.empty());
    send(pid, Go{});
  });
}

TEST_CASE("spawn options: spawn_monitor with a link does both", "[process][spawn_options]") {
  in_process([]() -> Task<> {
    trap_exit(true);
    auto [pid, ref] = spawn_monitor(SpawnOptions{.label = "both", .link = true}, idle);
    EXPECT(process_info(self()).links == std::vector<Pid>{pid});
    exit(pid, ExitReason::kill());
    const Exit over_link = co_await receive<Exit>();
    EXPECT(over_link.from == pid);
    co_await receive(on(ref, [](const Down& d) { EXPECT(d.reason == ExitReason::killed()); }));
  });
}

TEST_CASE("spawn options: spawn with a link is spawn_link", "[process][spawn_options]") {
  in_process([]() -> Task<> {
    const Pid linked = spawn(SpawnOptions{.link = true}, idle);
    const Pid alone = spawn(SpawnOptions{}, idle);
    EXPECT(process_info(self()).links == std::vector<Pid>{linked});
    unlink(linked);
    send(linked, Go{});
    send(alone, Go{});
    co_return;
  });
}
