// Points in time and spans of time as all layers count them: nanoseconds on a clock that never goes
// back. Instants of different clocks (real, virtual) must not be mixed; a runtime has one clock.
#pragma once

#include <chrono>
#include <cstdint>
#include <type_traits>

namespace coppice::timing {

using Duration = std::chrono::nanoseconds;
using Instant = std::chrono::time_point<std::chrono::steady_clock, Duration>;

// The instant that never comes: a deadline of `never` is none. Erlang's infinity.
inline constexpr Instant never = Instant::max();
// The span that reaches it from anywhere.
inline constexpr Duration forever = Duration::max();

// Any span as nanoseconds: rounded up, and the largest or smallest where it does not fit, so that
// hours::max() is forever and not an overflow. Not a number counts as zero.
template <class Rep, class Period>
constexpr Duration saturated(std::chrono::duration<Rep, Period> span) noexcept {
  if constexpr (std::is_same_v<std::chrono::duration<Rep, Period>, Duration>) {
    return span;
  } else if constexpr (std::is_floating_point_v<Rep>) {
    const auto ns = std::chrono::duration<long double, std::nano>{span}.count();
    if (ns != ns) return Duration::zero();
    if (ns >= 0x1p63L) return Duration::max();
    if (ns <= -0x1p63L) return Duration::min();
    const auto whole = static_cast<std::int64_t>(ns);
    return Duration{static_cast<long double>(whole) < ns ? whole + 1 : whole};
  } else {
    using Ratio = std::ratio_divide<Period, std::nano>;
    const auto product = static_cast<__int128>(span.count()) * Ratio::num;
    __int128 ns = product / Ratio::den;
    if (product % Ratio::den > 0) ++ns;
    if (ns > Duration::max().count()) return Duration::max();
    if (ns < Duration::min().count()) return Duration::min();
    return Duration{static_cast<std::int64_t>(ns)};
  }
}

// `from + span`; `never` where that is out of range, and for a negative span `from` itself: what
// should be over already is due now.
constexpr Instant after(Instant from, Duration span) noexcept {
  if (span <= Duration::zero()) return from;
  const std::int64_t start = from.time_since_epoch().count();
  std::int64_t sum = 0;
  if (__builtin_add_overflow(start, span.count(), &sum)) return never;
  return Instant{Duration{sum}};
}

// How long from `from` until `deadline`: zero when it has passed, `forever` for never.
constexpr Duration until(Instant from, Instant deadline) noexcept {
  if (deadline == never) return forever;
  if (deadline <= from) return Duration::zero();
  std::int64_t difference = 0;
  if (__builtin_sub_overflow(deadline.time_since_epoch().count(), from.time_since_epoch().count(),
                             &difference)) {
    return forever;
  }
  return Duration{difference};
}

}  // namespace coppice::timing
