// One way to print the enums of this layer: each lists its words in order of its values.
#pragma once

#include <cstddef>
#include <iterator>
#include <type_traits>

#include <fmt/core.h>

#include <coppice/base/format.hpp>

namespace coppice::supervision {

// Specialised beside each enum with `static constexpr const char* of[]`.
template <class Enum>
struct Words;

// Whether the value is one that the enum names; a cast can make others.
template <class Enum>
constexpr bool is_named(Enum value) noexcept {
  return static_cast<std::size_t>(value) < std::size(Words<Enum>::of);
}

template <class Enum>
struct WordFormatter {
  constexpr auto parse(fmt::format_parse_context& ctx) { return ctx.begin(); }
  template <class Context>
  auto format(Enum value, Context& ctx) const {
    if (is_named(value))
      return coppice::base::write_text(ctx.out(), Words<Enum>::of[static_cast<std::size_t>(value)]);
    return coppice::base::format_to(ctx.out(), "{}", static_cast<int>(value));
  }
};

}  // namespace coppice::supervision
