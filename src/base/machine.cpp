// What base/sync.hpp and futex.hpp take from the system. A model checker has its own.
#include <cerrno>
#include <ctime>

#include <fmt/core.h>
#include <linux/futex.h>
#include <linux/membarrier.h>
#include <pthread.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <coppice/base/sync.hpp>
#include <coppice/base/thread_text.hpp>

#include "futex.hpp"

namespace coppice::base {

void futex_wait(Atomic<std::uint32_t>& word, std::uint32_t expected,
                std::optional<std::chrono::nanoseconds> limit) noexcept {
  static_assert(sizeof(word) == sizeof(std::uint32_t));
  timespec wait{};
  if (limit) {
    wait.tv_sec = static_cast<std::time_t>(limit->count() / 1'000'000'000);
    wait.tv_nsec = static_cast<long>(limit->count() % 1'000'000'000);
  }
  syscall(SYS_futex, reinterpret_cast<std::uint32_t*>(&word), FUTEX_WAIT_PRIVATE, expected,
          limit ? &wait : nullptr, nullptr, 0);
}

void futex_wake_one(Atomic<std::uint32_t>& word) noexcept {
  syscall(SYS_futex, reinterpret_cast<std::uint32_t*>(&word), FUTEX_WAKE_PRIVATE, 1, nullptr,
          nullptr, 0);
}

// The system makes every thread of the program that runs at this moment pass a barrier; one that
// does not run passes one when it is put on a processor again.
bool AsymmetricBarrier::available() noexcept {
  static const bool registered =
      syscall(SYS_membarrier, MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED, 0, 0) == 0;
  return registered;
}

void AsymmetricBarrier::heavy() const noexcept {
  syscall(SYS_membarrier, MEMBARRIER_CMD_PRIVATE_EXPEDITED, 0, 0);
}

unsigned hardware_threads() noexcept {
  const unsigned n = std::thread::hardware_concurrency();
  return n == 0 ? 1 : n;
}

void yield_thread() noexcept { std::this_thread::yield(); }

void name_thread(const char* name) noexcept {
  char kept[16] = {};
  for (std::size_t i = 0; i + 1 < sizeof kept && name[i] != '\0'; ++i) kept[i] = name[i];
  pthread_setname_np(pthread_self(), kept);
}

std::string thread_text() {
  char name[16] = {};
  pthread_getname_np(pthread_self(), name, sizeof name);
  return fmt::format("{} (thread {})", static_cast<const char*>(name), syscall(SYS_gettid));
}

}  // namespace coppice::base
