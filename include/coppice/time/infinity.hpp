// infinity: the timeout that never comes, wherever a duration is asked for (OTP's atom `infinity`).
#pragma once

#include <coppice/time/instant.hpp>

namespace coppice {

struct Infinity {
  constexpr explicit Infinity() = default;
  constexpr operator timing::Duration() const noexcept { return timing::forever; }
};
inline constexpr Infinity infinity{};

}  // namespace coppice
