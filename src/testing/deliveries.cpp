// Messages that go wrong on their way: twice, changed, late.
#include <algorithm>

#include <coppice/process/control_signals.hpp>

#include "simulator.hpp"

namespace coppice::testing {
namespace {

using process::SignalKind;

constexpr std::uint32_t drawn_below = 1 << 16;

bool may_go_wrong(const process::Signal& signal) noexcept {
  return signal.kind() == SignalKind::message || signal.kind() == SignalKind::cast;
}

}  // namespace

// Before a signal of the process that runs: taken, if it is held back. Whatever it is, what the same one sent the same one before goes
// first.
process::Seam::Delivery Simulator::strike_message(Pid to, process::Signal& message) {
  const Actor from = runs();
  if (!held_.empty()) let_go([from, to](const Held& held) { return held.from == from && held.to == to; });
  if (!faults_on() || !may_go_wrong(message)) return Delivery::push;
  for (std::size_t i = 0; i < faults_.messages.size(); ++i) {
    // A copy: others may run meanwhile, and heal.
    const MessageFault fault = faults_.messages[i];
    if (!(fault.type == message.type->payload)) continue;
    if (++messages_seen_[i] != fault.nth && !chooser_->coin(fault.probability)) continue;
    const auto tell = [&](const char* what) {
      add({.what = TraceEvent::What::fault, .to = from, .type = fault.type, .text = what + fault.type.name()});
    };
    switch (fault.what) {
      case MessageFault::What::duplicate: {
        tell("sends twice a ");
        process::Signal* const copy = fault.copy(message);
        passes_ = true;
        sends_as_ = from;
        process::send_signal(to, copy);
        passes_ = false;
        break;
      }
      case MessageFault::What::mutate:
        tell("sends, changed, a ");
        fault.change(message, chooser_->choose(Choice::pick, drawn_below));
        break;
      case MessageFault::What::reorder:
        tell("sends late a ");
        held_.push_back({from, to, process::SignalPtr<process::Signal>{&message}, timing::after(now_, part_of(faults_.reorder_by))});
        return Delivery::taken;
    }
    if (!faults_on() || i >= faults_.messages.size()) break;
  }
  return Delivery::push;
}

// Those that are meant arrive now, in the order in which they were sent.
void Simulator::let_go(const std::function<bool(const Held&)>& which) {
  for (;;) {
    const auto found = std::ranges::find_if(held_, which);
    if (found == held_.end()) return;
    Held held = std::move(*found);
    held_.erase(found);
    passes_ = true;
    sends_as_ = held.from;
    process::Signal* const message = held.message.release();
    if (!process::post(held.to, *message)) host().dead_letter(held.to, message);
    passes_ = false;
  }
}

timing::Instant Simulator::next_let_go() const {
  timing::Instant next = timing::never;
  for (const Held& held : held_) next = std::min(next, held.until);
  return next;
}

}  // namespace coppice::testing
