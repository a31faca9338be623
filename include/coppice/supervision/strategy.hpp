// Strategy: which children stop and start again when one of them must be restarted (OTP's
// supervision strategies).
//
// The policy is a range in start order: the children in it, but for the failed one, are stopped
// from its end to its beginning; then the range is started from beginning to end, without the
// temporary children, which are forgotten. Mirrors restart/3 and restart_multiple_children/3 of
// OTP's supervisor.
#pragma once

#include <cstdint>
#include <iterator>

#include <coppice/supervision/restart.hpp>
#include <coppice/supervision/words.hpp>

namespace coppice {

enum class Strategy : std::uint8_t {
  one_for_one,   // only the failed child
  one_for_all,   // all children
  rest_for_one,  // the failed child and those started after it
};

namespace supervision {

template <class Position>
struct Affected {
  Position first;
  Position last;  // one past the end
};

// The children that a restart of `failed` concerns, out of all children from `first` to before
// `last` in start order.
template <std::forward_iterator Position>
constexpr Affected<Position> affected(Strategy strategy, Position first, Position failed,
                                      Position last) {
  if (strategy == Strategy::one_for_all) return {first, last};
  if (strategy == Strategy::rest_for_one) return {failed, last};
  return {failed, std::next(failed)};
}

// What becomes of a child that is stopped because of another one, or because its supervisor ends.
constexpr AfterEnd after_stop(Restart restart) noexcept {
  return restart == Restart::temporary ? AfterEnd::forget_spec : AfterEnd::keep_spec;
}

}  // namespace supervision
}  // namespace coppice

template <>
struct coppice::supervision::Words<coppice::Strategy> {
  static constexpr const char* of[] = {"one_for_one", "one_for_all", "rest_for_one"};
};
template <>
struct fmt::formatter<coppice::Strategy> : coppice::supervision::WordFormatter<coppice::Strategy> {
};
