// Running a sup scenario: the steps on a supervision tree, one at a time, and the trace of each.
#include <tuple>

#include "nodes.hpp"
#include "run.hpp"

namespace conformance {

namespace {

using supervision::Asked;

class Run {
 public:
  explicit Run(Stage* stage) : stage_{*stage}, ledger_{stage->ledger}, top_{stage->scenario.top()} {}

  Task<std::string> all() {
    trap_exit(true);
    ledger_.open();
    std::string out;
    for (const Words& words : stage_.scenario.steps) {
      out += fmt::format("== {} {}\n", ++number_, join(words, " "));
      const std::string result = co_await step(words);
      const std::string tree = co_await settle([this] { return look(); });
      out += take_events() + "result " + result + "\ntree " + tree.substr(0, tree.find('\n')) + "\n";
    }
    for (const Pid pid : ledger_.living()) exit(pid, ExitReason::kill());
    co_return out;
  }

 private:
  Task<std::string> step(Words words) {
    const std::string verb = words[0];
    if (verb == "sleep") co_await sleep(milliseconds(words[1]));
    if (verb == "sync" || verb == "sleep") co_return "ok";
    if (verb == "amid") co_return co_await amid(words);
    const bool of_top = verb == "start" || verb == "stop" || verb == "gen_stop";
    const Pid pid = ledger_.latest(of_top ? top_.get("id") : words[1]);
    if (verb == "start" && is_alive(pid)) co_return "already_running";
    if (verb == "start") co_return co_await start();
    if (!is_alive(pid)) co_return "noproc";
    if (verb == "crash") co_return crash(pid, words[2]);
    if (verb == "kill" || verb == "exit") {
      exit(pid, verb == "kill" ? ExitReason::kill() : to_reason(words[2]));
      co_return "ok";
    }
    if (verb == "batch") co_return co_await batch(pid, words);
    if (verb == "stop") co_return co_await stop(pid, to_reason(words[1]));
    if (verb == "gen_stop") co_return co_await gen_stop(pid, to_reason(words[1]));
    stage_.stops_one = verb == "terminate_child";
    const bool pool = stage_.scenario.find("id", words[1]).is_pool();
    std::string answer;
    if (pool)
      answer = co_await ask(ServerRef<Pool>{pid}, words);
    else
      answer = co_await ask(ServerRef<Static>{pid}, words);
    stage_.stops_one = false;
    co_return answer;
  }

  // A step, and amid it another.
  Task<std::string> amid(Words words) {
    const std::vector<Words> both = split_words(words, 2, ";");
    std::string other;
    const auto do_other = [&]() -> Task<> {
      ledger_.help_driver();
      co_await sleep(milliseconds(words[1]));
      other = co_await step(both[0]);
    };
    const MonitorRef ref = spawn_monitor(do_other).ref;
    const std::string result = co_await step(both.at(1));
    co_await receive(on(ref, [](const Down&) {}));
    co_return result + " ; " + other;
  }

  Task<std::string> start() {
    std::expected<Pid, StartError> started;
    const std::string id = top_.get("id");
    if (top_.is_pool())
      started = co_await try_start_link<Pool>(&stage_, id);
    else
      started = co_await try_start_link<Static>(&stage_, id);
    if (started) co_return tuple({"ok", ledger_.name_of(*started)});
    co_return started.error().is_ignored() ? "ignore" : tuple({"error", to_term(started.error().reason())});
  }

  std::string crash(Pid pid, const std::string& how) {
    if (ledger_.member(pid).is_supervisor) return "not_worker";
    ServerRef<Worker>{pid}.cast<Action>(how);
    return "ok";
  }

  // Children end one after the other while their supervisor is suspended, so it finds them dead in that order.
  Task<std::string> batch(Pid supervisor, Words words) {
    const ServerRef<Worker> any{supervisor};  // the class does not matter for what every server understands
    co_await any.suspend();
    Words results;
    for (const Words& op : split_words(words, 2, ";")) {
      const Pid child = ledger_.latest(op[1]);
      const bool is_child = is_alive(child) && ledger_.member(child).parent == supervisor;
      const ServerStatus before = co_await any.status();
      const MonitorRef ref = monitor(child);
      if (is_child && op[0] == "kill") exit(child, ExitReason::kill());
      if (is_child && op[0] == "crash") crash(child, op[2]);
      std::optional<ExitReason> ended;
      if (is_child) ended = co_await end_of(ref, std::chrono::seconds{5});
      for (std::size_t queued = before.queued; ended && queued <= before.queued;) {
        const ServerStatus after = co_await any.status();
        queued = after.queued;
      }
      results.push_back(!is_child ? "not_child" : ended ? "ok" : "survived");
    }
    co_await any.resume();
    co_return join(results, " ; ");
  }
  Task<std::optional<ExitReason>> end_of(MonitorRef ref, timing::Duration limit) {
    std::optional<ExitReason> reason;
    co_await receive(on(ref, [&](const Down& down) { reason = down.reason; }), after(limit, [] {}));
    demonitor(ref, flush);
    co_return reason;
  }

  Task<std::string> stop(Pid top, ExitReason reason) {
    const MonitorRef ref = monitor(top);
    exit(top, std::move(reason));
    const std::optional<ExitReason> ended = co_await end_of(ref, std::chrono::seconds{15});
    co_return ended ? "down:" + to_term(*ended) : "timeout";
  }
  Task<std::string> gen_stop(Pid top, ExitReason reason) {
    try {
      co_await ServerRef<Worker>{top}.stop(std::move(reason), std::chrono::seconds{15});
    } catch (const ExitSignal& signal) {
      co_return "exit:" + failure_of(signal);
    }
    co_return "ok";
  }

  // A supervisor's answers in OTP's words. A start_child that fails says which child, except a dynamic one's.
  template <class T>
  std::string answer(const Asked<T>& asked, const std::string& started = {}) {
    using Kind = SupervisorError::Kind;
    static constexpr const char* words[] = {"already_started", "already_present", "running", "restarting", "not_found"};
    if (asked) return answer(*asked);
    const SupervisorError& error = asked.error();
    if (error.is_already_started())
      return tuple({"error", tuple({"already_started", ledger_.name_of(error.pid())})});
    if (error.kind() <= Kind::not_found) return tuple({"error", words[static_cast<std::size_t>(error.kind())]});
    if (error.is_invalid_spec()) return tuple({"error", parts(to_term(ExitReason::custom(*error.spec_error())))[1]});
    const Term why = to_term(error.reason());
    if (error.is_unreachable()) return "exit:" + why;
    return tuple({"error", started.empty() ? why : tuple({why, tuple({"child", started})})});
  }
  std::string answer(const Asked<void>& asked) { return asked ? "ok" : answer<int>(std::unexpected{asked.error()}); }
  std::string answer(const StartedChild& child) { return tuple({"ok", term_of(child)}); }
  std::string answer(int) { return "ok"; }
  std::string answer(const ChildCounts& n) {
    return fmt::format("[{{specs,{}}},{{active,{}}},{{supervisors,{}}},{{workers,{}}}]", n.specs, n.active,
                       n.supervisors, n.workers);
  }
  std::string answer(const ChildSpec& spec) {
    const bool timed = spec.shutdown().kind() == Shutdown::Kind::timeout;
    return fmt::format("{{ok,[{{id,{}}},{{restart,{}}},{{shutdown,{}}},{{type,{}}},{{significant,{}}}]}}", spec.id(),
                       spec.restart(),
                       timed ? std::to_string(spec.shutdown().timeout() / std::chrono::milliseconds{1})
                             : fmt::format("{}", spec.shutdown()),
                       spec.type(), spec.is_significant());
  }
  std::string answer(const std::vector<ChildInfo>& children) {
    Words out;
    for (const ChildInfo& child : children)
      out.push_back(tuple({child.id, term_of(child.pid), fmt::format("{}", child.type)}));
    return list(out);
  }
  Term term_of(const ChildPid& child) {
    if (child.has_value()) return ledger_.name_of(child.value());
    return child.is_restarting() ? "restarting" : "undefined";
  }

  Task<std::string> ask(ServerRef<Static> supervisor, Words words) {
    const std::string verb = words[0], child = words.size() > 2 ? words[2] : "";
    if (verb == "count_children") co_return answer(co_await supervisor.try_count_children());
    if (verb == "which_children") {
      auto children = co_await supervisor.try_which_children();
      if (children) std::reverse(children->begin(), children->end());  // OTP lists the latest first
      co_return answer(children);
    }
    if (verb == "start_child") {
      ChildSpec spec = spec_of(&stage_, stage_.scenario.find("id", child));
      co_return answer(co_await supervisor.try_start_child(std::move(spec)), child);
    }
    if (verb == "terminate_child") co_return answer(co_await supervisor.try_terminate_child(child));
    if (verb == "restart_child") co_return answer(co_await supervisor.try_restart_child(child));
    if (verb == "delete_child") co_return answer(co_await supervisor.try_delete_child(child));
    co_return answer(co_await supervisor.try_get_child_spec(child));
  }

  Task<std::string> ask(ServerRef<Pool> supervisor, Words words) {
    const std::string verb = words[0];
    const Pid child = ledger_.latest(words.size() > 2 ? words[2] : "");
    if (verb == "count_children") {
      auto counts = co_await supervisor.try_count_children();
      if (counts) counts->specs = 1;  // OTP has one for all
      co_return answer(counts);
    }
    if (verb == "which_children") {
      auto children = co_await children_of(supervisor);
      for (auto& one : children.value_or(std::vector<ChildInfo>{})) (void)one;
      if (children)
        for (ChildInfo& one : *children) one.id = "undefined";
      co_return answer(children);
    }
    if (verb == "start_child") {
      Words settings{words.begin() + 3, words.end()};
      co_return answer(co_await supervisor.try_start_child(words[2], std::move(settings)));
    }
    // In OTP all children have the one spec, also those that are gone.
    if (verb == "get_childspec" && child && !is_alive(child))
      co_return answer(Pool{&stage_, words[1]}.child_spec("", {}));
    if (verb == "get_childspec") co_return answer(co_await supervisor.try_get_child_spec(child));
    if (verb == "terminate_child" && child) co_return answer(co_await supervisor.try_terminate_child(child));
    co_return "{error,simple_one_for_one}";  // there is no such verb here
  }
  Task<Asked<std::vector<ChildInfo>>> children_of(ServerRef<Pool> supervisor) {
    auto children = co_await supervisor.try_which_children();
    if (children)
      std::ranges::sort(*children, {}, [&](const ChildInfo& child) {
        return child.pid.has_value() ? ledger_.member(child.pid.value()).identity : Identity{};
      });
    co_return children;
  }

  // The tree in the first line, and what else tells that nothing has happened.
  Task<std::optional<std::string>> look() {
    std::set<Pid> seen;
    const Pid top = ledger_.latest(top_.get("id"));
    std::optional<std::string> tree = "-";
    if (is_alive(top)) tree = co_await look_at(top, &seen);
    for (const Pid pid : ledger_.living()) {
      if (ledger_.member(pid).activity == Activity::hung) continue;
      if (!seen.contains(pid)) co_return std::nullopt;
      const bool waiting = co_await waits(pid);
      if (!waiting) co_return std::nullopt;
    }
    if (!tree || !ledger_.is_complete(0)) co_return std::nullopt;
    co_return *tree + fmt::format("\n{}", ledger_.written());
  }
  Task<std::optional<std::string>> look_at(Pid supervisor, std::set<Pid>* seen) {
    const bool pool = stage_.scenario.find("id", ledger_.member(supervisor).identity.first).is_pool();
    Asked<std::vector<ChildInfo>> children;
    if (pool)
      children = co_await children_of(ServerRef<Pool>{supervisor});
    else
      children = co_await ServerRef<Static>{supervisor}.try_which_children();
    if (!children) co_return std::nullopt;
    seen->insert(supervisor);
    Words shown;
    for (const ChildInfo& child : *children) {
      if (child.pid.is_restarting()) co_return std::nullopt;
      std::optional<std::string> one = term_of(child.pid);
      if (!child.pid.has_value())
        one = child.id + ":undefined";
      else if (ledger_.member(child.pid.value()).is_supervisor)
        one = co_await look_at(child.pid.value(), seen);
      else
        seen->insert(child.pid.value());
      if (!one) co_return std::nullopt;
      shown.push_back(*one);
    }
    co_return ledger_.name_of(supervisor) + "(" + join(shown, " ") + ")";
  }
  // Whether a process has nothing to do.
  Task<bool> waits(Pid pid) {
    const std::optional<ProcessInfo> info = co_await ask_process_info(pid);
    co_return info && info->status == ProcessInfo::Status::waiting && info->message_queue_len == 0 &&
        ledger_.member(pid).activity == Activity::none;
  }

  // What has happened, in the order of oracle/FORMAT.md.
  std::string take_events() {
    std::vector<Ended> ends = ledger_.take_ends();
    as_in_otp_25(ends);
    std::ranges::sort(ends, {}, &Ended::identity);
    std::set<Pid> killed;
    for (const Ended& end : ends)
      if (ledger_.member(end.pid).is_supervisor && end.reason == ExitReason::killed()) killed.insert(end.pid);
    std::map<Identity, std::vector<Event>> groups;  // the first one holds what is no orphan's
    for (Event& event : ledger_.take_events())
      groups[orphan_group(event.pid, killed)].push_back(std::move(event));
    std::string out;
    for (auto& [orphan, events] : groups) {
      sort_runs(events);
      for (const Event& event : events) out += (orphan.first.empty() ? "" : "orphan ") + event.text + "\n";
    }
    for (const Ended& end : ends) out += "exit " + print(end.identity) + " " + to_term(end.reason) + "\n";
    return out;
  }
  // The child of the topmost killed supervisor on the way up from a process, or the process itself.
  Identity orphan_group(Pid pid, const std::set<Pid>& killed) {
    Identity group;
    for (Pid parent = ledger_.member(pid).parent; parent; parent = ledger_.member(pid = parent).parent)
      if (killed.contains(parent)) group = ledger_.member(pid).identity;
    return group;
  }
  // Children of one dynamic supervisor are stopped together: unbroken runs of that, and of the reports of it, have no order.
  void sort_runs(std::vector<Event>& events) {
    const auto run_of = [&](const Event& event) {
      const Member member = ledger_.member(event.pid);
      const bool stops = event.kind == Event::Kind::terminate || event.kind == Event::Kind::terminated;
      return event.kind == Event::Kind::group_report ? event.pid : stops && !member.pool.empty() ? member.parent : Pid{};
    };
    const auto key = [&](const Event& e) { return std::tuple{e.kind, ledger_.member(e.pid).identity, e.text}; };
    for (auto first = events.begin(); first != events.end();) {
      const Pid run = run_of(*first);
      const auto last = std::find_if(first, events.end(), [&](const Event& event) { return run_of(event) != run; });
      if (run) std::ranges::sort(first, last, {}, key);
      first = last;
    }
  }
  // In OTP 25 a process whose start has failed still writes its crash report when its starter goes on (from 26 on it is
  // gone by then, as here): if the starter's next deed is to end, its exit signal comes first.
  void as_in_otp_25(std::vector<Ended>& ends) {
    for (auto failed = ends.begin(); failed != ends.end(); ++failed) {
      const Member member = ledger_.member(failed->pid);
      if (!member.fails_to_start || failed->reason.is_orderly()) continue;
      const auto next = std::find_if(failed + 1, ends.end(), [&](const Ended& end) {
        return end.pid == member.parent || ledger_.member(end.pid).parent == member.parent;
      });
      if (next != ends.end() && next->pid == member.parent) failed->reason = next->reason;
    }
  }

  Stage& stage_;
  Ledger& ledger_;
  const Declared& top_;
  int number_ = 0;
};

}  // namespace

Task<std::string> run_sup(Stage* stage) {
  Run run{stage};
  co_return co_await run.all();
}

}  // namespace conformance
