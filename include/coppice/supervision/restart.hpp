// Restart: what a supervisor does when a child ends by itself (the restart type of OTP's child
// specification), and the rules that follow from it, as pure functions of the restart type and of
// how the child ended.
//
// Mirrors do_restart/3 and shutdown/1 of OTP's supervisor. Nothing here knows processes: an exit
// reason is first put into one of the classes below.
#pragma once

#include <cstdint>

#include <fmt/core.h>

#include <coppice/supervision/words.hpp>

namespace coppice {

enum class Restart : std::uint8_t {
  permanent,  // always started again
  transient,  // started again unless it ended with normal, shutdown or shutdown(payload)
  temporary,  // never started again; its spec is forgotten when it ends, however it ends
};

namespace supervision {

// How a child ended, as far as the rules can tell exit reasons apart.
enum class Ending : std::uint8_t { normal, shutdown, shutdown_with, killed, other };

enum class AfterEnd : std::uint8_t {
  restart,
  keep_spec,  // no process, but restart_child may start it again
  forget_spec,
};

enum class Reported : std::uint8_t { no, yes };

constexpr bool is_orderly(Ending how) noexcept {
  return how == Ending::normal || how == Ending::shutdown || how == Ending::shutdown_with;
}

// What becomes of a child that ended by itself.
constexpr AfterEnd after_end(Restart restart, Ending how) noexcept {
  if (restart == Restart::permanent) return AfterEnd::restart;
  if (restart == Restart::temporary) return AfterEnd::forget_spec;
  return is_orderly(how) ? AfterEnd::keep_spec : AfterEnd::restart;
}

// Whether that end is reported as child_terminated. A permanent child is not expected to end at
// all.
constexpr Reported reports_end(Restart restart, Ending how) noexcept {
  if (restart == Restart::permanent) return Reported::yes;
  return is_orderly(how) ? Reported::no : Reported::yes;
}

}  // namespace supervision
}  // namespace coppice

template <>
struct coppice::supervision::Words<coppice::Restart> {
  static constexpr const char* of[] = {"permanent", "transient", "temporary"};
};
template <>
struct fmt::formatter<coppice::Restart> : coppice::supervision::WordFormatter<coppice::Restart> {};
