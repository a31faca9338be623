// Shutdown: how a supervisor stops a child (the shutdown value of OTP's child specification), and
// which ends of a child that is being stopped are expected.
//
//   brutal_kill     the child is killed at once
//   a duration      it is told `shutdown` and killed if it has not ended by then; 0 is allowed
//   infinity        it is told `shutdown` and waited for; meant for supervisors
//
// A plain value: comparable, printable, trivially copyable. Mirrors shutdown/1 of OTP's supervisor.
#pragma once

#include <chrono>
#include <cstdint>
#include <type_traits>

#include <fmt/core.h>

#include <coppice/base/format.hpp>
#include <coppice/supervision/restart.hpp>
#include <coppice/time/infinity.hpp>
#include <coppice/time/instant.hpp>

namespace coppice {

struct BrutalKill {
  constexpr explicit BrutalKill() = default;
};
inline constexpr BrutalKill brutal_kill{};

class Shutdown {
 public:
  enum class Kind : std::uint8_t { kill_at_once, timeout, wait_forever };

  constexpr Shutdown(BrutalKill) noexcept : kind_{Kind::kill_at_once} {}
  constexpr Shutdown(Infinity) noexcept : kind_{Kind::wait_forever} {}
  // Implicit, so that `.shutdown(2s)` reads as it should. Rounded up to whole nanoseconds; what
  // does not fit is for ever. A negative one is refused by the supervisor.
  template <class Rep, class Period>
  constexpr Shutdown(std::chrono::duration<Rep, Period> timeout) noexcept
      : timeout_{timing::saturated(timeout)} {
    if (timeout_ != timing::forever) return;
    kind_ = Kind::wait_forever;
    timeout_ = {};
  }

  constexpr Kind kind() const noexcept { return kind_; }
  // Zero unless kind() is timeout.
  constexpr timing::Duration timeout() const noexcept { return timeout_; }

  friend constexpr bool operator==(const Shutdown&, const Shutdown&) = default;

 private:
  Kind kind_ = Kind::timeout;
  timing::Duration timeout_{0};
};

static_assert(std::is_trivially_copyable_v<Shutdown>);

namespace supervision {

// Whether a child that was stopped in this way may have ended so, or the end is reported as
// shutdown_error. That it was killed is expected only of one that was to be killed, and a permanent
// child is expected to do only what it was told.
constexpr Reported reports_stop(Restart restart, Shutdown::Kind how, Ending ended) noexcept {
  if (ended == Ending::killed && how == Shutdown::Kind::kill_at_once) return Reported::no;
  if (ended == Ending::shutdown && how != Shutdown::Kind::kill_at_once) return Reported::no;
  if (restart == Restart::permanent) return Reported::yes;
  return is_orderly(ended) ? Reported::no : Reported::yes;
}

}  // namespace supervision
}  // namespace coppice

template <>
struct fmt::formatter<coppice::Shutdown> {
  constexpr auto parse(format_parse_context& ctx) { return ctx.begin(); }
  template <class Context>
  auto format(coppice::Shutdown s, Context& ctx) const {
    using Kind = coppice::Shutdown::Kind;
    if (s.kind() == Kind::kill_at_once) return coppice::base::write_text(ctx.out(), "brutal_kill");
    if (s.kind() == Kind::wait_forever) return coppice::base::write_text(ctx.out(), "infinity");
    return coppice::base::format_to(ctx.out(), "{} ms",
                                    std::chrono::duration<double, std::milli>{s.timeout()}.count());
  }
};
