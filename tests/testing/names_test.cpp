// Names that are given, taken back and lost by processes that end, at random, against a model.
#include <coppice/coppice.hpp>
#include <coppice/testing.hpp>

#include <map>
#include <vector>

#include "catch.hpp"
#include "seeds.hpp"

using namespace coppice;
using namespace coppice::testing;
using namespace std::chrono_literals;

namespace {

struct Never {};

Task<> waits() { co_await receive<Never>(); }

// What register_name() must say.
std::string expected(const std::map<Atom, Pid>& names, Atom name, Pid pid) {
  if (names.contains(name)) return fmt::format("{}", NameError::name_taken);
  if (!is_alive(pid)) return fmt::format("{}", NameError::process_dead);
  for (const auto& [other, holder] : names)
    if (holder == pid) return fmt::format("{}", NameError::process_has_name);
  return "named";
}

Task<> names_main() {
  const Atom all[] = {Atom{"a"}, Atom{"b"}, Atom{"c"}};
  std::map<Atom, Pid> names;
  std::vector<Pid> pids;
  for (int i = 0; i < 3; ++i) pids.push_back(spawn(waits));
  for (int i = 0; i < 30; ++i) {
    const Atom name = all[random_number(3)];
    Pid& pid = pids[random_number(3)];
    switch (random_number(5)) {
      case 0:
      case 1: {
        const std::string wanted = expected(names, name, pid);
        const auto got = register_name(name, pid);
        check((got ? "named" : fmt::format("{}", got.error())) == wanted,
              "a name is given as the model says");
        if (got) names[name] = pid;
        break;
      }
      case 2:
        check(unregister_name(name) == (names.erase(name) != 0),
              "a name is taken back if somebody has it");
        break;
      case 3: {
        const MonitorRef end = monitor(pid);
        exit(pid, ExitReason::kill());
        co_await receive(on(end, [](const Down&) {}));
        std::erase_if(names, [pid](const auto& entry) { return entry.second == pid; });
        break;
      }
      default:
        if (!is_alive(pid)) pid = spawn(waits);
    }
    for (const Atom one : all) {
      const auto found = names.find(one);
      check(whereis(one).value_or(Pid{}) == (found == names.end() ? Pid{} : found->second),
            "a name is whose the model says");
    }
    check(registered().size() == names.size(), "as many names as the model has");
  }
}

// Each waits for the name of a server that comes late, and dies, perhaps before it answers, and
// comes again.
struct Get {};
class Late : public GenServer {
 public:
  int handle_call(Get) { return 1; }
};
struct Done {};

Task<> waits_for_name(Pid tell) {
  const Name<Late> late{"late"};
  for (int i = 0; i < 3;) {
    try {
      (void)co_await late.call_when_registered<Get>(1min);
      ++i;
    } catch (const ExitSignal&) {
    }
  }
  send<Done>(tell);
}

Task<> late_main() {
  for (int i = 0; i < 3; ++i) spawn(waits_for_name, self());
  int done = 0;
  for (int round = 0; done < 3; ++round) {
    check(round < 100, "who waits for a name is not woken");
    co_await sleep(std::chrono::milliseconds{random_number(3)});
    const auto server = co_await start<Late>(StartOptions{.name = "late"});
    while (co_await receive<Done>(1ms)) ++done;
    exit(server.pid(), ExitReason::kill());
    while (whereis("late")) co_await sleep(1ms);
  }
}

// Fails to start; when its starter hears, its name is free for the next.
class Doomed : public GenServer {
 public:
  InitResult init() {
    if (random_number(2) == 0) throw std::runtime_error{"no"};
    return InitResult::stop(ExitReason::shutdown());
  }
};

Task<> doomed_main() {
  for (int i = 0; i < 5; ++i) {
    const auto started = co_await try_start<Doomed>(StartOptions{.name = "doomed"});
    check(!started && started.error().kind() == StartError::Kind::failed,
          "a start fails for its own reason");
    check(!whereis("doomed"), "the name of who failed to start is free");
  }
}

}  // namespace

TEST_CASE("names: when a start has failed its name is free", "[testing]") {
  const Exploration found = explore(doomed_main, {.seeds = seeds(200)});
  INFO(found.report());
  CHECK(found.ok());
}

TEST_CASE("names: are whose a model says, whoever ends", "[testing]") {
  const Exploration found = explore(names_main, {.seeds = seeds(300)});
  INFO(found.report());
  CHECK(found.ok());
}

TEST_CASE("names: who waits for one is woken whenever somebody takes it", "[testing]") {
  const Exploration found = explore(late_main, {.seeds = seeds(300)});
  INFO(found.report());
  CHECK(found.ok());
}
