// What the runtime asks of the simulator: it takes what becomes runnable, sees each signal, hands out slots.
#include <algorithm>

#include <fmt/core.h>

#include <coppice/process/body.hpp>
#include <coppice/process/calls.hpp>
#include <coppice/process/table.hpp>

#include "simulator.hpp"

namespace coppice::testing {
namespace {

using process::SignalKind;

// Requests and answers.
bool is_request(const process::Signal& signal) noexcept {
  const SignalKind kind = signal.kind();
  return kind == SignalKind::call || kind == SignalKind::reply || kind == SignalKind::system || kind == SignalKind::info;
}

}  // namespace

process::TypeId payload_of(const process::Signal& signal) noexcept {
  return is_request(signal) ? static_cast<const process::CallSignal&>(signal).request : signal.type->payload;
}

void Simulator::schedule(schedule::Runnable& runnable) {
  const auto& process = static_cast<const process::Process&>(runnable);
  const std::size_t known_before = lives_.size();
  Ready ready{&runnable, nullptr, actor_of(process), now_};
  if (ready.actor == known_before) strike_newborn(ready.actor, ready);
  strike_ready(ready);
  ready_.push_back(ready);
}

void Simulator::submit(schedule::Job& job) { ready_.push_back({nullptr, &job, runs(), now_}); }

bool Simulator::try_cancel(schedule::Job& job) {
  return std::erase_if(ready_, [&job](const Ready& ready) { return ready.job == &job; }) != 0;
}

// Who lives in a slot; a new one is noted.
Actor Simulator::actor_of(const process::Process& process) {
  const Pid pid = process.pid();
  const std::size_t place = pid.slot() - process::first_reserved_slot;
  if (place >= actor_in_slot_.size()) actor_in_slot_.resize(place + 1, 0);
  Actor& latest = actor_in_slot_[place];
  if (latest != 0 && lives_[latest].pid == pid) return latest;
  const auto born = static_cast<Actor>(lives_.size());
  latest = born;
  touch(births, true);
  touch(object_of(pid), true);
  lives_.push_back({pid, static_cast<std::uint32_t>(live_.size()), false, references_of(options_.seed, born)});
  live_.push_back(born);
  result_.trace.actors().push_back({.pid = pid, .what = process.body->what()});
  learn_names(process, result_.trace.actors().back());
  judge(invariants_.born(process));
  add({.what = TraceEvent::What::born, .from = known(process.parent()), .to = born, .type = process.body->what()});
  return born;
}

Actor Simulator::known(Pid pid) const noexcept {
  const std::size_t place = std::size_t{pid.slot()} - process::first_reserved_slot;  // huge for what is before
  if (place >= actor_in_slot_.size()) return 0;
  const Actor latest = actor_in_slot_[place];
  return lives_[latest].pid == pid ? latest : 0;
}

void Simulator::learn_names(const process::Process& process, TraceActor& actor) {
  if (!actor.name && process.life.is_named()) actor.name = host().names().name_of(actor.pid).value_or(Atom{});
  if (process.rare_parts != nullptr && actor.label != process.rare_parts->label) actor.label = process.rare_parts->label;
}

void Simulator::judge(std::optional<std::string> broken) {
  if (broken) fail(SimulationFailure::Kind::invariant, std::move(*broken));
}

void Simulator::give_back(std::uint32_t slot) noexcept {
  const Actor ended = actor_in_slot_[slot - process::first_reserved_slot];
  const std::uint32_t at = std::exchange(lives_[ended].live_at, nowhere);
  live_[at] = live_.back();
  lives_[live_[at]].live_at = at;
  live_.pop_back();
  add({.what = TraceEvent::What::ended, .to = ended});
  touch(births, true);
  judge(invariants_.ended(ended));
  slots_.give_back(slot);
}

void Simulator::add(TraceEvent event) {
  if (stage_ == Stage::abandon || stage_ == Stage::boot) return;
  event.at = now_ - began_;
  result_.trace.add(std::move(event), options_.trace_limit);
}

process::Seam::Delivery Simulator::sending(Pid to, process::Signal& signal) noexcept {
  if (!is_here()) [[unlikely]]
    return sent_by_other(to, signal), Delivery::refuse;
  if (stage_ == Stage::boot || stage_ == Stage::abandon || failed_) return Delivery::push;
  const bool passes = std::exchange(passes_, false);
  const Actor sender = polling_ ? 0 : passes ? std::exchange(sends_as_, 0) : runs();
  if (!passes && sender != 0 && signal.kind() != SignalKind::completion &&
      strike_message(to, signal) == Delivery::taken)
    return Delivery::taken;
  const Actor receiver = known(to);
  add({.what = TraceEvent::What::signal,
       .kind = signal.kind(),
       .from = sender,
       .to = receiver,
       .type = payload_of(signal)});
  // Completions are posted with locks held, as timers are.
  if (polling_ || signal.kind() == SignalKind::completion) {
    touch(object_of(to), true);
    return Delivery::push;
  }
  judge(invariants_.sent(host(), receiver, signal));
  if (failed_) return Delivery::push;
  if (running_.empty()) {
    touch(object_of(to), true);
    return Delivery::push;
  }
  // Who waits for whom is written and read before a call or an answer is sent.
  if (is_request(signal)) touch(object_of(to), true);
  end_step(runs());
  preempt();
  touch(object_of(to), true);
  return Delivery::push;
}

void Simulator::crashed(const process::CrashReport& report) noexcept {
  add({.what = TraceEvent::What::note, .from = known(report.pid), .text = fmt::format("crashes: {}", report.reason)});
}

void Simulator::supervised(const process::SupervisorReport& report) noexcept {
  using Context = process::SupervisorReport::Context;
  if (report.context != Context::restarted && report.context != Context::gave_up && report.context != Context::shutdown) return;
  const char* const what = report.context == Context::restarted ? "restarts" : "gives up because of";
  add({.what = TraceEvent::What::note,
       .from = known(report.supervisor),
       .text = fmt::format("{} {} {}", what, report.child_id, report.detail)});
}

void Simulator::dead_letter(const process::DeadLetterReport& report) noexcept {
  add({.what = TraceEvent::What::note, .from = known(report.to), .text = "dead letter: " + report.type});
}

void Simulator::unhandled(Pid server, std::string_view, std::string_view message_type) noexcept {
  add({.what = TraceEvent::What::note, .from = known(server), .text = "drops a " + std::string{message_type}});
}

}  // namespace coppice::testing
