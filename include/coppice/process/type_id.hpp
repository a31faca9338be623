// TypeId: a type's identity at run time, good across shared objects.
//
// Two shared objects may each have their own constant for one type; their addresses differ, their names do not. So a
// comparison looks at the address first, then at a hash made at compile time, and asks std::type_info only when the
// hashes agree (which settles types of one name in two unnamed namespaces). Trivially copyable, thread-safe.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <typeinfo>

#include <coppice/base/export.hpp>

namespace coppice::process {

struct TypeInfo {
  std::uint64_t hash;
  const std::type_info* info;
};

namespace detail {

constexpr std::uint64_t fnv1a(std::string_view text) noexcept {
  std::uint64_t h = 0xcbf2'9ce4'8422'2325;
  for (const char c : text) h = (h ^ static_cast<unsigned char>(c)) * 0x0000'0100'0000'01b3;
  return h;
}

template <class T>
constexpr std::uint64_t type_hash() noexcept {
  return fnv1a(__PRETTY_FUNCTION__);
}

template <class T>
inline constexpr TypeInfo type_info_of{type_hash<T>(), &typeid(T)};

}  // namespace detail

class TypeId {
 public:
  constexpr TypeId() = default;

  template <class T>
  static constexpr TypeId of() noexcept {
    return TypeId{&detail::type_info_of<T>};
  }

  constexpr explicit operator bool() const noexcept { return type_ != nullptr; }
  constexpr std::uint64_t hash() const noexcept { return type_ == nullptr ? 0 : type_->hash; }
  // The type's name as C++ writes it.
  COPPICE_API std::string name() const;

  // As one word, for tables.
  constexpr const TypeInfo* raw() const noexcept { return type_; }
  static constexpr TypeId from_raw(const TypeInfo* type) noexcept { return TypeId{type}; }

  friend bool operator==(TypeId a, TypeId b) noexcept {
    if (a.type_ == b.type_) return true;
    if (a.type_ == nullptr || b.type_ == nullptr || a.type_->hash != b.type_->hash) return false;
    return *a.type_->info == *b.type_->info;
  }

 private:
  constexpr explicit TypeId(const TypeInfo* type) noexcept : type_{type} {}
  const TypeInfo* type_ = nullptr;
};

// A std::type_info's name as C++ writes it, without "{anonymous}" qualifiers being hidden.
COPPICE_API std::string demangle(const char* name);

}  // namespace coppice::process
