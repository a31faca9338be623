// How amounts and counts are printed.
#pragma once

#include <fmt/format.h>

#include <cstdint>
#include <string>

#include "input.hpp"

namespace bank {

// 1234567 is "1,234,567".
inline std::string grouped(std::uint64_t number) {
  std::string digits = fmt::format("{}", number);
  for (std::size_t at = digits.size(); at > 3;) digits.insert(at -= 3, ",");
  return digits;
}

// -123456 cents are "-1,234.56".
inline std::string money(Cents cents) {
  std::uint64_t absolute = cents < 0 ? 0 - static_cast<std::uint64_t>(cents) : static_cast<std::uint64_t>(cents);
  return fmt::format("{}{}.{:02}", cents < 0 ? "-" : "", grouped(absolute / 100), absolute % 100);
}

}  // namespace bank
