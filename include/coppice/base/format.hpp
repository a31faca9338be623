// How the formatters of Coppice's types write: as fmt::format_to does, but through functions that libfmt defines.
// fmt::format_to is a template down to its bottom. A file that calls it needs `fmt/format.h`, and gets 85 kB of code for
// the formatting of numbers, or trusts that libfmt has its instantiation, which Clang calls by another name than GCC.
//
//   template <class Context>
//   auto format(const Alias& alias, Context& ctx) const {
//     return coppice::base::format_to(ctx.out(), "#Alias<{}>", alias.reference().id());
//   }
#pragma once

#include <string_view>

#include <fmt/core.h>

#include <coppice/base/export.hpp>

namespace coppice::base {

// Writes the text as it is.
COPPICE_API fmt::appender write_text(fmt::appender out, std::string_view text);
template <class Out>
Out write_text(Out out, std::string_view text) {
  for (const char c : text) *out++ = c;
  return out;
}

// The text is made first and then copied: a string that is too long to lie in its object is allocated.
template <class Out, class... Args>
Out format_to(Out out, fmt::format_string<const Args&...> format, const Args&... args) {
  return write_text(out, fmt::vformat(format, fmt::make_format_args(args...)));
}

}  // namespace coppice::base
