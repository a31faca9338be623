// The faults of a simulation: where each may strike.
#include <algorithm>

#include <coppice/process/control_signals.hpp>
#include <coppice/process/table.hpp>

#include "simulator.hpp"

namespace coppice::testing {
namespace {

constexpr std::uint32_t parts = 16;

}  // namespace

// A sixteenth to all of it, by choice.
timing::Duration Simulator::part_of(timing::Duration whole) {
  return whole * (1 + static_cast<timing::Duration::rep>(chooser_->choose(Choice::pick, parts))) / parts;
}

bool Simulator::may_strike(Actor actor) const {
  if (lives_[actor].is_own) return false;
  if (!faults_.may_strike) return true;
  const TraceActor& known = result_.trace.actors()[actor];
  return faults_.may_strike(FaultTarget{known.pid, known.what.name(), known.label, known.name});
}

void Simulator::kill(Actor actor, const char* what) {
  add({.what = TraceEvent::What::fault, .to = actor, .text = what});
  process::send_exit(process::SignalKind::exit, Pid{}, lives_[actor].pid, ExitReason::kill());
}

// A server that is about to begin.
void Simulator::strike_newborn(Actor actor, Ready& ready) {
  if (!faults_on() || (faults_.failing_start <= 0 && faults_.slow_start <= 0)) return;
  if (!process::server_type_of(lives_[actor].pid) || !may_strike(actor)) return;
  if (chooser_->coin(faults_.failing_start)) return kill(actor, "does not start");
  if (!chooser_->coin(faults_.slow_start)) return;
  ready.not_before = timing::after(now_, part_of(faults_.slow_start_by));
  add({.what = TraceEvent::What::fault, .to = actor, .text = "starts late"});
}

void Simulator::strike_ready(Ready& ready) {
  if (!faults_on() || faults_.stall <= 0 || ready.not_before > now_ || !chooser_->coin(faults_.stall)) return;
  ready.not_before = timing::after(now_, part_of(faults_.stall_for));
  add({.what = TraceEvent::What::fault, .to = ready.actor, .text = "is held up"});
}

void Simulator::strike_any() {
  if (!faults_on() || faults_.kill <= 0 || kills_ >= faults_.most_kills || !chooser_->coin(faults_.kill)) return;
  std::vector<Actor> targets;
  std::ranges::copy_if(live_, std::back_inserter(targets), [this](Actor actor) { return may_strike(actor); });
  if (targets.empty()) return;
  ++kills_;
  kill(targets[chooser_->choose(Choice::pick, static_cast<std::uint32_t>(targets.size()))], "is killed");
}

timing::Instant Simulator::strike_timer(timing::Instant due) {
  if (!faults_on() || faults_.late_timer <= 0 || !chooser_->coin(faults_.late_timer)) return due;
  add({.what = TraceEvent::What::fault, .text = "a timer is late"});
  return timing::after(due, part_of(faults_.late_timer_by));
}

bool Simulator::buggify(std::string_view name) {
  if (!faults_on() || !chooser_->coin(faults_.buggify)) return false;
  add({.what = TraceEvent::What::fault, .to = runs(), .text = "buggify: " + std::string{name}});
  return true;
}

}  // namespace coppice::testing
