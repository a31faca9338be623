// The faults of a simulation: where each may strike.
#include <algorithm>
#include <new>

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

namespace {

bool is_meant(const std::string& whom, const TraceActor& actor) {
  return actor.label == whom || (actor.name && actor.name.text() == whom) || actor.what.name() == whom;
}

}  // namespace

// What is planned for an actor that is suspended for the n-th time; nobody: for this moment.
void Simulator::strike_by_plan(std::uint64_t suspensions, Actor actor) {
  if (!faults_on()) return;
  for (std::size_t i = 0; i < faults_.kill_plans.size(); ++i) {
    const KillPlan& plan = faults_.kill_plans[i];
    if (plans_done_[i] || plan.at_suspension != suspensions) continue;
    if (suspensions == 0 && now_ - began_ < plan.at) continue;
    for (const Actor target : suspensions == 0 ? live_ : std::vector<Actor>{actor}) {
      TraceActor& known = result_.trace.actors()[target];
      learn_names(process::slot_at(lives_[target].pid.slot()), known);
      if (lives_[target].is_own || !is_meant(plan.whom, known)) continue;
      plans_done_[i] = true;
      kill(target, "is killed as planned");
      break;
    }
  }
}

// When the next kill by time is due. What is due and has found nobody waits for nothing.
timing::Instant Simulator::next_plan() const {
  timing::Instant next = timing::never;
  if (faults_on())
    for (std::size_t i = 0; i < faults_.kill_plans.size(); ++i)
      if (const KillPlan& plan = faults_.kill_plans[i]; !plans_done_[i] && plan.at_suspension == 0)
        if (const timing::Instant due = timing::after(began_, plan.at); due > now_) next = std::min(next, due);
  return next;
}

// Thrown where the library says that it may be; nothing has been done there yet.
void Simulator::allocates(std::string_view point) {
  if (!faults_on() || runs() == 0 || lives_[runs()].is_own) return;
  for (std::size_t i = 0; i < faults_.allocations.size(); ++i) {
    const AllocationFault& fault = faults_.allocations[i];
    if (fault.point != point) continue;
    if (++allocations_seen_[i] != fault.nth && !chooser_->coin(fault.probability)) continue;
    add({.what = TraceEvent::What::fault, .to = runs(), .text = "has no memory at " + std::string{point}});
    throw std::bad_alloc{};
  }
}

// Nothing goes wrong any more, and what was held back comes.
void Simulator::heal() noexcept {
  faults_ = Faults{};
  (void)base::exchange_message_watch(nullptr);
  let_go([](const Held&) { return true; });
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
