#include <coppice/process/links.hpp>

#include <fmt/core.h>

#include <coppice/process/alias.hpp>
#include <coppice/process/control_signals.hpp>
#include <coppice/process/current.hpp>
#include <coppice/process/errors.hpp>
#include <coppice/process/exit.hpp>
#include <coppice/process/host.hpp>
#include <coppice/process/send.hpp>

namespace coppice {
namespace {

using process::Process;

// Takes the first message out of the save queue that is an M and satisfies `wanted`.
template <class M, class Wanted>
process::SignalPtr<process::MessageSignal<M>> take_out(Process& self, Wanted wanted) {
  struct Finder final : process::Matcher {
    explicit Finder(Wanted w) : wanted{w} {}
    std::span<const process::TypeId> types() const noexcept override { return {&type, 1}; }
    bool matches(process::Signal& s) override {
      return s.type->payload == type && wanted(static_cast<process::MessageSignal<M>&>(s).payload);
    }
    process::TypeId type = process::TypeId::of<M>();
    Wanted wanted;
  } finder{wanted};
  std::uint64_t after = 0;
  return process::SignalPtr<process::MessageSignal<M>>{
      static_cast<process::MessageSignal<M>*>(self.queue.take(finder, after))};
}

}  // namespace

void link(Pid pid) {
  Process& self = process::current_or_throw("link()");
  const Pid me = self.pid();
  if (pid == me) return;
  if (const auto known = self.links.find(self, pid); known && known->is_active()) return;
  self.links.add(self, process::Link{pid});
  auto* signal = base::pool_new<process::LinkSignal>(me);
  if (process::post(pid, *signal)) return;
  destroy(signal);
  if (self.traps_exit) return process::send_exit(process::SignalKind::link_exit, pid, me, ExitReason::noproc());
  self.links.erase(self, pid);
  throw ProcessError{ProcessErrorCode::noproc, fmt::format("link({}): there is no such process", pid)};
}

// The entry stays, inactive, until the acknowledgement: an exit that was sent before the other side heard of the unlink is
// told apart from one over a link made later.
void unlink(Pid pid) {
  Process& self = process::current_or_throw("unlink()");
  const std::optional<process::Link> known = self.links.find(self, pid);
  if (!known || !known->is_active() || known->kind != process::Link::Kind::mutual) return;
  const std::uint64_t id = make_ref().id();
  self.links.unlink(self, pid, id);
  auto* signal = base::pool_new<process::UnlinkSignal>(process::SignalKind::unlink, self.pid(), id);
  if (process::post(pid, *signal)) return;
  destroy(signal);
  self.links.erase(self, pid);
}

void unlink(Pid pid, Flush) {
  unlink(pid);
  (void)process::take_exit(pid);
}

namespace {

MonitorRef monitor_as(Process& self, Pid pid, Atom name) {
  const MonitorRef ref{make_ref()};
  if (pid == self.pid()) return ref;
  self.rare().monitors.insert(process::Monitoring{ref, pid, name});
  process::send_signal(pid, base::pool_new<process::MonitorSignal>(process::Watcher{ref, self.pid(), name}));
  return ref;
}

}  // namespace

MonitorRef monitor(Pid pid) { return monitor_as(process::current_or_throw("monitor()"), pid, {}); }

MonitorRef monitor(Atom name) {
  Process& self = process::current_or_throw("monitor()");
  return monitor_as(self, self.host.load(base::relaxed)->names().find(name).value_or(Pid{}), name);
}

bool demonitor(MonitorRef ref) {
  Process& self = process::current_or_throw("demonitor()");
  if (self.rare_parts == nullptr) return false;
  process::monitor_ended(self, ref);
  const process::Monitoring* known = self.rare_parts->monitors.find(ref);
  if (known == nullptr) return false;
  const Pid target = known->target;
  self.rare_parts->monitors.erase(ref);
  auto* signal = base::pool_new<process::DemonitorSignal>(ref);
  if (!process::post(target, *signal)) destroy(signal);
  return true;
}

bool demonitor(MonitorRef ref, Flush) {
  const bool was_there = demonitor(ref);
  if (!was_there)
    (void)take_out<Down>(process::current_or_throw("demonitor()"), [ref](const Down& d) { return d.ref == ref; });
  return was_there;
}

namespace process {

bool is_linked(Pid pid) {
  const Process& self = current_or_throw("is_linked()");
  const std::optional<Link> known = self.links.find(self, pid);
  return known && known->is_active();
}

std::optional<ExitReason> take_exit(Pid pid) {
  Process& self = current_or_throw("take_exit()");
  drain(self);
  const auto found = take_out<Exit>(self, [pid](const Exit& e) { return e.from == pid; });
  if (found == nullptr) return std::nullopt;
  return found->payload.reason;
}

void send_message(Atom name, Signal* message) {
  SignalPtr<Signal> owned{message};
  Process& self = current_or_throw("send() to a name");
  const std::optional<Pid> to = self.host.load(base::relaxed)->names().find(name);
  if (!to)
    throw ProcessError{ProcessErrorCode::bad_argument, fmt::format("send(\"{}\", {}): nobody has that name", name,
                                                                   message->type->payload.name())};
  send_signal(*to, owned.release());
}

}  // namespace process

void exit(ExitReason reason) { throw ExitSignal{std::move(reason)}; }

void exit(Pid pid, ExitReason reason) {
  Process* self = process::current();
  const Pid me = self == nullptr ? Pid{} : self->pid();
  process::send_exit(process::SignalKind::exit, me, pid, reason);
  if (self == nullptr || pid != me) return;
  process::drain(*self);
  // Doomed: unwinds what can be unwound. If the unwinding is caught, the process ends at its next suspension.
  if (self->doomed) throw ExitSignal{self->exit_reason()};
}

namespace {

constinit thread_local process::ReferenceNumbers own_numbers;

}  // namespace

process::ReferenceNumbers process::exchange_reference_numbers(ReferenceNumbers numbers) noexcept {
  return std::exchange(own_numbers, numbers);
}

Reference make_ref() {
  constexpr std::uint64_t batch = 1024;  // so that threads rarely meet at the counter
  static base::Atomic<std::uint64_t> next_batch{1};
  process::ReferenceNumbers& numbers = own_numbers;
  if (numbers.next == numbers.last) {
    numbers.next = next_batch.fetch_add(batch, base::relaxed);
    numbers.last = numbers.next + batch;
  }
  const std::uint64_t id = numbers.next++;
  const Process* self = process::current();
  if (self == nullptr) return Reference{id, Pid{}, 0};
  return Reference{id, self->pid(), self->queue.last_sequence()};
}

}  // namespace coppice
