#include <coppice/base/sync.hpp>

#include <cerrno>
#include <ctime>

#include <linux/futex.h>
#include <pthread.h>
#include <sys/syscall.h>
#include <unistd.h>

namespace coppice::base {
namespace {

// The parker's states. Only the owner moves to `parked`, only unpark() moves to `permit`.
constexpr std::uint32_t empty = 0;
constexpr std::uint32_t permit = 1;
constexpr std::uint32_t parked = 2;

void futex_wait(Atomic<std::uint32_t>& word, std::uint32_t expected, const timespec* limit) noexcept {
  static_assert(sizeof(word) == sizeof(std::uint32_t));
  syscall(SYS_futex, reinterpret_cast<std::uint32_t*>(&word), FUTEX_WAIT_PRIVATE, expected, limit, nullptr, 0);
}

void futex_wake_one(Atomic<std::uint32_t>& word) noexcept {
  syscall(SYS_futex, reinterpret_cast<std::uint32_t*>(&word), FUTEX_WAKE_PRIVATE, 1, nullptr, nullptr, 0);
}

}  // namespace

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

// The protocol: the owner announces `parked` and sleeps only while the word says so; unpark() replaces whatever stands
// there by `permit` and wakes the owner if it was parked. The kernel compares the word again before it sleeps, so an
// unpark between the announcement and the sleep is seen. The acquire that takes the permit pairs with unpark's release.
void Parker::park() noexcept {
  std::uint32_t seen = empty;
  if (!state_.compare_exchange_strong(seen, parked, acquire, acquire)) {
    // A permit was there. An exchange, not a store: a second unpark() may have come since, and what it published must
    // be visible too, as its permit ends here with the first one.
    state_.exchange(empty, acquire);
    return;
  }
  for (;;) {
    futex_wait(state_, parked, nullptr);
    std::uint32_t given = permit;
    if (state_.compare_exchange_strong(given, empty, acquire, relaxed)) return;
  }
}

bool Parker::park_for(std::chrono::nanoseconds limit) noexcept {
  std::uint32_t seen = empty;
  if (!state_.compare_exchange_strong(seen, parked, acquire, acquire)) {
    state_.exchange(empty, acquire);
    return true;
  }
  if (limit.count() > 0) {
    timespec wait{};
    wait.tv_sec = static_cast<std::time_t>(limit.count() / 1'000'000'000);
    wait.tv_nsec = static_cast<long>(limit.count() % 1'000'000'000);
    futex_wait(state_, parked, &wait);
  }
  // Timed out, woken or woken for nothing: whoever parks looks again at what it waits for, so no second sleep here.
  return state_.exchange(empty, acquire) == permit;
}

void Parker::unpark() noexcept {
  if (state_.exchange(permit, release) == parked) futex_wake_one(state_);
}

}  // namespace coppice::base
