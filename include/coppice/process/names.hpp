// Names of processes: the registry of the calling process's runtime (register/2, unregister/1, whereis/1, registered/0).
// A process has at most one name, a name at most one process.
//
// Thread safety: everything by anyone. A name is free before any link or monitor hears that its process has ended.
#pragma once

#include <cstdint>
#include <expected>
#include <optional>
#include <string>
#include <vector>

#include <fmt/core.h>

#include <coppice/base/export.hpp>
#include <coppice/base/format.hpp>
#include <coppice/process/atom.hpp>
#include <coppice/process/pid.hpp>

namespace coppice {

// Why a name could not be registered.
enum class NameError : std::uint8_t { name_taken, process_dead, process_has_name, reserved_name, other_runtime };

// Gives a process of this runtime a name. reserved_name: the empty atom, or "undefined" as in OTP. other_runtime: the
// process is another runtime's, whose end would not free the name here.
COPPICE_API std::expected<void, NameError> register_name(Atom name, Pid pid);
// Takes the name away from its process; false if nobody has it.
COPPICE_API bool unregister_name(Atom name);
// Who has the name now.
COPPICE_API std::optional<Pid> whereis(Atom name);
// All names of the runtime, sorted.
COPPICE_API std::vector<Atom> registered();

}  // namespace coppice

template <>
struct fmt::formatter<coppice::NameError> {
  constexpr auto parse(format_parse_context& ctx) { return ctx.begin(); }
  template <class Context>
  auto format(coppice::NameError error, Context& ctx) const {
    constexpr std::string_view texts[] = {"the name is taken", "the process is dead",
                                          "the process has a name already", "the name is reserved",
                                          "the process belongs to another runtime"};
    return coppice::base::write_text(ctx.out(), texts[static_cast<std::size_t>(error)]);
  }
};
