// Broken promises inside the library: COPPICE_CHECK stops the program with the place, the condition
// and a text that says what was wrong. It guards invariants, never input: what a user can get wrong
// is an exception or an std::expected with an error type of its layer.
//
//   COPPICE_CHECK(index < size, "slot {} of {}", index, size);
//
// The text is optional, is only formatted when the check fails, and is checked at compile time. The
// check stays in release builds; it costs one predictable branch.
#pragma once

#include <source_location>
#include <string>
#include <string_view>

#include <fmt/core.h>

#include <coppice/base/export.hpp>

namespace coppice::base {

// Writes one line to stderr and aborts. Allocates only for the text.
[[noreturn]] COPPICE_API void fail(std::string_view condition, std::string_view text,
                                   std::source_location where) noexcept;

// "Permission denied" for EACCES, and so on; thread safe.
COPPICE_API std::string error_text(int error_number);

template <class... Args>
[[noreturn, gnu::cold, gnu::noinline]] void check_failed(std::string_view condition,
                                                         std::source_location where,
                                                         fmt::format_string<Args...> format,
                                                         Args&&... args) {
  fail(condition, fmt::vformat(format, fmt::make_format_args(args...)), where);
}

[[noreturn, gnu::cold, gnu::noinline]] inline void check_failed(std::string_view condition,
                                                                std::source_location where) {
  fail(condition, {}, where);
}

}  // namespace coppice::base

#define COPPICE_CHECK(condition, ...)                                                            \
  do {                                                                                           \
    if (!(condition)) [[unlikely]]                                                               \
      ::coppice::base::check_failed(#condition,                                                  \
                                    std::source_location::current() __VA_OPT__(, ) __VA_ARGS__); \
  } while (false)
