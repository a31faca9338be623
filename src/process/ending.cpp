#include "ending.hpp"

#include <coppice/process/body.hpp>
#include <coppice/process/calls.hpp>
#include <coppice/process/control_signals.hpp>
#include <coppice/process/host.hpp>
#include <coppice/process/seam.hpp>
#include <coppice/process/table.hpp>
#include <coppice/process/task.hpp>
#include <coppice/process/timers.hpp>
#include <coppice/schedule/dedicated_thread.hpp>

namespace coppice::process {
namespace {

// How many links, callers or monitors are told in one slice.
constexpr int told_in_a_slice = 1024;

void report_crash(Process& self, Host& host) noexcept {
  if (self.rare_parts == nullptr || !self.rare_parts->crashed || !host.events().wants_crash_reports()) return;
  CrashReport report{.pid = self.pid(),
                     .what = self.body->what().name(),
                     .label = self.rare_parts->label,
                     .name = self.life.is_named() ? host.names().name_of(self.pid()).value_or(Atom{}) : Atom{},
                     .reason = self.exit_reason(),
                     .ancestors = {},
                     .last_message = self.body->handling() ? self.body->handling().name() : std::string{}};
  constexpr std::size_t most_ancestors = 16;
  for (Pid p = self.parent(); p && report.ancestors.size() < most_ancestors;) {
    const Process& ancestor = slot_at(p.slot());
    report.ancestors.push_back(p);
    // A stale answer names a process that has ended meanwhile: harmless in a report.
    const Pid next = ancestor.life.is_present(p.generation()) ? ancestor.parent() : Pid{};
    p = next;
  }
  host.events().crashed(report);
}

// Whether a signal asks for an answer that its sender waits for.
bool is_request(const Signal& signal) noexcept {
  return signal.kind() == SignalKind::call || signal.kind() == SignalKind::system;
}

// Step 7. Requests stay in the queue; everything else hears noproc.
void answer_queued(Process& self, Pid pid, Signal* last_batch) noexcept {
  const auto keep_or_answer = [&](Signal& signal) {
    if (is_request(signal)) return self.queue.push_back(signal);
    undeliverable(pid, &signal, ExitReason::noproc());
  };
  for (std::size_t left = self.queue.size(); left > 0; --left) keep_or_answer(*self.queue.pop_front());
  const std::uint32_t generation = pid.generation();
  for (Signal* next = nullptr; last_batch != nullptr; last_batch = next) {
    next = last_batch->next_signal();
    if (last_batch->number() == generation) {
      keep_or_answer(*last_batch);
      continue;
    }
    // For an earlier tenant of the slot.
    undeliverable(Pid{0, pid.slot(), static_cast<std::uint32_t>(last_batch->number())}, last_batch, ExitReason::noproc());
  }
}

// Steps 4 to 7.
void take_apart(Process& self, Host& host) noexcept {
  const Pid pid = self.pid();
  self.waiter = nullptr;
  self.waiting_on.store(0, base::relaxed);
  destroy_frames(std::exchange(self.frame, nullptr));
  delete self.body;
  auto* last_batch = static_cast<Signal*>(self.inbox.close());
  self.body = nullptr;
  if (self.life.is_named()) host.names().forget(self);
  cancel_timers(self);
  answer_queued(self, pid, last_batch);
  if (Rare* parts = self.rare_parts) {
    for (const Request& request : parts->requests)
      if (request.answer != nullptr) destroy(request.answer);
    parts->requests.clear();
    for (const Monitoring& m : parts->monitors)
      if (auto* signal = base::pool_new<DemonitorSignal>(m.ref); !post(m.target, *signal)) destroy(signal);
    parts->monitors.clear();
  }
}

void tell_link(Pid self, const Link& link, const ExitReason& reason) noexcept {
  if (!link.is_active()) return;
  // What a process owns ends with it, however it ended itself.
  const bool owned_by_me = link.kind == Link::Kind::owner && reason.is_normal();
  send_exit(SignalKind::link_exit, self, link.other, owned_by_me ? ExitReason::shutdown() : reason);
}

// Step 8; true when all have been told.
bool tell(Process& self) noexcept {
  const Pid pid = self.pid();
  const ExitReason reason = self.exit_reason();
  int left = told_in_a_slice;
  for (; left > 0 && !self.links.empty(self); --left) tell_link(pid, self.links.take_last(self), reason);
  for (; left > 0 && !self.queue.empty(); --left) undeliverable(pid, self.queue.pop_front(), reason);
  for (; left > 0 && !self.watchers.empty(); --left) send_down(self.watchers.take_last(), pid, reason);
  return self.links.empty(self) && self.queue.empty() && self.watchers.empty();
}

// Step 9.
void free_slot(Process& self, Host& host) noexcept {
  CallSignal* start_reply = nullptr;
  ExitReason reason = self.exit_reason();
  schedule::DedicatedThread* thread = nullptr;
  if (Rare* parts = std::exchange(self.rare_parts, nullptr)) {
    start_reply = parts->start_reply;
    if (self.home == Home::dedicated) thread = static_cast<schedule::DedicatedThread*>(parts->runner);
    delete parts;
  }
  self.home = Home::scheduler;
  self.traps_exit = false;
  self.doomed = false;
  self.end_kind = ReasonKind::normal;
  self.set_parent(Pid{});
  const bool reusable = self.life.ended() == Lifecycle::Ended::reusable;
  if (Seam* const seam = host.options().seam) [[unlikely]]
    seam->give_back(self.slot());
  else if (reusable)
    table().release(self.slot());
  if (start_reply != nullptr) fail(CallPtr{start_reply}, CallError::Kind::exit, std::move(reason));
  if (thread != nullptr) thread->end();
  host.process_gone();  // the host may be gone after this
}

}  // namespace

Ending end_process(Process& self) noexcept {
  Host& host = *self.host.load(base::relaxed);
  if (!self.life.is_exiting()) {
    self.life.begin_exit();
    report_crash(self, host);
  }
  if (self.body != nullptr) {
    if (self.waiter != nullptr && !self.waiter->cancel(self) && !self.waiter->ready(self)) return Ending::waits;
    take_apart(self, host);
  }
  if (!tell(self)) return Ending::more;
  free_slot(self, host);
  return Ending::done;
}

}  // namespace coppice::process
