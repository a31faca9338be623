#include "invariants.hpp"

#include <fmt/format.h>

#include <coppice/process/calls.hpp>
#include <coppice/process/control_signals.hpp>

namespace coppice::testing {
namespace {

using process::Signal;
using process::SignalKind;

// True the second time.
bool note_twice(std::vector<bool>& seen, std::uint64_t number) {
  if (seen.size() <= number) seen.resize(number + 1);
  const bool before = seen[number];
  seen[number] = true;
  return before;
}

// Who has ended, if the signal tells of an end.
Pid ended(const Signal& signal) {
  if (signal.kind() == SignalKind::link_exit) return static_cast<const process::ExitMessage&>(signal).payload.from;
  return static_cast<const process::DownMessage&>(signal).payload.pid;
}

}  // namespace

std::optional<std::string> Invariants::look(process::Host& host, Actor to, const Signal& signal) {
  switch (signal.kind()) {
    case SignalKind::reply: {
      const auto& call = static_cast<const process::CallSignal&>(signal);
      if (answered_.size() <= to) answered_.resize(to + 1);
      if (note_twice(answered_[to], call.call_number))
        return fmt::format("call {} of {} by #{} is answered a second time", call.call_number, call.request.name(), to);
      return std::nullopt;
    }
    case SignalKind::down:
      if (const auto& down = static_cast<const process::DownMessage&>(signal).payload;
          !downs_.insert(down.ref.reference().id()).second)
        return fmt::format("{} gives a second Down", down.ref);
      break;
    case SignalKind::link_exit: break;
    default: return std::nullopt;
  }
  const Pid who = ended(signal);
  if (!who || process::slot_at(who.slot()).life.own_generation() != who.generation()) return std::nullopt;
  if (const std::optional<Atom> name = host.names().name_of(who))
    return fmt::format("the end of {} is told, and it still has the name \"{}\"", who, *name);
  return std::nullopt;
}

}  // namespace coppice::testing
