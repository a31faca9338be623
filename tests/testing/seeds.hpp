// How many seeds a test explores.
#pragma once

#include <algorithm>
#include <cstdint>
#include <cstdlib>

// `usual`; with COPPICE_SIMULATION_SEEDS=N so many times more as N is more than 1,000. `./dev test
// nightly` sets it to 20,000 for the suites that heed it: testing and examples.
inline std::uint64_t seeds(std::uint64_t usual) {
  const char* const wanted = std::getenv("COPPICE_SIMULATION_SEEDS");
  const std::uint64_t per_thousand = wanted == nullptr ? 1000 : std::strtoull(wanted, nullptr, 10);
  return std::max<std::uint64_t>(1, usual * per_thousand / 1000);
}
