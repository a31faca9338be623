#include <coppice/time/instant.hpp>

#include <limits>

#include "catch.hpp"

using namespace coppice::timing;
using namespace std::chrono_literals;

namespace {
constexpr Instant at(std::int64_t ns) { return Instant{Duration{ns}}; }
}  // namespace

TEST_CASE("duration: any unit becomes nanoseconds", "[time][instant]") {
  CHECK(saturated(5s) == Duration{5'000'000'000});
  CHECK(saturated(-3ms) == Duration{-3'000'000});
  CHECK(saturated(7ns) == Duration{7});
  CHECK(saturated(0.5s) == Duration{500'000'000});
  CHECK(saturated(-1.5us) == Duration{-1500});
}

TEST_CASE("duration: finer units are rounded up, so that a timeout is never shorter",
          "[time][instant]") {
  using Picoseconds = std::chrono::duration<std::int64_t, std::pico>;
  CHECK(saturated(Picoseconds{1}) == 1ns);
  CHECK(saturated(Picoseconds{1000}) == 1ns);
  CHECK(saturated(Picoseconds{1001}) == 2ns);
  CHECK(saturated(Picoseconds{-1999}) == -1ns);
  using Thirds = std::chrono::duration<int, std::ratio<1, 3>>;
  CHECK(saturated(Thirds{1}) == Duration{333'333'334});
  CHECK(saturated(std::chrono::duration<double, std::nano>{1.25}) == 2ns);
}

TEST_CASE("duration: what does not fit is the largest or the smallest", "[time][instant]") {
  CHECK(saturated(std::chrono::hours::max()) == forever);
  CHECK(saturated(std::chrono::hours::min()) == Duration::min());
  CHECK(saturated(std::chrono::duration<double>{1e300}) == forever);
  CHECK(saturated(std::chrono::duration<double>{-1e300}) == Duration::min());
  CHECK(saturated(std::chrono::duration<float>{std::numeric_limits<float>::infinity()}) == forever);
  CHECK(saturated(std::chrono::duration<double>{std::numeric_limits<double>::quiet_NaN()}) == 0ns);
  CHECK(saturated(std::chrono::duration<std::uint64_t>{~std::uint64_t{0}}) == forever);
}

TEST_CASE("instant: after saturates at never, and the past is now", "[time][instant]") {
  CHECK(after(at(100), 5ns) == at(105));
  CHECK(after(at(100), 0ns) == at(100));
  CHECK(after(at(100), -5ns) == at(100));
  CHECK(after(at(100), Duration::min()) == at(100));
  CHECK(after(at(100), forever) == never);
  CHECK(after(never, 1ns) == never);
  CHECK(after(at(-50), forever) == at(forever.count() - 50));
}

TEST_CASE("instant: until counts down to zero, and never is forever away", "[time][instant]") {
  CHECK(until(at(100), at(130)) == 30ns);
  CHECK(until(at(130), at(100)) == 0ns);
  CHECK(until(at(100), never) == forever);
  CHECK(until(Instant::min(), at(100)) == forever);
}
