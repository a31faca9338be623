// Two processes that link, unlink and end in every order: each follows a script, one step at a time,
// and looks at its signals only where the script says so. So each signal may be seen late or early.
#include <algorithm>
#include <array>
#include <chrono>
#include <memory>
#include <optional>
#include <vector>

#include <coppice/base/random.hpp>
#include <coppice/base/sync.hpp>
#include <coppice/core.hpp>

#include "processes.hpp"

using namespace coppice;
using namespace coppice::test;

namespace {

enum class Act : std::uint8_t { link, unlink, look, end };
struct Move {
  int who;
  Act act;
};
struct Start {};

// What both processes share: the script, and whose turn it is.
struct Script {
  std::vector<Move> moves;
  base::Atomic<std::size_t> at{0};
  std::array<base::Atomic<int>, 2> exits{};     // how many Exits each has got
  std::array<base::Atomic<bool>, 2> linked{};   // at the end
  std::array<base::Atomic<int>, 2> at_unlink{}; // how many Exits were there at its last unlink
};

std::size_t exits_here() { return process_info(self()).message_queue_len; }

// Ends by leaving a script early with Act::end.
Task<> player(std::shared_ptr<Script> script, int who, Pid report_to) {
  trap_exit(true);
  send(report_to, who);  // before the other may do anything to it
  const Pid other = co_await receive([](Pid p) { return p; });
  co_await receive([](Start) {});
  const auto me = static_cast<std::size_t>(who);
  for (std::size_t i = 0; i < script->moves.size(); ++i) {
    const Move move = script->moves[i];
    if (move.who != who) continue;
    while (script->at.load(base::acquire) != i) base::yield_thread();
    switch (move.act) {
      case Act::link: link(other); break;
      case Act::unlink:
        unlink(other);
        script->at_unlink[me].store(static_cast<int>(exits_here()));
        break;
      case Act::look: (void)exits_here(); break;
      case Act::end: script->at.store(i + 1, base::release); exit(ExitReason::custom(who));
    }
    script->at.store(i + 1, base::release);
  }
  // Each round trip takes in what the other had sent before it.
  for (int round = 0; round < 3; ++round) {
    send(report_to, who);
    co_await receive([](Start) {});
  }
  script->linked[me].store(process::is_linked(other));
  script->exits[me].store(static_cast<int>(exits_here()));
  send(report_to, who);
  co_await receive([](Start) {});
}

void play(std::shared_ptr<Script> script, std::optional<int> ends) {
  in_turns([script, ends]() -> Task<> {
    const Pid me = self();
    const SpawnOptions own{.thread = dedicated};
    const SpawnedMonitor a = spawn_monitor(own, player, script, 0, me);
    const SpawnedMonitor b = spawn_monitor(own, player, script, 1, me);
    for (int p = 0; p < 2; ++p) co_await receive([](int) {});
    send(a.pid, b.pid);
    send(b.pid, a.pid);
    send(a.pid, Start{});
    send(b.pid, Start{});
    const int players = ends ? 1 : 2;
    for (int round = 0; round < 4; ++round) {
      if (ends && round == 0) {
        const MonitorRef ref = *ends == 0 ? a.ref : b.ref;
        co_await receive(on(ref, [](const Down&) {}));
      }
      for (int p = 0; p < players; ++p) co_await receive([](int) {});
      for (int p = 0; p < 2; ++p)
        if (!ends || *ends != p) send(p == 0 ? a.pid : b.pid, Start{});
    }
    for (int p = 0; p < players; ++p) co_await receive([](const Down&) {});
  });
}

// What a script's acts come to for one of the two: its last act on the link, if any.
std::optional<Act> last_of(const Script& script, int who) {
  std::optional<Act> last;
  for (const Move& m : script.moves)
    if (m.who == who && (m.act == Act::link || m.act == Act::unlink)) last = m.act;
  return last;
}

bool does(const Script& script, int who, Act act) {
  return std::ranges::any_of(script.moves, [=](const Move& m) { return m.who == who && m.act == act; });
}

std::shared_ptr<Script> random_script(base::Random& random, std::size_t length, bool one_sided) {
  auto script = std::make_shared<Script>();
  for (std::size_t i = 0; i < length; ++i) {
    const int who = static_cast<int>(random.below(2));
    const Act act = random.chance(0.4) || (one_sided && who == 1) ? Act::look
                    : random.chance(0.5)                          ? Act::link
                                                                  : Act::unlink;
    script->moves.push_back({who, act});
  }
  return script;
}

std::string text_of(const Script& script) {
  std::string out;
  for (const Move& m : script.moves) {
    out += m.who == 0 ? " A" : " B";
    out += std::array{".link", ".unlink", ".look", ".end"}[static_cast<std::size_t>(m.act)];
  }
  return out;
}

}  // namespace

TEST_CASE("unlink protocol: both ends agree in the end, whatever was done in which order", "[process][links]") {
  base::Random random{GENERATE(range(1u, 5u))};
  for (int run = 0; run < 25; ++run) {
    const auto script = random_script(random, 3 + random.below(8), false);
    INFO("script:" << text_of(*script));
    play(script, {});
    CHECK(script->linked[0].load() == script->linked[1].load());
    CHECK(script->exits[0].load() == 0);
    CHECK(script->exits[1].load() == 0);
    const auto a = last_of(*script, 0), b = last_of(*script, 1);
    if (a == b && a) CHECK(script->linked[0].load() == (a == Act::link));
    if (!a && !b) CHECK_FALSE(script->linked[0].load());
  }
}

TEST_CASE("unlink protocol: the last word of the only one who speaks counts", "[process][links]") {
  base::Random random{GENERATE(range(11u, 15u))};
  for (int run = 0; run < 25; ++run) {
    const auto script = random_script(random, 3 + random.below(8), true);
    INFO("script:" << text_of(*script));
    play(script, {});
    const bool expected = last_of(*script, 0) == Act::link;
    CHECK(script->linked[0].load() == expected);
    CHECK(script->linked[1].load() == expected);
  }
}

TEST_CASE("unlink protocol: an end amid links and unlinks is told at most once, never after an unlink",
          "[process][links]") {
  base::Random random{GENERATE(range(21u, 25u))};
  for (int run = 0; run < 25; ++run) {
    // B ends, A goes on.
    const auto script = random_script(random, 2 + random.below(5), false);
    script->moves.push_back({1, Act::end});
    for (std::size_t i = random.below(4); i-- > 0;)
      script->moves.push_back({0, random.chance(0.4) ? Act::look : Act::unlink});
    INFO("script:" << text_of(*script));
    play(script, 1);
    CHECK_FALSE(script->linked[0].load());
    CHECK(script->exits[0].load() <= 1);
    // After A's unlink nothing comes, unless B has linked of its own: A may not have heard of that link yet, and what
    // is not there cannot be taken away.
    const bool b_links = does(*script, 1, Act::link);
    if (last_of(*script, 0) == Act::unlink && !b_links)
      CHECK(script->exits[0].load() == script->at_unlink[0].load());
    // Linked by A's last word and never unlinked by B: the end is told.
    if (last_of(*script, 0) == Act::link && !does(*script, 1, Act::unlink)) CHECK(script->exits[0].load() == 1);
  }
}

TEST_CASE("unlink protocol: both unlink, and one ends at once", "[process][links]") {
  for (int run = 0; run < 20; ++run) {
    auto script = std::make_shared<Script>();
    script->moves = {{0, Act::link}, {1, Act::look}, {0, Act::unlink}, {1, Act::unlink}, {1, Act::end}};
    play(script, 1);
    CHECK(script->exits[0].load() == 0);
    CHECK_FALSE(script->linked[0].load());
  }
}
