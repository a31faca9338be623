// random_number: a number that a process draws (rand:uniform/1). In a simulation it comes from the simulation's seed, so a
// program that draws all its numbers here runs again as it ran; in a real run no two are alike. Not for secrets.
//
// Callable from anywhere, by any thread. Differs from rand:uniform/1: counts from 0.
#pragma once

#include <cstdint>

#include <coppice/base/export.hpp>

namespace coppice {

// Uniform in [0, below); `below` must not be 0.
[[nodiscard]] COPPICE_API std::uint64_t random_number(std::uint64_t below);

}  // namespace coppice
