// Links and monitors that are made, taken back and made again, at random, among processes that are
// killed.
//
// What must hold once all signals have arrived: a link is at both ends or at none, so is a monitor,
// nobody is linked to the dead or monitored by them, and when a process ends, whoever is linked to
// it gets one Exit and whoever monitors it one Down for each monitor; nobody else anything.
#include <coppice/coppice.hpp>
#include <coppice/testing.hpp>

#include <algorithm>
#include <map>
#include <memory>
#include <vector>

#include "catch.hpp"
#include "races.hpp"
#include "seeds.hpp"

using namespace coppice;
using namespace coppice::test;
using namespace coppice::testing;
using namespace std::chrono_literals;

namespace {

struct Step {
  enum class What { link, unlink, unlink_flush, watch, unwatch, unwatch_flush, end };
  What what;
  Pid whom;
};

struct Peer {
  std::vector<Pid> exits;
  std::vector<Pid> downs;
  std::vector<std::pair<MonitorRef, Pid>> watches;
};
using Book = std::map<Pid, Peer>;

int below(std::size_t n) { return static_cast<int>(random_number(n)); }

void take_back_one(Peer& me, Pid whom, bool with_flush) {
  const auto at = std::ranges::find(me.watches, whom, &std::pair<MonitorRef, Pid>::second);
  if (at == me.watches.end()) return;
  if (with_flush)
    demonitor(at->first, flush);
  else
    demonitor(at->first);
  me.watches.erase(at);
}

void act(Peer& me, const Step& step) {
  switch (step.what) {
    case Step::What::link: return link(step.whom);
    case Step::What::unlink: return unlink(step.whom);
    case Step::What::unlink_flush: return unlink(step.whom, flush);
    case Step::What::watch: me.watches.emplace_back(monitor(step.whom), step.whom); return;
    case Step::What::unwatch: return take_back_one(me, step.whom, false);
    case Step::What::unwatch_flush: return take_back_one(me, step.whom, true);
    case Step::What::end: exit(ExitReason::custom(std::string{"told to"}));
  }
}

Task<> peer(std::shared_ptr<Book> book) {
  trap_exit(true);
  Peer& me = (*book)[self()];
  for (;;) {
    std::optional<Step> step;
    co_await receive(
        [&](const Step& s) { step = s; }, [&](const Exit& e) { me.exits.push_back(e.from); },
        [&](const Down& d) {
          me.downs.push_back(d.pid);
          std::erase_if(me.watches, [&](const auto& watch) { return watch.first == d.ref; });
        });
    if (step) act(me, *step);
  }
}

bool has(const std::vector<Pid>& pids, Pid pid) {
  return std::ranges::find(pids, pid) != pids.end();
}

// How many monitors somebody holds on a process.
std::ptrdiff_t watches_of(const Peer& one, Pid whom) {
  return std::ranges::count(one.watches, whom, &std::pair<MonitorRef, Pid>::second);
}

// Who is linked to whom, as each says.
Task<std::map<Pid, std::vector<Pid>>> links_of(std::shared_ptr<Book> book,
                                               const std::vector<Pid>& pids) {
  std::map<Pid, std::vector<Pid>> links;
  std::erase_if(*book, [](const auto& entry) { return !is_alive(entry.first); });
  for (const Pid pid : pids) {
    const std::optional<ProcessInfo> info = co_await ask_process_info(pid);
    if (!info) continue;
    links[pid] = info->links;
    std::size_t held = 0;
    for (const auto& [other, one] : *book) {
      held += static_cast<std::size_t>(watches_of(one, pid));
      check(std::ranges::count(info->monitored_by, other) == watches_of(one, pid),
            "a monitor that is at one end only");
    }
    check(info->monitored_by.size() == held, "a monitor that the dead hold");
  }
  for (const auto& [pid, others] : links)
    for (const Pid other : others) {
      check(is_alive(other), "a link to a process that has ended");
      check(has(links[other], pid), "a link that is at one end only");
    }
  co_return links;
}

void send_some(const std::vector<Pid>& pids, std::size_t kinds, int steps) {
  for (int i = 0; i < steps; ++i) {
    const std::size_t who = static_cast<std::size_t>(below(pids.size()));
    const std::size_t whom =
        (who + 1 + static_cast<std::size_t>(below(pids.size() - 1))) % pids.size();
    send<Step>(pids[who], static_cast<Step::What>(below(kinds)), pids[whom]);
  }
}

// One ends while nothing else happens: exactly those who are tied to it hear of it.
Task<> end_one(std::shared_ptr<Book> book, const std::vector<Pid>& pids, Pid victim) {
  auto links = co_await links_of(book, pids);
  for (auto& [pid, one] : *book) one.exits.clear(), one.downs.clear();
  std::map<Pid, std::ptrdiff_t> watched;
  for (const auto& [pid, one] : *book) watched[pid] = watches_of(one, victim);
  if (below(2) == 0)
    exit(victim, ExitReason::kill());
  else
    send<Step>(victim, Step::What::end, victim);
  co_await sleep(1ms);
  check(!is_alive(victim), "who is killed ends");
  for (const Pid pid : pids) {
    if (pid == victim) continue;
    const Peer& one = (*book)[pid];
    check(std::ranges::count(one.exits, victim) == (has(links[victim], pid) ? 1 : 0),
          "one Exit for a link, none without");
    check(std::ranges::count(one.downs, victim) == watched[pid], "one Down for each monitor");
  }
}

Task<> ties_main() {
  const auto book = std::make_shared<Book>();
  std::vector<Pid> pids;
  for (int i = 0; i < 3; ++i) pids.push_back(spawn(peer, book));
  co_await sleep(1ms);
  for (int round = 0; round < 4; ++round) {
    send_some(pids, 6, 2 + below(8));
    co_await sleep(1ms);
    const std::size_t at = static_cast<std::size_t>(below(3));
    co_await end_one(book, pids, pids[at]);
    pids[at] = spawn(peer, book);
    co_await sleep(1ms);
    // And one ends amid it all.
    const std::size_t next = static_cast<std::size_t>(below(3));
    send_some(pids, 6, below(6));
    if (below(2) == 0) exit(pids[next], ExitReason::kill());
    send_some(pids, 6, below(6));
    exit(pids[next], ExitReason::kill());
    co_await sleep(1ms);
    pids[next] = spawn(peer, book);
    co_await sleep(1ms);
    (void)co_await links_of(book, pids);
  }
}

// How often the other's end had arrived unseen.
Task<> unseen_main(int& unseen) {
  trap_exit(true);
  const Pid bystander = spawn(ends_when_told);
  const Pid other = spawn_link(ends_when_told);
  send<Go>(other);
  const std::optional<Exit> seen = co_await receive<Exit>(0s);
  if (seen) co_return;
  send<Go>(bystander);  // here others may run
  unseen += !is_alive(other);
  unlink(other);
  const std::optional<Exit> late = co_await receive<Exit>(1s);
  check(!late, "an Exit after unlink");
}

Task<> ends_saying_so(Pid bystander) {
  co_await receive<Go>();
  send<Go>(bystander);  // here others may run
  exit(ExitReason::custom(std::string{"over"}));
}

// The other may hear of the link and of its end when it has ended itself.
Task<> too_late_main() {
  trap_exit(true);
  const Pid bystander = spawn(ends_when_told);
  const Pid other = spawn(ends_saying_so, bystander);
  send<Go>(other);
  co_await sleep(0s);
  link(other);
  unlink(other);
  const std::optional<Exit> late = co_await receive<Exit>(1s);
  check(!late, "an Exit after unlink");
}

}  // namespace

TEST_CASE(
    "ties: a link that is taken back gives no Exit, though the other has ended before it heard of "
    "either",
    "[testing]") {
  const Exploration found = explore(too_late_main, {.seeds = seeds(300)});
  INFO(found.report());
  CHECK(found.ok());
}

TEST_CASE("ties: after unlink no Exit comes, though one had arrived unseen", "[testing]") {
  int unseen = 0;
  const Exploration found =
      explore([&]() -> Task<> { return unseen_main(unseen); }, {.seeds = seeds(300)});
  INFO(found.report());
  CHECK(found.ok());
  CHECK(unseen > 0);
}

TEST_CASE("ties: links are at both ends, and an end is told once to each who is tied to it",
          "[testing]") {
  const Exploration found = explore(ties_main, {.seeds = seeds(1000)});
  INFO(found.report());
  CHECK(found.ok());
  const Exploration pct =
      explore(ties_main, {.seeds = seeds(200), .scheduling = Scheduling::pct(3)});
  INFO(pct.report());
  CHECK(pct.ok());
}
