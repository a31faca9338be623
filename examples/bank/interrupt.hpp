// Ctrl-C and its like: asked for once, the bank stops in order; the second time the program ends as it would without us.
#pragma once

#include <atomic>
#include <csignal>

namespace bank {

// Set by the handler, read by processes on other threads; without a lock it is safe in both.
inline std::atomic<int> interrupt_signal{0};
static_assert(std::atomic<int>::is_always_lock_free);

inline bool interrupted() { return interrupt_signal.load(std::memory_order_relaxed) != 0; }

inline void watch_for_interrupts() {
  struct sigaction action {};
  action.sa_handler = [](int signal) { interrupt_signal.store(signal, std::memory_order_relaxed); };
  action.sa_flags = static_cast<int>(SA_RESETHAND | SA_RESTART);
  for (int signal : {SIGINT, SIGTERM, SIGHUP}) ::sigaction(signal, &action, nullptr);
}

}  // namespace bank
