#include <coppice/process/random_number.hpp>

#include <coppice/base/random.hpp>
#include <coppice/base/sync.hpp>
#include <coppice/process/current.hpp>
#include <coppice/process/process.hpp>
#include <coppice/process/seam.hpp>
#include <coppice/time/clock.hpp>

namespace coppice {
namespace {

// A thread's own source: unlike any other thread's, unlike the last run's.
base::Random& own_source() {
  static base::Atomic<std::uint64_t> threads{0};
  thread_local base::Random source{
      base::mix(static_cast<std::uint64_t>(timing::real_now().time_since_epoch().count())) +
      threads.fetch_add(1, base::relaxed)};
  return source;
}

}  // namespace

std::uint64_t random_number(std::uint64_t below) {
  COPPICE_CHECK(below != 0, "random_number(0) has no value to give");
  if (process::Seam* seam = process::seam_here()) [[unlikely]]
    return seam->random(below);
  return own_source().below(below);
}

}  // namespace coppice
