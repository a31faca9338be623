// Atom: a name, interned once and compared by address (OTP's atom). It is what processes are registered under.
//
// Atoms are never freed, so make them from names that a program chooses and not from its input. Trivially copyable and
// trivially destructible. Thread-safe. Making one from text takes a lock and a look-up; keep it where it is used often.
#pragma once

#include <compare>
#include <cstddef>
#include <functional>
#include <string>
#include <string_view>

#include <fmt/core.h>

#include <coppice/base/export.hpp>
#include <coppice/base/format.hpp>

namespace coppice {

class COPPICE_API Atom {
 public:
  // The empty atom: no name at all.
  constexpr Atom() = default;
  // Implicit, so that a name may be written as text wherever an Atom is wanted. Empty text is the empty atom.
  Atom(std::string_view text);
  Atom(const char* text) : Atom{std::string_view{text}} {}
  Atom(const std::string& text) : Atom{std::string_view{text}} {}

  std::string_view text() const noexcept { return text_ == nullptr ? std::string_view{} : std::string_view{*text_}; }
  constexpr explicit operator bool() const noexcept { return text_ != nullptr; }

  friend constexpr bool operator==(Atom a, Atom b) noexcept { return a.text_ == b.text_; }
  // By text, so that the order does not depend on addresses.
  friend std::strong_ordering operator<=>(Atom a, Atom b) noexcept { return a.text() <=> b.text(); }
  friend std::size_t hash_value(Atom a) noexcept { return std::hash<std::string_view>{}(a.text()); }

 private:
  const std::string* text_ = nullptr;
};

}  // namespace coppice

template <>
struct std::hash<coppice::Atom> {
  std::size_t operator()(coppice::Atom a) const noexcept { return hash_value(a); }
};

template <>
struct fmt::formatter<coppice::Atom> {
  constexpr auto parse(format_parse_context& ctx) { return ctx.begin(); }
  template <class Context>
  auto format(coppice::Atom a, Context& ctx) const {
    return coppice::base::write_text(ctx.out(), a.text());
  }
};
