// How many of something that happens at a steady rate are due.
#pragma once

#include <chrono>
#include <cstdint>
#include <limits>

namespace bank {

using Nanoseconds = std::chrono::nanoseconds;

class Pace {
 public:
  static constexpr std::uint64_t without_limit = std::numeric_limits<std::uint64_t>::max();

  // 0 is no limit.
  explicit Pace(unsigned a_second) : a_second_{a_second} {}

  std::uint64_t due(Nanoseconds elapsed) const {
    if (a_second_ == 0) return without_limit;
    auto whole = std::chrono::duration_cast<std::chrono::seconds>(elapsed);
    auto part = static_cast<std::uint64_t>((elapsed - whole).count());
    return static_cast<std::uint64_t>(whole.count()) * a_second_ + part * a_second_ / 1'000'000'000;
  }

  // When the nth, from 1, is due, as time from the beginning. Never so early that due() does not count it.
  Nanoseconds when(std::uint64_t nth) const {
    if (a_second_ == 0) return Nanoseconds{0};
    std::uint64_t part = (nth % a_second_ * 1'000'000'000 + a_second_ - 1) / a_second_;
    return std::chrono::seconds{nth / a_second_} + Nanoseconds{part};
  }

 private:
  std::uint64_t a_second_;
};

}  // namespace bank
