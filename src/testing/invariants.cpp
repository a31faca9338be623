#include "invariants.hpp"

#include <coppice/process/calls.hpp>
#include <coppice/process/control_signals.hpp>
#include <coppice/process/table.hpp>

namespace coppice::testing {
namespace {

using process::Process;
using process::Signal;
using process::SignalKind;

template <class T>
const T& as(const Signal& signal) noexcept {
  return static_cast<const T&>(signal);
}

// The name that a process has still when others hear of its end.
std::string name_left(process::Host& host, Pid who) {
  if (!who || process::slot_at(who.slot()).life.own_generation() != who.generation()) return {};
  const std::optional<Atom> name = host.names().name_of(who);
  return name ? std::string{name->text()} : std::string{};
}

}  // namespace

Invariants::Verdict Invariants::sent(process::Host& host, Actor to, const Signal& signal) {
  switch (signal.kind()) {
    case SignalKind::call:
    case SignalKind::system:
    case SignalKind::info: {
      const auto& call = as<process::CallSignal>(signal);
      return oracle_.see(seen::Called{known_(call.caller), call.call_number, to, call.request.name()});
    }
    case SignalKind::reply: return oracle_.see(seen::Answered{to, as<process::CallSignal>(signal).call_number});
    case SignalKind::monitor: {
      const process::Watcher& watcher = as<process::MonitorSignal>(signal).watcher;
      return oracle_.see(seen::Monitored{watcher.ref.reference().id(), known_(watcher.watcher), to});
    }
    case SignalKind::demonitor:
      return oracle_.see(seen::Demonitored{as<process::DemonitorSignal>(signal).ref.reference().id()});
    case SignalKind::down: {
      const Down& down = as<process::DownMessage>(signal).payload;
      if (Verdict broken = oracle_.see(seen::Downed{down.ref.reference().id()})) return broken;
      return oracle_.see(seen::EndTold{known_(down.pid), name_left(host, down.pid)});
    }
    case SignalKind::link_exit: {
      const Pid who = as<process::ExitMessage>(signal).payload.from;
      return oracle_.see(seen::EndTold{known_(who), name_left(host, who)});
    }
    case SignalKind::unlink: return oracle_.see(seen::Unlinked{known_(as<process::UnlinkSignal>(signal).from), to});
    default: return std::nullopt;
  }
}

Invariants::Verdict Invariants::born(const Process& process) {
  for (const process::Watcher& watcher : process.watchers)
    if (Verdict broken = oracle_.see(
            seen::Monitored{watcher.ref.reference().id(), known_(watcher.watcher), known_(process.pid())}))
      return broken;
  return std::nullopt;
}

Invariants::Verdict Invariants::child_step(const process::ChildStep& step, timing::Instant now) {
  using What = process::ChildStep::What;
  const Actor supervisor = known_(step.supervisor);
  switch (step.what) {
    case What::starts: return oracle_.see(seen::Starts{supervisor, known_of(step.later)});
    case What::started: return oracle_.see(seen::Started{supervisor, known_(step.child)});
    case What::stops: return oracle_.see(seen::Stops{supervisor, known_(step.child), known_of(step.later)});
    case What::restarts:
    case What::gives_up:
      return oracle_.see(seen::Restarts{supervisor, now, step.intensity, step.period, step.what == What::restarts});
  }
  return std::nullopt;
}

std::vector<Actor> Invariants::known_of(const std::vector<Pid>& pids) const {
  std::vector<Actor> out;
  for (const Pid pid : pids)
    if (const Actor actor = known_(pid); actor != 0) out.push_back(actor);
  return out;
}

Invariants::Verdict Invariants::quiet(const std::function<Pid(Actor)>& pid_of) {
  if (!oracle_.has_suspects()) return std::nullopt;
  seen::Quiet quiet;
  for (const Actor actor : oracle_.suspects()) {
    const Process& process = process::slot_at(pid_of(actor).slot());
    const bool unread = process::has_arrivals(process) || !process.queue.empty();
    const bool serves = process.frame == nullptr && process.waiter == nullptr;
    // A process of one's own that traps exits and does not look at them is not the library's fault.
    if (!unread && !process.life.is_exiting() && (serves || !process.traps_exit)) quiet.idle.push_back(actor);
    if (const std::uint64_t call = process::awaited_call(process); call != 0) quiet.waiting.emplace_back(actor, call);
  }
  return oracle_.see(quiet);
}

Invariants::Verdict Invariants::all_ended(process::Host& host) {
  seen::NamesLeft left;
  for (const Atom name : host.names().all()) left.names.emplace_back(name.text());
  return oracle_.see(left);
}

}  // namespace coppice::testing
