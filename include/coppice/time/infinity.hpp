// infinity: the timeout that never comes, wherever a duration is asked for (OTP's atom `infinity`).
#pragma once

namespace coppice {

struct Infinity {
  constexpr explicit Infinity() = default;
};
inline constexpr Infinity infinity{};

}  // namespace coppice
