// Draining, for the slice, which each message passes; drain() is the same out of line.
#pragma once

#include <coppice/process/control_signals.hpp>

namespace coppice::process {

void take_in_special(Process& self, Signal& signal, std::uint32_t generation);
inline void take_in(Process& self, Signal& signal, std::uint32_t generation) {
  if (signal.is_ordinary_for(generation)) [[likely]]
    self.queue.push_back(signal);
  else
    take_in_special(self, signal, generation);
}

void drain_batch(Process& self, Signal& newest);

// First what came with the wake-up.
inline void drain_at_once(Process& self) {
  if (Signal* const handed = self.queue.take_handed()) take_in(self, *handed, self.life.own_generation());
  auto* const newest = static_cast<Signal*>(self.inbox.take_newest_first());
  if (newest == nullptr) return;
  if (newest->next == nullptr)
    take_in(self, *newest, self.life.own_generation());
  else
    drain_batch(self, *newest);
}

}  // namespace coppice::process
