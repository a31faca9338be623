// The system's sleep on a word: what Parker is made of.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>

#include <coppice/base/sync.hpp>

namespace coppice::base {

// Sleeps while the word is `expected`, for at most `limit`; may also return for no reason.
void futex_wait(Atomic<std::uint32_t>& word, std::uint32_t expected,
                std::optional<std::chrono::nanoseconds> limit) noexcept;
void futex_wake_one(Atomic<std::uint32_t>& word) noexcept;

}  // namespace coppice::base
