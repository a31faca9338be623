// A sup scenario: its supervisors, the steps on their tree, and the trace of each.
#include <algorithm>
#include <tuple>

#include "server.hpp"

namespace conformance {
namespace {
Declared declared(const std::string& id) { return scenario.find("id", id); }
Declared declared(Pid pid) { return declared(ledger()->members[pid].identity.first); }
bool is_sup(Pid pid) { return declared(pid).is_supervisor(); }
bool is_pool(Pid pid) { return declared(pid).is_pool(); }
// The value that is written so.
template <class Enum>
Enum named(const std::string& word) {
  for (int i = 0;; ++i)
    if (fmt::format("{}", Enum(i)) == word) return Enum(i);
}

ChildSpec spec_of(const Declared& settings);
// Both kinds of supervisors: ordinary ones, and pools, which are simple_one_for_one.
template <class Base, class Spec>
class Node : public Base {
 public:
  explicit Node(Declared settings) : settings_{std::move(settings)} {}
  Spec init() override {
    const Words outcome = enter(settings_);
    crash_if_told(outcome);
    Spec spec;
    spec.ignored = outcome[0] == "ignore";
    spec.intensity = std::stoi(settings_.get("intensity", "1"));
    spec.period = std::chrono::seconds{std::stol(settings_.get("period", "3600"))};
    if constexpr (std::is_same_v<Base, Supervisor>) {
      spec.strategy = named<Strategy>(settings_.get("strategy", "one_for_one"));
      spec.auto_shutdown = named<AutoShutdown>(settings_.get("auto_shutdown", "never"));
      for (const Declared& one : scenario.declared)
        if (one.is("parent", settings_.get("id"))) spec.children.push_back(spec_of(one));
    } else {  // OTP looks at the template now, and not when it is used
      const ChildSpec child = spec_of(scenario.find("parent", settings_.get("id")));
      auto wrong = supervision::check_child(child.id(), child.rules(), AutoShutdown::never);
      if (wrong && !spec.ignored) exit(ExitReason::custom(std::move(*wrong)));
    }
    return spec;
  }

 private:
  Declared settings_;
};
using Static = Node<Supervisor, SupervisorSpec>;
using Pool = Node<DynamicSupervisor, DynamicSpec>;
ChildSpec spec_of(const Declared& settings) {
  const std::string id = settings.get("id");
  const bool sup = settings.is_supervisor();
  ChildSpec spec = settings.is_pool() ? child<Pool>(id, settings)
                   : sup              ? child<Static>(id, settings)
                                      : child<Server>(id, settings);
  const std::string stop = settings.get("shutdown", sup ? "infinity" : "5000");
  spec.shutdown(stop == "brutal_kill" ? Shutdown{brutal_kill} : Shutdown{milliseconds(stop)});
  spec.restart(named<Restart>(settings.get("restart", "permanent")));
  spec.type(named<ChildType>(settings.get("type", sup ? "supervisor" : "worker")));
  return spec.significant(settings.is("significant", "true"));
}

Term word_of(const ChildPid& child) {
  if (child.has_value()) return ledger()->name_of(child.value());
  return child.is_restarting() ? "restarting" : "undefined";
}
Term ok(const StartedChild& child) { return tuple({"ok", word_of(child)}); }
Term ok(const ChildSpec& spec) {
  const std::string stop = fmt::format("{}", spec.shutdown());  // `100 ms`, or a word
  return fmt::format(
      "{{ok,[{{id,{}}},{{restart,{}}},{{shutdown,{}}},{{type,{}}},{{significant,{}}}]}}", spec.id(),
      spec.restart(), stop.substr(0, stop.find(' ')), spec.type(), spec.is_significant());
}

using AnyRef = ServerRef<AnySupervisor>;
// In the order of their start; those of a pool, which have none, by name.
Task<std::vector<ChildInfo>> children_of(AnyRef supervisor) {
  auto children = co_await supervisor.which_children();
  const auto name = [](const auto& one) {
    return ledger()->members[one.pid.value_or({})].identity;
  };
  if (is_pool(supervisor)) std::ranges::sort(children, {}, name);
  co_return children;
}

Task<std::string> tree_below(AnyRef supervisor) {
  Words shown;
  const auto children = co_await children_of(supervisor);
  for (const auto& [id, pid, type] : children) {
    std::string one = pid.has_value() ? word_of(pid) : id + ":" + word_of(pid);
    if (is_sup(pid.value_or({}))) one = co_await tree_below(AnyRef{pid.value()});
    shown.push_back(one);
  }
  co_return ledger()->name_of(supervisor) + "(" + join(shown, " ") + ")";
}
Task<std::string> which_children(AnyRef supervisor) {
  const bool pool = is_pool(supervisor);
  auto children = co_await children_of(supervisor);
  if (!pool) std::ranges::reverse(children);  // OTP lists the latest first
  Words out;
  for (const auto& [id, pid, type] : children)
    out.push_back(tuple({pool ? "undefined" : id, word_of(pid), fmt::format("{}", type)}));
  co_return list(out);
}
Task<std::string> count_children(AnyRef supervisor) {
  const ChildCounts n = co_await supervisor.count_children();
  const std::size_t specs = is_pool(supervisor) ? 1 : n.specs;  // OTP has one for all of a pool
  co_return fmt::format("[{{specs,{}}},{{active,{}}},{{supervisors,{}}},{{workers,{}}}]", specs,
                        n.active, n.supervisors, n.workers);
}

Task<std::string> ask(ServerRef<Static> supervisor, std::string verb, std::string id) {
  if (verb == "get_childspec") co_return ok(co_await supervisor.get_child_spec(id));
  if (verb == "restart_child") co_return ok(co_await supervisor.restart_child(id));
  if (verb == "terminate_child") co_return co_await supervisor.terminate_child(id), "ok";
  if (verb == "delete_child") co_return co_await supervisor.delete_child(id), "ok";
  const auto started = co_await supervisor.try_start_child(spec_of(declared(id)));
  if (started) co_return ok(*started);
  if (!started.error().is_start_failed()) supervision::throw_refused(started.error());
  const Term why = to_term(started.error().reason());  // OTP says which child
  co_return tuple({"error", tuple({why, tuple({"child", id})})});
}

Task<std::string> ask(ServerRef<Pool> supervisor, std::string verb, std::string name, Words more) {
  const Declared pattern = scenario.find("parent", declared(supervisor).get("id"));
  const Pid child = ledger()->latest[name];
  if (verb == "start_child") {
    ChildSpec spec = spec_of(pattern.with(more).with({"id=" + name})).id(pattern.get("id"));
    co_return ok(co_await supervisor.start_child(std::move(spec)));
  }
  // In OTP all children have the one spec, also those that are gone.
  if (verb == "get_childspec" && child && !is_alive(child)) co_return ok(spec_of(pattern));
  if (verb == "get_childspec") co_return ok(co_await supervisor.get_child_spec(child));
  if (verb != "terminate_child" || !child) co_return "{error,simple_one_for_one}";
  co_return co_await supervisor.terminate_child(child), "ok";
}

// A step, and amid it another.
Task<std::string> amid(Words words) {
  const auto interrupt = [](std::string time, std::string step) -> Task<std::string> {
    ledger()->enter("driver");
    co_await sleep(milliseconds(time));
    co_return co_await sup_step(split(step, ' '));
  };
  const Words both = split(join(words, " ", 2), ';');
  auto interruption = async(interrupt, words[1], both[0]);
  const std::string result = co_await sup_step(split(both[1], ' '));
  const std::string other = co_await await(interruption, timing::forever);
  co_return result + " ; " + other;
}

// Children end while their supervisor is suspended, so it finds them dead in that order.
Task<std::string> batch(ServerRef<Server> supervisor, Words words) {
  co_await supervisor.suspend();
  Words results;
  for (const std::string& text : split(join(words, " ", 2), ';')) {
    const Words op = split(text, ' ');
    const Pid child = ledger()->latest[op[1]];
    const bool is_child = is_alive(child) && ledger()->members[child].parent == supervisor;
    if (is_child) co_await sup_step(op);
    const std::string end = co_await hear_of(child, 5s, "survived");
    results.push_back(!is_child ? "not_child" : end == "survived" ? end : "ok");
  }
  co_return co_await supervisor.resume(), join(results, " ; ");
}

Task<std::string> attempt(Words words) {
  const std::string verb = words[0];
  if (verb == "sleep") co_return co_await sleep(milliseconds(words[1])), "ok";
  if (verb == "sync") co_return "ok";
  if (verb == "amid") co_return co_await amid(words);
  const bool of_top = verb == "start" || verb == "stop" || verb == "gen_stop";
  const std::string id = of_top ? scenario.top : words[1];
  const Pid pid = ledger()->latest[id];
  const ServerRef<Server> server{pid};
  if (verb == "start") {
    if (is_alive(pid)) co_return "already_running";
    if (declared(id).is_pool()) co_return ok(Pid{co_await start_link<Pool>(declared(id))});
    co_return ok(Pid{co_await start_link<Static>(declared(id))});
  }
  if (!is_alive(pid)) co_return "noproc";
  if (verb == "kill") co_return exit(pid, ExitReason::kill()), "ok";
  if (verb == "exit") co_return exit(pid, to_reason(words[2])), "ok";
  if (verb == "stop") co_return co_await hear_of(pid, 15s, "timeout", to_reason(words[1]));
  if (verb == "gen_stop") co_return co_await server.stop(to_reason(words[1]), 15s), "ok";
  if (verb == "crash" && is_sup(pid)) co_return "not_worker";
  if (verb == "crash") co_return server.cast<Server::Request>(tuple(split(words[2], ':'))), "ok";
  if (verb == "batch") co_return co_await batch(server, words);
  if (verb == "which_children") co_return co_await which_children(AnyRef{pid});
  if (verb == "count_children") co_return co_await count_children(AnyRef{pid});
  if (!is_pool(pid)) co_return co_await ask(ServerRef<Static>{pid}, verb, words[2]);
  co_return co_await ask(ServerRef<Pool>{pid}, verb, words[2], {words.begin() + 3, words.end()});
}

// The child of the topmost killed supervisor on the way up from a process, or the process itself.
Identity orphan_group(Member who, const std::set<Pid>& killed) {
  Identity group;
  for (; who.parent; who = ledger()->members[who.parent])
    if (killed.contains(who.parent)) group = who.identity;
  return group;
}
// Children of a pool are stopped together: an unbroken run of that, and of the pool's report of it,
// has no order. The pool, if an event is of that kind.
Pid run_of(const Event& event) {
  if (event.text.contains(" {nb_children,")) return event.who.pid;
  const bool stops = event.verb().starts_with("terminate");
  return stops && is_pool(event.who.parent) ? event.who.parent : Pid{};
}
}  // namespace

Task<std::string> sup_step(Words words) { return outcome_of(attempt(std::move(words))); }
// In the order of oracle/FORMAT.md.
Task<std::string> sup_trace(std::string result) {
  const auto events = std::exchange(ledger()->events, {});
  std::map<Identity, std::string> ends;
  std::set<Pid> killed;
  for (const Event& event : events) {
    if (event.verb() == "exit") ends[event.who.identity] = event.text;
    if (event.text.ends_with(" killed") && is_sup(event.who.pid)) killed.insert(event.who.pid);
  }
  // Orphans behind the others, group by group; within a run, reports last.
  std::set<std::tuple<Identity, int, bool, std::string, Identity, std::string>> lines;
  std::map<Identity, std::pair<Pid, int>> runs;  // the latest of each group, and its number
  for (const Event& event : events) {
    if (event.verb() == "exit") continue;
    const Identity group = orphan_group(event.who, killed);
    auto& [run, number] = runs[group];
    if (!run || run_of(event) != run) ++number;
    run = run_of(event);
    const auto& [identity, pid, parent] = event.who;
    lines.insert({group, number, run == pid, event.verb(), identity, event.text});
  }
  std::string out;
  for (const auto& [group, number, last, verb, who, text] : lines)
    out += (group.first.empty() ? "" : "orphan ") + text + "\n";
  for (const auto& [who, text] : ends) out += text + "\n";
  const AnyRef top{ledger()->latest[scenario.top]};
  std::string tree = "-";
  if (is_alive(top)) tree = co_await tree_below(top);
  co_return out + "result " + result + "\ntree " + tree + "\n";
}
}  // namespace conformance
