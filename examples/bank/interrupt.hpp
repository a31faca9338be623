// Ctrl-C and its like: asked for once, the bank stops in order; the second time the program ends as it would without us.
#pragma once

#include <csignal>

namespace bank {

inline volatile std::sig_atomic_t interrupt_signal = 0;

inline bool interrupted() { return interrupt_signal != 0; }

inline void watch_for_interrupts() {
  struct sigaction action {};
  action.sa_handler = [](int signal) { interrupt_signal = signal; };
  action.sa_flags = static_cast<int>(SA_RESETHAND | SA_RESTART);
  for (int signal : {SIGINT, SIGTERM, SIGHUP}) ::sigaction(signal, &action, nullptr);
}

}  // namespace bank
