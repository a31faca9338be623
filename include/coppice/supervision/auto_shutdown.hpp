// AutoShutdown: whether a supervisor ends by itself when its significant children have ended (OTP's
// auto_shutdown flag).
//
// Only the own end of a significant child counts, and only if it is not restarted: not
// terminate_child, and not the stop of a child because of its sibling. Mirrors do_auto_shutdown/2
// of OTP's supervisor.
#pragma once

#include <cstddef>
#include <cstdint>

#include <coppice/supervision/words.hpp>

namespace coppice {

enum class AutoShutdown : std::uint8_t {
  never,
  any_significant,  // when one of them has ended
  all_significant,  // when none of them is left
};

namespace supervision {

enum class Significance : std::uint8_t { bystander, significant };

// Whether the supervisor ends, with `shutdown`, after a child ended by itself and is not restarted.
// `left` counts the other significant children that run or wait for their restart.
constexpr bool ends_supervisor(AutoShutdown mode, Significance ended, std::size_t left) noexcept {
  if (mode == AutoShutdown::never) return false;
  if (ended == Significance::bystander) return false;
  if (mode == AutoShutdown::any_significant) return true;
  return left == 0;
}

}  // namespace supervision
}  // namespace coppice

template <>
struct coppice::supervision::Words<coppice::AutoShutdown> {
  static constexpr const char* of[] = {"never", "any_significant", "all_significant"};
};
template <>
struct fmt::formatter<coppice::AutoShutdown>
    : coppice::supervision::WordFormatter<coppice::AutoShutdown> {};
