// A seeded source of random numbers: the same seed gives the same numbers on every machine and with
// every compiler, so that a run can be replayed. The generator is xoshiro256**, its state filled
// from the seed by splitmix64. Not for secrets.
//
// Thread safety: none; give each thread or process its own. A value type: a copy continues
// independently with the same numbers.
#pragma once

#include <cstdint>
#include <limits>

#include <coppice/base/error.hpp>

namespace coppice::base {

// One step of splitmix64: spreads a seed or a key over 64 bits. A bijection.
constexpr std::uint64_t mix(std::uint64_t x) noexcept {
  x += 0x9E3779B97F4A7C15u;
  x = (x ^ (x >> 30)) * 0xBF58476D1CE4E5B9u;
  x = (x ^ (x >> 27)) * 0x94D049BB133111EBu;
  return x ^ (x >> 31);
}

class Random {
 public:
  using result_type = std::uint64_t;

  constexpr explicit Random(std::uint64_t seed) noexcept {
    constexpr std::uint64_t step = 0x9E3779B97F4A7C15u;
    for (std::uint64_t i = 0; i < 4; ++i) state_[i] = mix(seed + i * step);
  }

  // The next 64 bits.
  constexpr std::uint64_t next() noexcept {
    const std::uint64_t result = rotate(state_[1] * 5, 7) * 9;
    const std::uint64_t shifted = state_[1] << 17;
    state_[2] ^= state_[0];
    state_[3] ^= state_[1];
    state_[1] ^= state_[2];
    state_[0] ^= state_[3];
    state_[2] ^= shifted;
    state_[3] = rotate(state_[3], 45);
    return result;
  }

  // Uniform in [0, n), without bias; n must not be 0.
  constexpr std::uint64_t below(std::uint64_t n) {
    COPPICE_CHECK(n != 0, "below(0) has no value to give");
    // The high half of a 128-bit product; the few low halves that would favour small results are
    // drawn again.
    for (;;) {
      const auto product = static_cast<unsigned __int128>(next()) * n;
      const auto low = static_cast<std::uint64_t>(product);
      if (low >= n || low >= (0 - n) % n) return static_cast<std::uint64_t>(product >> 64);
    }
  }

  // Uniform in [0, 1), with 53 bits.
  constexpr double unit() noexcept { return static_cast<double>(next() >> 11) * 0x1p-53; }

  // True with probability p: never for p <= 0, always for p >= 1. Draws one number in any case, so
  // that what follows in the sequence does not depend on p.
  constexpr bool chance(double p) noexcept { return unit() < p; }

  // The standard library's generator interface, for std::shuffle and the distributions.
  constexpr std::uint64_t operator()() noexcept { return next(); }
  static constexpr std::uint64_t min() noexcept { return 0; }
  static constexpr std::uint64_t max() noexcept {
    return std::numeric_limits<std::uint64_t>::max();
  }

 private:
  static constexpr std::uint64_t rotate(std::uint64_t x, int by) noexcept {
    return (x << by) | (x >> (64 - by));
  }

  std::uint64_t state_[4]{};
};

}  // namespace coppice::base
