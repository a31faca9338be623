// What a supervisor refuses: flags and child specifications that make no sense, each with an error
// that says which child and which setting. Mirrors check_flags/1 and check_childspec/2 of OTP's
// supervisor.
//
// A supervisor whose own specification is refused does not start: its starter gets the SpecError as
// the payload of the reason. start_child gives it as a SupervisorError.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include <fmt/core.h>

#include <coppice/base/export.hpp>
#include <coppice/base/format.hpp>
#include <coppice/supervision/auto_shutdown.hpp>
#include <coppice/supervision/child_settings.hpp>
#include <coppice/supervision/strategy.hpp>
#include <coppice/time/instant.hpp>

namespace coppice::supervision {

class COPPICE_API SpecError {
 public:
  enum class Kind : std::uint8_t {
    invalid_strategy,
    invalid_intensity,
    invalid_period,
    invalid_auto_shutdown,
    invalid_max_children,
    missing_id,
    invalid_restart,
    invalid_shutdown,
    invalid_type,
    significant_but_never,      // significant under auto_shutdown never
    significant_but_permanent,  // significant and permanent
    duplicate_id,
  };

  // `child` is empty for errors of the supervisor's flags; `value` is what was refused, as text.
  SpecError(Kind kind, std::string_view child, std::string value);

  Kind kind() const noexcept { return kind_; }
  const std::string& child() const noexcept { return child_; }
  bool is_bad_combination() const noexcept {
    return kind_ == Kind::significant_but_never || kind_ == Kind::significant_but_permanent;
  }
  std::string text() const;

  friend bool operator==(const SpecError&, const SpecError&) = default;

 private:
  Kind kind_;
  std::string child_;
  std::string value_;
};

// A supervisor's flags, as checked. Intensity is signed so that a negative one can be refused by
// name.
struct Flags {
  Strategy strategy = Strategy::one_for_one;
  std::int64_t intensity = 1;
  timing::Duration period = std::chrono::seconds{5};
  AutoShutdown auto_shutdown = AutoShutdown::never;
};

using SpecCheck = std::optional<SpecError>;

// Nothing if all is well, else the first thing wrong.
COPPICE_API SpecCheck check_flags(const Flags& flags);
COPPICE_API SpecCheck check_child(std::string_view id, const ChildSettings& settings,
                                  AutoShutdown auto_shutdown);

}  // namespace coppice::supervision

template <>
struct fmt::formatter<coppice::supervision::SpecError> {
  constexpr auto parse(format_parse_context& ctx) { return ctx.begin(); }
  template <class Context>
  auto format(const coppice::supervision::SpecError& error, Context& ctx) const {
    return coppice::base::write_text(ctx.out(), error.text());
  }
};
