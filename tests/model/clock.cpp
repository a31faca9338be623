// A program of the checker's takes no time.
#include <coppice/time/clock.hpp>

namespace coppice::timing {

Instant real_now() noexcept { return Instant{}; }
Instant real_coarse_now() noexcept { return Instant{}; }
Duration real_coarse_resolution() noexcept { return Duration{1}; }
Instant real_upper_now() noexcept { return Instant{}; }

}  // namespace coppice::timing
