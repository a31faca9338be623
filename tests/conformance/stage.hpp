// What both kinds of scenarios (oracle/FORMAT.md) need: terms, which are text in which processes
// and references stand by their names and tags; what a scenario file says; and the ledger of what
// happens, where an event has its place when the acting process writes it.
#pragma once

#include <algorithm>
#include <fstream>
#include <map>
#include <mutex>
#include <ranges>
#include <set>
#include <stdexcept>

#include <fmt/format.h>

#include <coppice/coppice.hpp>

namespace conformance {
using namespace coppice;
using namespace std::chrono_literals;
using Term = std::string;
using Words = std::vector<std::string>;

inline Words split(const std::string& text, char separator) {  // empty ones are left out
  Words out;
  for (const auto part : std::views::split(text, separator))
    if (!part.empty()) out.emplace_back(part.begin(), part.end());
  return out;
}
inline std::string join(const Words& words, const char* between, std::size_t first = 0) {
  return fmt::format("{}", fmt::join(words | std::views::drop(first), between));
}
inline Term tuple(const Words& elements) { return "{" + join(elements, ",") + "}"; }
inline Term list(const Words& elements) { return "[" + join(elements, ",") + "]"; }
// Of a tuple or list; any other term is its own only one.
inline Words elements(const Term& term) {
  if (term[0] != '{' && term[0] != '[') return {term};
  Words out;
  int depth = 0;
  for (const char c : term.substr(1, term.size() - 2)) {
    const bool next = depth == 0 && c == ',';
    if (next || out.empty()) out.emplace_back();
    if (!next) out.back() += c;
    depth += (c == '{' || c == '[') - (c == '}' || c == ']');
  }
  return out;
}
inline bool matches(const Term& pattern, const Term& term) {  // `_` is any term
  if (pattern == "_" || pattern == term) return true;
  const bool compound = pattern[0] == '{' || pattern[0] == '[';
  return compound && pattern[0] == term[0] &&
         std::ranges::equal(elements(pattern), elements(term), matches);
}

inline ExitReason to_reason(const Term& term) {
  for (const ExitReason& plain :
       {ExitReason::normal(), ExitReason::shutdown(), ExitReason::kill(), ExitReason::killed(),
        ExitReason::noproc(), ExitReason::timeout(), ExitReason::noconnection()})
    if (plain.text() == term) return plain;
  const Words parts = elements(term);
  const bool shutdown = parts.size() == 2 && parts[0] == "shutdown";
  return shutdown ? ExitReason::shutdown(parts[1]) : ExitReason::custom(term);
}
// A reason holds a term that a scenario gave, or what the library says with types of its own.
inline Term to_term(const ExitReason& reason) {
  using supervision::SpecError;
  Term text = reason.text();
  if (const auto* error = reason.error_info()) return tuple({error->message, "stack"});
  if (const auto* given = reason.get<Term>()) text = *given;
  if (const auto* call = reason.get<CallError>()) text = to_term(call->reason());
  if (const auto* failed = reason.get<supervision::FailedToStart>())
    text = tuple({"failed_to_start_child", failed->child, to_term(failed->reason)});
  if (const auto* spec = reason.get<SpecError>()) {
    const bool never = spec->kind() == SpecError::Kind::significant_but_never;
    const Term with = never ? "{auto_shutdown,never}" : "{restart,permanent}";
    text = fmt::format("{{start_spec,{{bad_combination,[{},{{significant,true}}]}}}}", with);
  }
  const bool shutdown = reason.kind() == process::ReasonKind::shutdown_with;
  return shutdown ? tuple({"shutdown", text}) : text;
}
inline timing::Duration milliseconds(const std::string& text) {  // a number, or infinity
  return text == "infinity" ? timing::forever : std::chrono::milliseconds{std::stol(text)};
}

// The settings of a declared worker or supervisor, its `id` and `kind` (worker, sup) among them.
struct Declared : std::map<std::string, std::string> {
  std::string get(const std::string& key, const std::string& otherwise = {}) const {
    return contains(key) ? at(key) : otherwise;
  }
  bool is(const std::string& key, const std::string& value) const { return get(key) == value; }
  bool is_supervisor() const { return is("kind", "sup"); }
  bool is_pool() const { return is("strategy", "simple_one_for_one"); }
  Declared with(const Words& settings) const {  // key=value
    Declared out = *this;
    for (const std::string& one : settings)
      out[one.substr(0, one.find('='))] = one.substr(one.find('=') + 1);
    return out;
  }
};

struct Scenario {
  std::string kind, top;  // the uppermost supervisor
  bool reports = true;
  std::vector<Declared> declared;
  std::vector<Words> steps;
  // The first with this value; one without any setting if there is none.
  Declared find(const std::string& key, const std::string& value) const {
    for (const Declared& one : declared)
      if (one.is(key, value)) return one;
    return {};
  }
};

inline Scenario read_scenario(const std::string& path) {
  std::ifstream file{path};
  Scenario out;
  for (std::string line; std::getline(file, line);) {
    const Words words = split(line, ' ');
    if (words.empty() || words[0][0] == '#') continue;
    const Words rest{words.begin() + 1, words.end()};
    if (words[0] == "scenario") out.kind = rest.at(0);
    if (words[0] == "option") out.reports = rest != Words{"reports", "off"};
    if (words[0] == "step") out.steps.push_back(rest);
    if (words[0] != "sup" && words[0] != "worker") continue;
    const Declared named{{{"kind", words[0]}, {"id", rest.at(0)}}};
    out.declared.push_back(named.with({rest.begin() + 1, rest.end()}));
    if (words[0] == "sup" && out.top.empty() && out.declared.back().is("parent", ""))
      out.top = rest[0];
  }
  return out;
}
inline Scenario scenario;  // that is running

// An id, and which process of that id, from 1; 0 for processes that never come back.
using Identity = std::pair<std::string, int>;

struct Member {
  Identity identity{"pid", 0};
  Pid pid, parent;
};
struct Event {
  Member who;
  std::string text;  // as the trace has it
  std::string verb() const { return text.substr(0, text.find(' ')); }
};
using Tagged = std::variant<std::monostate, MonitorRef, TimerRef, Alias>;

struct Ledger {
  std::map<std::string, Pid> latest;
  std::map<std::string, Tagged> tags;
  std::map<Pid, Member> members;
  std::map<std::string, std::string> mailboxes;  // of actors, as last shown
  std::set<Pid> waited_for;
  std::vector<Event> events;
  Pid collector;  // all are linked to it; it writes down how they end
  std::shared_ptr<int> busy = std::make_shared<int>();  // while it is held nothing is settled
  // The calling process is the latest of this id from now on.
  Member enter(const std::string& id) {
    const int start = members[latest[id]].identity.second + 1;
    const bool counts = id != "driver" && scenario.kind == "sup";
    if (id != "driver") link(collector);
    latest[id] = self();
    return members[self()] = {{id, counts ? start : 0}, self(), process_info(self()).parent};
  }
  void write(Pid who, const std::string& text) { events.push_back({members[who], text}); }
  Term name_of(Pid pid) {
    const auto [id, number] = members[pid].identity;
    return number == 0 ? id : fmt::format("{}#{}", id, number);
  }
  Term to_term(const Term& message) const { return message; }
  Term to_term(const Exit& exit) {
    return tuple({"'EXIT'", name_of(exit.from), conformance::to_term(exit.reason)});
  }
  Term to_term(const Down& down) {
    Term tag = "ref";
    for (const auto& [name, tagged] : tags)
      if (tagged == Tagged{down.ref}) tag = name;
    const Term who = down.name ? tuple({"reg", Term{down.name.text()}}) : name_of(down.pid);
    return tuple({"'DOWN'", tag, "process", who, conformance::to_term(down.reason)});
  }
};

// The ledger of the scenario that is running, locked up to the end of the expression: never to
// stand in one with a wait.
inline std::shared_ptr<Ledger> ledger() {
  static std::recursive_mutex lock;
  static Ledger the_ledger;
  lock.lock();
  return {&the_ledger, [](Ledger*) { lock.unlock(); }};
}
inline Task<> be_busy(timing::Duration time) {
  const auto busy = ledger()->busy;
  co_await sleep(time);
}
// What a step gives, and the trace of all that it did.
Task<std::string> sup_step(Words words);
Task<std::string> sup_trace(std::string result);
Task<std::string> proc_step(Words words);
Task<std::string> proc_trace(std::string result);
}  // namespace conformance
