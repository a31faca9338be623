// What the library takes from the system, in a program of the checker's.
#include <coppice/base/sync.hpp>

#include "base/futex.hpp"

namespace coppice::base {

void futex_wait(Atomic<std::uint32_t>& word, std::uint32_t expected,
                std::optional<std::chrono::nanoseconds> limit) noexcept {
  (void)model::sleep(word.location(), expected, limit.has_value());
}
void futex_wake_one(Atomic<std::uint32_t>& word) noexcept { model::wake(word.location(), false); }

unsigned hardware_threads() noexcept { return 2; }
void yield_thread() noexcept { model::yield(); }
void name_thread(const char*) noexcept {}

}  // namespace coppice::base
