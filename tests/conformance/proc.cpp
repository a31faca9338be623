// A proc scenario: its actors, the steps, and the trace of each.
#include <algorithm>
#include <regex>

#include "server.hpp"

namespace conformance {
namespace {
std::string word(bool truth) { return truth ? "true" : "false"; }
template <class Ref>
Ref tagged(const std::string& tag) {
  const Tagged found = ledger()->tags[tag];
  if (found.index() == 0) throw std::invalid_argument{"no_tag"};
  return std::holds_alternative<Ref>(found) ? std::get<Ref>(found) : Ref{};
}
std::variant<Pid, Atom, Alias> address(const std::string& to) {
  if (to == "self") return self();
  if (to[0] == '@') return Atom{to.substr(1)};
  if (to[0] == '%') return tagged<Alias>(to.substr(1));
  if (const Pid pid = ledger()->latest[to]) return pid;
  throw std::invalid_argument{"no_actor"};
}
Pid pid_of(const std::string& to) {
  const auto found = address(to);
  if (found.index() != 0) throw std::invalid_argument{"badarg"};
  return std::get<Pid>(found);
}
// The commands that do not wait.
std::string at_once(const Words& op) {
  const std::string& verb = op[0];
  const auto has = [&](const char* option) { return std::ranges::count(op, option) != 0; };
  const auto tag = [&](const Tagged& value) { return ledger()->tags[op[1]] = value, "ok"; };
  if (verb == "return") return verb;
  if (verb == "link") return link(pid_of(op[1])), "true";
  if (verb == "unlink") return unlink(pid_of(op[1])), "true";
  if (verb == "exit2") return exit(pid_of(op[1]), to_reason(op[2])), "true";
  if (verb == "alive") return word(is_alive(pid_of(op[1])));
  if (verb == "trap") return word(trap_exit(has("true")));
  if (verb == "register") return register_name(op[1], pid_of(op[2])) ? "true" : "error:badarg";
  if (verb == "unregister") return unregister_name(op[1]) ? "true" : "error:badarg";
  if (verb == "whereis") return whereis(op[1]) ? ledger()->name_of(*whereis(op[1])) : "undefined";
  if (verb == "alias") return tag(alias());
  if (verb == "unalias") return word(unalias(tagged<Alias>(op[1])));
  if (verb == "monitor" && op[2][0] == '@') return tag(monitor(Atom{op[2].substr(1)}));
  if (verb == "monitor") return tag(monitor(pid_of(op[2])));
  if (verb == "demonitor") {
    const auto ref = tagged<MonitorRef>(op[1]);
    return word((has("flush") ? demonitor(ref, flush) : demonitor(ref)) || !has("info"));
  }
  if (verb == "cancel") return cancel_timer(tagged<TimerRef>(op[1])) ? "cancelled" : "false";
  if (verb == "send_after" || verb == "start_timer") {
    const Term message = verb == "send_after" ? op[4] : tuple({"timeout", op[1], op[4]});
    return tag(send_after<Term>(milliseconds(op[2]), pid_of(op[3]), message));
  }
  if (verb == "send") std::visit([&](auto to) { send<Term>(to, op[2]); }, address(op[1]));
  if (verb == "cast" && op[1][0] == '@')
    Name<Server>{op[1].substr(1)}.cast<Server::Request>(op[2]);
  else if (verb == "cast")
    ServerRef<Server>{pid_of(op[1])}.cast<Server::Request>(op[2]);
  return "ok";
}

// A pattern without its marks of processes and references; empty if one of them is unknown.
Term bound(const Term& pattern) {
  static const std::regex mark{"([@%])(\\w+)"};
  for (std::sregex_iterator it{pattern.begin(), pattern.end(), mark}, end; it != end; ++it) {
    const std::string name = (*it)[2];
    const bool is_tag = (*it)[1] == "%";
    if (is_tag ? ledger()->tags[name].index() == 0 : !ledger()->latest[name]) return "";
  }
  return std::regex_replace(pattern, mark, "$2");
}

Task<std::string> receive_one(Words op) {
  Words patterns;
  for (const Term& pattern : split(join(op, "", 2), '|')) patterns.push_back(bound(pattern));
  if (std::ranges::count(patterns, "") != 0) co_return "unbound";
  Term got = "timeout";
  const auto fits = [&](const auto& message) {
    const Term term = ledger()->to_term(message);
    return std::ranges::any_of(patterns, [&](const Term& one) { return matches(one, term); });
  };
  const auto take = [&](const auto& message) { got = ledger()->to_term(message); };
  co_await receive(on<Term>(fits, take), on<Exit>(fits, take), on<Down>(fits, take),
                   after(milliseconds(op[1]), [] {}));
  co_return got;
}

Task<> act(std::string name, bool traps);
Declared server_settings(const Words& words) {
  return Declared{}.with({"id=" + words[1], words.back()});
}
Task<std::string> perform(Words op) {
  const std::string verb = op[0];
  const bool traps = op.back() == "trap";
  if (verb == "recv") co_return co_await receive_one(op);
  if (verb == "spawn") spawn(act, op[1], traps);
  if (verb == "spawn_link") spawn_link(act, op[1], traps);
  if (verb == "spawn_monitor") ledger()->tags[op[1]] = spawn_monitor(act, op[2], traps).ref;
  if (verb.starts_with("spawn")) co_return co_await sleep(1ms), "ok";  // until it is there
  if (verb == "start_server") {
    const Pid server = co_await start_link<Server>(server_settings(op));
    co_return tuple({"ok", ledger()->name_of(server)});
  }
  if (verb == "gen_stop") {
    const ServerRef<Server> server{pid_of(op[1])};
    co_return co_await server.stop(to_reason(op[2]), milliseconds(op[3])), "ok";
  }
  if (verb != "call" && verb != "callx") co_return at_once(op);
  const bool known = op[1][0] == '@' || ledger()->latest[op[1]];
  if (known) co_return co_await Server::call(op[1], op[3], op[2]);
  if (verb == "call") throw std::invalid_argument{"no_actor"};
  // The referee says whom it looked for as a list of characters.
  const std::vector<int> name{op[1].begin(), op[1].end()};
  throw std::runtime_error{fmt::format("{{no_actor,[{}]}}", fmt::join(name, ","))};
}

Task<> act(std::string name, bool traps) {
  ledger()->enter(name);
  ledger()->mailboxes[name] = "msgs=[] sigs=[]";
  trap_exit(traps);
  for (;;) {
    const Words commands = co_await receive<Words>();  // from the driver: one after the other
    Words results;
    for (const std::string& text : commands) {
      Words op = split(text, ' ');
      if (op[0] == "throw") op = {"error", tuple({"nocatch", op[1]})};
      crash_if_told(op);
      Task<std::string> action = perform(op);
      if (op[0] != "callx") action = outcome_of(std::move(action));
      results.push_back(co_await action);
    }
    if (std::ranges::count(results, "return") != 0) co_return;
    send<Answer>(ledger()->latest["driver"], self(), join(results, " ; "));
  }
}

Task<std::string> relations(Pid pid, bool links) {
  const std::optional<ProcessInfo> info = co_await ask_process_info(pid);
  if (!info) co_return "undefined";
  std::multiset<Term> out;
  for (const Pid link : info->links)
    if (links && ledger()->members[link].pid) out.insert(ledger()->name_of(link));
  for (const auto& [watched, name] : info->monitors)
    if (!links) out.insert(name ? Term{name.text()} : ledger()->name_of(watched));
  co_return list({out.begin(), out.end()});
}
// Messages in their order, and signals sorted.
Task<std::string> mailbox_of(Pid actor) {
  Words messages, signals;
  const auto look = [&](const Message& message) {
    if (const auto* term = message.get<Term>()) messages.push_back(*term);
    if (const auto* exit = message.get<Exit>()) signals.push_back(ledger()->to_term(*exit));
    if (const auto* down = message.get<Down>()) signals.push_back(ledger()->to_term(*down));
    return true;
  };
  co_await ask_messages(actor, look);
  std::ranges::sort(signals);
  co_return fmt::format("msgs={} sigs={}", list(messages), list(signals));
}
}  // namespace

Task<std::string> proc_step(Words words) {
  const std::string verb = words[0];
  const Pid pid = ledger()->latest[words[1]];
  if (verb == "sleep") co_return co_await sleep(milliseconds(words[1])), "ok";
  if (verb == "spawn" || verb == "whereis") co_return co_await perform(words);
  if (verb == "server") co_return co_await start<Server>(server_settings(words)), "ok";
  if (verb == "do" || verb == "async") {
    if (!is_alive(pid)) co_return "dead";
    send<Words>(pid, split(join(words, " ", 2), ';'));
    if (verb == "async") co_return ledger()->waited_for.insert(pid), verb;
  }
  if (verb == "join" && ledger()->waited_for.erase(pid) == 0) co_return "no_async";
  if (verb == "do" || verb == "join") {
    const std::string late = verb == "do" ? "!! no answer" : "pending";
    const std::string answer = co_await hear_of(pid, verb == "do" ? 10s : 3s, late);
    if (answer == "pending") ledger()->waited_for.insert(pid);
    co_return answer.starts_with("down:") ? "died" : answer;
  }
  if (!pid) co_return "no_actor";
  if (verb == "alive") co_return word(is_alive(pid));
  if (verb == "links" || verb == "monitors") co_return co_await relations(pid, verb == "links");
  co_return exit(pid, to_reason(verb == "kill" ? verb : words[2])), "ok";
}

Task<std::string> proc_trace(std::string result) {
  std::map<Identity, std::string> written, ends;
  const auto events = std::exchange(ledger()->events, {});
  for (const Event& event : events)
    (event.verb() == "exit" ? ends : written)[event.who.identity] += event.text + "\n";
  std::string out;
  for (const auto& [who, text] : written) out += text;
  out += "result " + result + "\n";
  for (const auto& [who, text] : ends) out += text;
  for (const auto shown = ledger()->mailboxes; const auto& [name, before] : shown) {
    const Pid pid = ledger()->latest[name];
    if (!is_alive(pid)) continue;
    const std::string now = co_await mailbox_of(pid);
    if (now != before) out += fmt::format("mbox {} {}\n", name, now);
    ledger()->mailboxes[name] = now;
  }
  co_return out;
}
}  // namespace conformance
