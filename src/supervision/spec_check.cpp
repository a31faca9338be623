#include <coppice/supervision/spec_check.hpp>

#include <utility>

#include <fmt/core.h>

namespace coppice::supervision {

namespace {

std::string seconds(timing::Duration d) {
  return fmt::format("{} s", std::chrono::duration<double>{d}.count());
}

std::string what(SpecError::Kind kind, const std::string& value) {
  using Kind = SpecError::Kind;
  switch (kind) {
    case Kind::invalid_strategy: return fmt::format("invalid strategy {}", value);
    case Kind::invalid_intensity:
      return fmt::format("invalid intensity {}: it must not be negative", value);
    case Kind::invalid_period: return fmt::format("invalid period {}: it must be positive", value);
    case Kind::invalid_auto_shutdown: return fmt::format("invalid auto_shutdown {}", value);
    case Kind::invalid_max_children:
      return fmt::format("invalid max_children {}: it must not be negative", value);
    case Kind::missing_id: return "a child has no id";
    case Kind::invalid_restart: return fmt::format("invalid restart type {}", value);
    case Kind::invalid_shutdown:
      return fmt::format("invalid shutdown {}: it must not be negative", value);
    case Kind::invalid_type: return fmt::format("invalid child type {}", value);
    case Kind::significant_but_never:
      return "bad combination: a significant child needs a supervisor whose auto_shutdown is not "
             "never";
    case Kind::significant_but_permanent:
      return "bad combination: a significant child must not be permanent, since it is always "
             "restarted";
    case Kind::duplicate_id: return "duplicate child id";
  }
  return "invalid specification";
}

}  // namespace

SpecError::SpecError(Kind kind, std::string_view child, std::string value)
    : kind_{kind}, child_{child}, value_{std::move(value)} {}

std::string SpecError::text() const {
  std::string text = what(kind_, value_);
  return child_.empty() ? text : fmt::format("child \"{}\": {}", child_, text);
}

SpecCheck check_flags(const Flags& flags) {
  using Kind = SpecError::Kind;
  if (!is_named(flags.strategy))
    return SpecError{Kind::invalid_strategy, {}, fmt::format("{}", flags.strategy)};
  if (flags.intensity < 0)
    return SpecError{Kind::invalid_intensity, {}, fmt::format("{}", flags.intensity)};
  if (flags.period <= timing::Duration::zero())
    return SpecError{Kind::invalid_period, {}, seconds(flags.period)};
  if (!is_named(flags.auto_shutdown))
    return SpecError{Kind::invalid_auto_shutdown, {}, fmt::format("{}", flags.auto_shutdown)};
  return {};
}

SpecCheck check_child(std::string_view id, const ChildSettings& settings,
                      AutoShutdown auto_shutdown) {
  using Kind = SpecError::Kind;
  if (id.empty()) return SpecError{Kind::missing_id, {}, {}};
  if (!is_named(settings.restart))
    return SpecError{Kind::invalid_restart, id, fmt::format("{}", settings.restart)};
  const bool significant = settings.significance == Significance::significant;
  if (significant && auto_shutdown == AutoShutdown::never)
    return SpecError{Kind::significant_but_never, id, {}};
  if (significant && settings.restart == Restart::permanent)
    return SpecError{Kind::significant_but_permanent, id, {}};
  if (!is_named(settings.type))
    return SpecError{Kind::invalid_type, id, fmt::format("{}", settings.type)};
  const Shutdown shutdown = settings.shutdown();
  if (shutdown.timeout() < timing::Duration::zero())
    return SpecError{Kind::invalid_shutdown, id, fmt::format("{}", shutdown)};
  return {};
}

}  // namespace coppice::supervision
