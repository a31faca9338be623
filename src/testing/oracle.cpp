#include "oracle.hpp"

#include <algorithm>

#include <fmt/core.h>

namespace coppice::testing {
namespace {

// True the second time.
bool note_twice(std::vector<bool>& seen, std::uint64_t number) {
  if (seen.size() <= number) seen.resize(number + 1);
  const bool before = seen[number];
  seen[number] = true;
  return before;
}

}  // namespace

std::optional<std::string> Oracle::see(const Observation& observation) {
  return std::visit([this](const auto& event) { return on(event); }, observation);
}

std::optional<std::string> first_broken(std::span<const Observation> run) {
  Oracle oracle;
  for (const Observation& observation : run)
    if (std::optional<std::string> broken = oracle.see(observation)) return broken;
  return std::nullopt;
}

std::vector<seen::Actor> Oracle::suspects() const {
  std::vector<Actor> out{orphans_.begin(), orphans_.end()};
  for (const auto& [caller, call] : bereft_) out.push_back(caller);
  return out;
}

Oracle::Verdict Oracle::on(const seen::Ended& e) {
  if (note_twice(ended_, e.who)) return fmt::format("#{} ends a second time", e.who);
  // What it had asked for is no matter any more; what was asked of it must be answered by its end.
  for (auto at = open_.lower_bound({e.who, 0}); at != open_.end() && at->first.first == e.who;) close((at++)->first);
  bereft_.erase(e.who);
  if (const auto calls = calls_to_.find(e.who); calls != calls_to_.end())
    for (const CallId& call : calls->second) bereft_[call.first] = call;
  if (const auto watches = watches_of_.find(e.who); watches != watches_of_.end())
    for (const std::uint64_t ref : std::set<std::uint64_t>{watches->second}) {
      if (watches_.at(ref).watcher == e.who)
        forget_watch(ref);
      else
        owed_.insert(ref);
    }
  if (const auto supervisor = supervisors_.find(e.who); supervisor != supervisors_.end()) {
    orphans_.insert(supervisor->second.children.begin(), supervisor->second.children.end());
    supervisors_.erase(supervisor);
  }
  if (const auto known = supervisor_of_.find(e.who); known != supervisor_of_.end()) {
    if (const auto supervisor = supervisors_.find(known->second); supervisor != supervisors_.end())
      supervisor->second.children.erase(e.who);
    supervisor_of_.erase(known);
  }
  orphans_.erase(e.who);
  return {};
}

// ---- calls

Oracle::Verdict Oracle::on(const seen::Called& e) {
  if (has_ended(e.server)) return {};
  open_[{e.caller, e.number}] = {e.server, e.what};
  calls_to_[e.server].insert({e.caller, e.number});
  return {};
}

Oracle::Verdict Oracle::on(const seen::Answered& e) {
  const CallId id{e.caller, e.number};
  const auto call = open_.find(id);
  const std::string what = call == open_.end() ? std::string{} : " of " + call->second.what;
  close(id);
  if (const auto known = bereft_.find(e.caller); known != bereft_.end() && known->second == id) bereft_.erase(known);
  if (answered_.size() <= e.caller) answered_.resize(e.caller + 1);
  if (!note_twice(answered_[e.caller], e.number)) return {};
  return fmt::format("call {}{} by #{} is answered a second time", e.number, what, e.caller);
}

void Oracle::close(const CallId& id) {
  const auto call = open_.find(id);
  if (call == open_.end()) return;
  if (const auto calls = calls_to_.find(call->second.server); calls != calls_to_.end()) {
    calls->second.erase(id);
    if (calls->second.empty()) calls_to_.erase(calls);
  }
  open_.erase(call);
}

// ---- monitors

Oracle::Verdict Oracle::on(const seen::Monitored& e) {
  if (downs_.contains(e.ref) || has_ended(e.watcher)) return {};
  watches_[e.ref] = {e.watcher, e.target};
  watches_of_[e.watcher].insert(e.ref);
  watches_of_[e.target].insert(e.ref);
  if (has_ended(e.target)) owed_.insert(e.ref);
  return {};
}

Oracle::Verdict Oracle::on(const seen::Demonitored& e) {
  forget_watch(e.ref);
  return {};
}

Oracle::Verdict Oracle::on(const seen::Downed& e) {
  forget_watch(e.ref);
  if (downs_.insert(e.ref).second) return {};
  return fmt::format("#Monitor<{}> gives a second Down", e.ref);
}

void Oracle::forget_watch(std::uint64_t ref) {
  const auto watch = watches_.find(ref);
  if (watch == watches_.end()) return;
  for (const Actor who : {watch->second.watcher, watch->second.target}) {
    const auto refs = watches_of_.find(who);
    if (refs == watches_of_.end()) continue;
    refs->second.erase(ref);
    if (refs->second.empty()) watches_of_.erase(refs);
  }
  owed_.erase(ref);
  watches_.erase(watch);
}

// ---- names

Oracle::Verdict Oracle::on(const seen::EndTold& e) {
  if (e.name.empty()) return {};
  return fmt::format("the end of #{} is told, and it still has the name \"{}\"", e.who, e.name);
}

Oracle::Verdict Oracle::on(const seen::NamesLeft& e) {
  if (e.names.empty()) return {};
  return fmt::format("all processes have ended, and the name \"{}\" is still taken", e.names.front());
}

// ---- children

Oracle::Verdict Oracle::on(const seen::Starts& e) {
  Supervisor& supervisor = supervisors_[e.supervisor];
  if (supervisor.gave_up) return fmt::format("#{} has given up, and starts a child", e.supervisor);
  if (std::exchange(supervisor.starting, true))
    return fmt::format("#{} starts a child before the start of the one before it is over", e.supervisor);
  for (const Actor later : e.later)
    if (!has_ended(later)) return fmt::format("#{} starts a child while #{}, which comes after it, lives", e.supervisor, later);
  return {};
}

Oracle::Verdict Oracle::on(const seen::Started& e) {
  Supervisor& supervisor = supervisors_[e.supervisor];
  supervisor.starting = false;
  if (supervisor.gave_up && e.child != 0)
    return fmt::format("#{} has given up, and has started #{}", e.supervisor, e.child);
  if (e.child == 0 || has_ended(e.child)) return {};
  supervisor.children.insert(e.child);
  supervisor_of_[e.child] = e.supervisor;
  return {};
}

Oracle::Verdict Oracle::on(const seen::Stops& e) {
  for (const Actor later : e.later)
    if (!has_ended(later))
      return fmt::format("#{} stops #{} while #{}, which comes after it, lives", e.supervisor, e.child, later);
  return {};
}

// The rule, as OTP states it: no more than `intensity` restarts within `period`.
Oracle::Verdict Oracle::on(const seen::Restarts& e) {
  Supervisor& supervisor = supervisors_[e.supervisor];
  std::deque<timing::Instant>& times = supervisor.restarts;
  while (!times.empty() && e.at - times.front() >= e.period) times.pop_front();
  const bool may = times.size() < e.intensity;
  if (may != e.allowed)
    return fmt::format("#{} {} after {} restarts in {} s, of {} that it may make", e.supervisor,
                       e.allowed ? "restarts a child" : "gives up", times.size(),
                       std::chrono::duration<double>{e.period}.count(), e.intensity);
  if (may)
    times.push_back(e.at);
  else
    supervisor.gave_up = true;
  return {};
}

Oracle::Verdict Oracle::on(const seen::Unlinked& e) {
  // Whoever takes the link away is on its own.
  for (const auto& [child, supervisor] : {std::pair{e.from, e.to}, std::pair{e.to, e.from}}) {
    const auto known = supervisor_of_.find(child);
    if (known == supervisor_of_.end() || known->second != supervisor) continue;
    if (const auto at = supervisors_.find(supervisor); at != supervisors_.end()) at->second.children.erase(child);
    supervisor_of_.erase(known);
    orphans_.erase(child);
  }
  return {};
}

Oracle::Verdict Oracle::on(const seen::Quiet& e) {
  for (const Actor who : e.idle)
    if (orphans_.contains(who)) return fmt::format("#{} lives on, and its supervisor is dead", who);
  for (const CallId& call : e.waiting)
    if (const auto known = bereft_.find(call.first); known != bereft_.end() && known->second == call)
      return fmt::format("#{} waits for the answer to its call of {}, and #{} has ended without one", call.first,
                         open_.at(call).what, open_.at(call).server);
  if (owed_.empty()) return {};
  const Watch& watch = watches_.at(*owed_.begin());
  return fmt::format("#{} monitors #{}, which has ended, and gets no Down", watch.watcher, watch.target);
}

}  // namespace coppice::testing
