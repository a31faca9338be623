#include "nodes.hpp"

namespace conformance {

namespace {

// Enters the ledger and begins to do what this start shall end with.
Action enter(Stage& stage, const Declared& declared, const std::string& pool, bool is_supervisor) {
  Member member;
  member.identity.second = 1;
  member.pool = pool;
  member.is_supervisor = is_supervisor;
  member.parent = process_info(self()).parent;
  const Identity identity = stage.ledger.enter(declared.get("id"), member);
  const Words outcomes = split(declared.get("init", "ok"), '|');
  const Action outcome{outcomes[std::min(outcomes.size(), std::size_t(identity.second)) - 1]};
  const Term shown = outcome.term.empty() ? outcome.verb : tuple({outcome.verb, outcome.term});
  const bool fails = outcome.verb != "ok" && outcome.verb != "ignore";
  if (fails) stage.ledger.fail_to_start();
  stage.ledger.write(self(), Event::Kind::start, "start " + print(identity) + " " + shown);
  return outcome;
}

// What all kinds of processes start with; true if they go on.
bool begins(const Action& outcome) {
  if (outcome.verb == "exit") exit(to_reason(outcome.term));
  if (outcome.verb == "error") throw Text{outcome.term};
  return outcome.verb != "ignore";
}

// The value that is written so.
template <class Enum>
Enum named(const std::string& word) {
  for (int i = 0;; ++i)
    if (fmt::format("{}", Enum(i)) == word) return Enum(i);
}

Shutdown shutdown_of(const std::string& text) {
  if (text == "brutal_kill") return brutal_kill;
  return milliseconds(text);
}

ChildSpec refine(ChildSpec spec, const Declared& declared) {
  const bool sup = declared.is("kind", "sup");
  spec.restart(named<Restart>(declared.get("restart", "permanent")));
  spec.type(named<ChildType>(declared.get("type", sup ? "supervisor" : "worker")));
  const std::string shutdown = declared.get("shutdown", sup ? "infinity" : "5000");
  spec.shutdown(shutdown == "infinity" ? Shutdown{infinity} : shutdown_of(shutdown));
  return spec.significant(declared.is("significant", "true"));
}

template <class Spec>
Spec limits_of(const Declared& declared) {
  Spec spec;
  spec.intensity = std::stoi(declared.get("intensity", "1"));
  spec.period = std::chrono::seconds{std::stol(declared.get("period", "3600"))};
  return spec;
}

}  // namespace

Task<InitResult> Worker::init() {
  const Action outcome = enter(*stage_, declared_, pool_, false);
  if (const std::string slow = declared_.get("slow", "0"); slow != "0") {
    stage_->ledger.doing(Activity::busy);
    co_await sleep(milliseconds(slow));
    stage_->ledger.doing(Activity::none);
  }
  if (!begins(outcome)) co_return InitResult::ignore();
  if (outcome.verb == "stop") co_return InitResult::stop(to_reason(outcome.term));
  trap_exit(declared_.is("trap", "true"));
  co_return InitResult::ok();
}

Next Worker::handle_cast(Action crash) {
  if (crash.verb == "exit") exit(to_reason(crash.term));
  if (crash.verb == "error") throw Text{crash.term};
  if (crash.verb == "stop") return Next::stop(to_reason(crash.term));
  // In Erlang a throw is a return value, and this one no server understands.
  return Next::stop(to_reason(tuple({"bad_return_value", crash.term})));
}

void Worker::write(Event::Kind kind, const std::string& what, const std::string& more) {
  stage_->ledger.write(self(), kind, what + " " + stage_->ledger.name_of(self()) + more);
}

Task<> Worker::terminate(const ExitReason& reason) {
  const std::string time = declared_.get("term", "0"), end = declared_.get("term_exit");
  stage_->ledger.doing(time == "infinity" ? Activity::hung : Activity::busy);
  write(Event::Kind::terminate, "terminate", " " + to_term(reason));
  if (time != "0") {
    co_await sleep(milliseconds(time));
    write(Event::Kind::terminated, "terminated", "");
  }
  if (!end.empty()) exit(to_reason(end));
}

SupervisorSpec Static::init() {
  const Declared& declared = stage_->scenario.find("id", id_);
  if (!begins(enter(*stage_, declared, "", true))) return SupervisorSpec::ignore();
  auto spec = limits_of<SupervisorSpec>(declared);
  spec.strategy = named<Strategy>(declared.get("strategy", "one_for_one"));
  spec.auto_shutdown = named<AutoShutdown>(declared.get("auto_shutdown", "never"));
  for (const Declared& child : stage_->scenario.declared)
    if (child.is("parent", id_)) spec.children.push_back(spec_of(stage_, child));
  return spec;
}

DynamicSpec Pool::init() {
  const Declared& declared = stage_->scenario.find("id", id_);
  if (!begins(enter(*stage_, declared, "", true))) return DynamicSpec::ignore();
  // OTP looks at the template now, and not when it is used.
  const ChildSpec child = child_spec(id_, {});
  if (auto wrong = supervision::check_child(child.id(), child.rules(), AutoShutdown::never))
    exit(ExitReason::custom(std::move(*wrong)));
  return limits_of<DynamicSpec>(declared);
}

ChildSpec Pool::child_spec(std::string name, Words settings) {
  const Declared& pattern = stage_->scenario.find("parent", id_);
  settings.push_back("id=" + name);
  return refine(child<Worker>(pattern.get("id"), stage_, pattern.with(settings), id_), pattern);
}

ChildSpec spec_of(Stage* stage, const Declared& declared) {
  const std::string id = declared.get("id");
  if (declared.is_pool()) return refine(child<Pool>(id, stage, id), declared);
  if (declared.is("kind", "sup")) return refine(child<Static>(id, stage, id), declared);
  return refine(child<Worker>(id, stage, declared, ""), declared);
}

void Reports::supervised(const process::SupervisorReport& report) noexcept {
  using Context = process::SupervisorReport::Context;
  static constexpr const char* words[] = {"start_error", "child_terminated", "shutdown_error", "shutdown"};
  const Identity supervisor = stage_.ledger.member(report.supervisor).identity;
  const bool is_own = stage_.scenario.find("id", supervisor.first).empty();
  if (!stage_.scenario.reports || is_own || report.context > Context::shutdown) return;
  Event::Kind kind = Event::Kind::report;
  std::string child = report.child ? stage_.ledger.name_of(report.child) : report.child_id;
  if (report.context == Context::shutdown_error && !stage_.stops_one &&
      stage_.scenario.find("id", supervisor.first).is_pool()) {
    kind = Event::Kind::group_report;
    child = tuple({"nb_children", std::to_string(report.children)});
  }
  const std::string context = words[static_cast<std::size_t>(report.context)];
  stage_.ledger.write(report.supervisor, kind,
                      join({"report", print(supervisor), context, to_term(report.reason), child}, " "));
}

}  // namespace conformance
