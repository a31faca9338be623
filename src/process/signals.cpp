// Sending, draining and acting on signals.
#include <coppice/process/alias.hpp>
#include <coppice/process/ask_info.hpp>
#include <coppice/process/body.hpp>
#include <coppice/process/calls.hpp>
#include <coppice/process/completion.hpp>
#include <coppice/process/control_signals.hpp>
#include <coppice/process/current.hpp>
#include <coppice/process/host.hpp>
#include <coppice/process/seam.hpp>
#include <coppice/process/send.hpp>
#include <coppice/process/signal_rules.hpp>
#include <coppice/process/table.hpp>
#include <coppice/schedule/dedicated_thread.hpp>
#include <coppice/schedule/schedule_woken.hpp>

#include "drain.hpp"

namespace coppice::process {

namespace {

[[gnu::noinline]] void wake_elsewhere(Process& process) noexcept {
  if (process.home == Home::dedicated)
    static_cast<schedule::DedicatedThread*>(process.rare_parts->runner)->schedule();
  else
    static_cast<base::Parker*>(process.rare_parts->runner)->unpark();
}

inline void wake(Process& process) noexcept {
  if (process.home == Home::scheduler) [[likely]]
    schedule::schedule_woken(process.host.load(base::relaxed)->scheduler(), process);
  else
    wake_elsewhere(process);
}

// Into the inbox of a process that is this thread's and not parked any more.
[[gnu::noinline]] void push_again(Process& target, Signal& signal, std::uint32_t generation) noexcept {
  if (target.inbox.push(signal, generation) == base::Push::watched) (void)target.inbox.push_watched(signal, generation);
}

// A receiver that was parked is this thread's until it has woken it: the signal goes with the wake-up, or, if messages wait
// there that it did not want, into the inbox.
inline void wake_with(Process& target, Signal& signal, std::uint32_t generation) noexcept {
  if (!target.queue.hand_over(signal)) [[unlikely]]
    push_again(target, signal, generation);
  wake(target);
}

// Slot 0, which a pid that names nobody means, is never open.
inline base::Push try_post(Pid to, Signal& signal) noexcept {
  if (to.node() != 0) [[unlikely]] return base::Push::refused;
  Process& target = slot_at(to.slot());
  signal.set_number(to.generation());
  const base::Push push = target.inbox.push(signal, to.generation());
  if (push == base::Push::wake) wake_with(target, signal, to.generation());
  return push;
}

// To a process of a simulation: the simulator sees the signal first, and may let others run before it arrives. Out of line and
// at the end of who calls it, so that a real run's path keeps nothing for it.
[[gnu::noinline]] bool post_watched(Pid to, Signal& signal) noexcept {
  Process& target = slot_at(to.slot());
  const Seam::Delivery delivery = target.host.load(base::acquire)->options().seam->sending(to, signal);
  if (delivery != Seam::Delivery::push) return delivery == Seam::Delivery::taken;
  const base::Push push = target.inbox.push_watched(signal, to.generation());
  if (push == base::Push::wake) wake_with(target, signal, to.generation());
  return push != base::Push::refused;
}

[[gnu::noinline]] void send_slowly(Pid to, Signal* signal, base::Push tried) noexcept {
  if (tried == base::Push::watched && post_watched(to, *signal)) return;
  note_touched(to);
  undeliverable(to, signal, ExitReason::noproc());
}

}  // namespace

void make_runnable(Process& process) noexcept { wake(process); }

constexpr SignalType link_exit_type{TypeId::of<Exit>(), &destroy_as<ExitMessage>};

bool post(Pid to, Signal& signal) noexcept {
  const base::Push push = try_post(to, signal);
  if (push == base::Push::watched) [[unlikely]]
    return post_watched(to, signal);
  if (push == base::Push::refused) [[unlikely]]
    return note_touched(to), false;
  return true;
}

void send_signal(Pid to, Signal* signal) noexcept {
  const base::Push push = try_post(to, *signal);
  if (push == base::Push::watched || push == base::Push::refused) [[unlikely]]
    send_slowly(to, signal, push);
}

void send_message(Pid to, Signal* message) noexcept { send_signal(to, message); }

void send_exit(SignalKind kind, Pid from, Pid to, const ExitReason& reason) noexcept {
  auto* signal = base::pool_new<ExitMessage>(from, reason);
  signal->set(kind, 0);
  send_signal(to, signal);
}

void send_down(const Watcher& watcher, Pid from, const ExitReason& reason) noexcept {
  auto* signal = base::pool_new<DownMessage>(watcher.ref, from, reason, watcher.name);
  signal->set(SignalKind::down, 0);
  send_signal(watcher.watcher, signal);
}

void undeliverable(Pid to, Signal* signal, const ExitReason& reason) noexcept {
  switch (signal->kind()) {
    case SignalKind::message:
    case SignalKind::aliased:
    case SignalKind::cast:
      if (Host* host = host_for_dead_letter(to)) return host->dead_letter(to, signal);
      break;
    case SignalKind::call:
    case SignalKind::info:
    case SignalKind::system: {
      CallPtr call{static_cast<CallSignal*>(signal)};
      const bool gone = reason.is_noproc();
      return fail(std::move(call), gone ? CallError::Kind::noproc : CallError::Kind::exit, reason);
    }
    case SignalKind::link:
      send_exit(SignalKind::link_exit, to, static_cast<LinkSignal*>(signal)->from, ExitReason::noproc());
      break;
    case SignalKind::unlink: {
      // The other end is gone, and with it the link: the acknowledgement lets the sender forget its end.
      auto* unlink = static_cast<UnlinkSignal*>(signal);
      const Pid asker = unlink->from;
      unlink->from = to;
      unlink->set(SignalKind::unlink_ack, 0);
      return send_signal(asker, unlink);
    }
    case SignalKind::monitor:
      send_down(static_cast<MonitorSignal*>(signal)->watcher, to, ExitReason::noproc());
      break;
    case SignalKind::reply:
      if (Host* host = host_for_dead_letter(to)) host->count_late_reply();
      break;
    default: break;
  }
  destroy(signal);
}

namespace {

void keep_as_message(Process& self, Signal* signal) {
  signal->set(SignalKind::message, 0);
  self.queue.push_back(*signal);
}

void act_on_exit(Process& self, ExitMessage* signal, bool over_link) {
  Exit& exit = signal->payload;
  if (over_link) {
    const std::optional<Link> link = self.links.find(self, exit.from);
    const bool counts = link && link->is_active() && link->kind != Link::Kind::owner;
    if (link) self.links.erase(self, exit.from);
    if (!counts) return destroy(signal);
    signal->type = &link_exit_type;
  }
  switch (rule_for_exit(exit.reason, over_link, self.traps_exit, exit.from == self.pid())) {
    case ExitRule::ignore: break;
    case ExitRule::message: return keep_as_message(self, signal);
    case ExitRule::end: self.doom(exit.reason); break;
    case ExitRule::end_killed: self.doom(ExitReason::killed()); break;
  }
  destroy(signal);
}

void act_on_unlink(Process& self, UnlinkSignal* signal) {
  const Pid asker = signal->from;
  if (const auto link = self.links.find(self, asker); link && link->is_active()) {
    self.links.erase(self, asker);
    if (self.rare_parts != nullptr) ++self.rare_parts->unlinks;
  }
  signal->from = self.pid();
  signal->set(SignalKind::unlink_ack, 0);
  send_signal(asker, signal);
}

void act_on_reply(Process& self, CallSignal* call) {
  if (self.waiter != nullptr && self.waiter->take_reply(*call)) return;
  if (self.rare_parts != nullptr)
    if (Request* request = self.rare_parts->requests.find(call->call_number);
        request != nullptr && request->answer == nullptr) {
      call->set_number(++self.rare_parts->answers_put_by);
      request->answer = call;
      return;
    }
  self.host.load(base::relaxed)->count_late_reply();
  destroy(call);
}

}  // namespace

void act_on(Process& self, Signal* signal) {
  switch (signal->kind()) {
    case SignalKind::reply: return act_on_reply(self, static_cast<CallSignal*>(signal));
    case SignalKind::exit: return act_on_exit(self, static_cast<ExitMessage*>(signal), false);
    case SignalKind::link_exit: return act_on_exit(self, static_cast<ExitMessage*>(signal), true);
    case SignalKind::link:
      // If there is an entry, this link was asked for before our unlink reached the asker, or twice: it adds nothing.
      if (const Pid from = static_cast<LinkSignal*>(signal)->from; !self.links.find(self, from))
        self.links.add(self, Link{from});
      break;
    case SignalKind::unlink: return act_on_unlink(self, static_cast<UnlinkSignal*>(signal));
    case SignalKind::unlink_ack: {
      auto* ack = static_cast<UnlinkSignal*>(signal);
      if (const auto link = self.links.find(self, ack->from); link && link->unlink_id == ack->id)
        self.links.erase(self, ack->from);
      break;
    }
    case SignalKind::monitor: self.watchers.insert(static_cast<MonitorSignal*>(signal)->watcher); break;
    case SignalKind::demonitor: self.watchers.erase(static_cast<DemonitorSignal*>(signal)->ref); break;
    case SignalKind::down:
      if (const MonitorRef ref = static_cast<DownMessage*>(signal)->payload.ref;
          self.rare_parts != nullptr && self.rare_parts->monitors.erase(ref)) {
        monitor_ended(self, ref);
        return keep_as_message(self, signal);
      }
      break;
    case SignalKind::aliased: {
      const auto& type = static_cast<const AliasedType&>(*signal->type);
      if (take_through_alias(self, type.alias_of(*signal))) return keep_as_message(self, signal);
      return self.host.load(base::relaxed)->dead_letter(self.pid(), signal);
    }
    case SignalKind::timer: self.deadline_woke(); break;
    case SignalKind::info: return answer_info(self, static_cast<InfoCall*>(signal));
    case SignalKind::completion: static_cast<CompletionSignal*>(signal)->arrived = true; return;
    default: break;
  }
  destroy(signal);
}

// The full generation decides: the tag in the inbox word may have been fooled after 65,536 tenants.
[[gnu::noinline]] void take_in_special(Process& self, Signal& signal, std::uint32_t generation) {
  if (signal.number() != generation)
    undeliverable(Pid{0, self.slot(), static_cast<std::uint32_t>(signal.number())}, &signal, ExitReason::noproc());
  else if (!waits_in_queue(signal.kind()))
    act_on(self, &signal);
  else if (!self.body->answer_at_once(self, signal))
    self.queue.push_back(signal);
}

void drain(Process& self) { drain_at_once(self); }

void drain_batch(Process& self, Signal& newest) {
  auto* signal = static_cast<Signal*>(base::Inbox::reverse(&newest));
  const std::uint32_t generation = self.life.own_generation();
  while (signal != nullptr) {
    Signal* next = signal->next_signal();
    __builtin_prefetch(next);
    take_in(self, *signal, generation);
    signal = next;
  }
}

}  // namespace coppice::process
