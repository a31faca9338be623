// What the handlers of an EventManager are made of, and what is said of them. See
// event_manager.hpp.
//
// Values but for HandlerError, which shares nothing and copies; none is tied to a thread. Mirrors
// the callbacks and results of OTP's gen_event: a handler is an object of a class instead of a
// module with a state, and it is named by the HandlerRef that adding it gave instead of by its
// module.
#pragma once

#include <compare>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <stdexcept>
#include <string>
#include <utility>

#include <fmt/core.h>

#include <coppice/base/export.hpp>
#include <coppice/base/format.hpp>
#include <coppice/process/exit_reason.hpp>
#include <coppice/process/pid.hpp>

namespace coppice {

// The base of a handler class. A subclass defines what it needs, all public, none virtual:
//
//   constructor               runs in the manager; a throw means that the handler is not added
//   handle_event(const E&)    void, HandlerNext, Task<>, Task<HandlerNext>; one overload an event
//   type, matched exactly;
//                             at least one. Events that it has none for pass it by
//   handle_call(M)            R or Task<R>, for EventManager's call_handler
//   terminate(const HandlerEnd&)  void or Task<>: when it is removed, replaced, has crashed, or the
//   manager stops hand_over()               any value: what its successor's constructor gets as its
//   last argument when it is swapped
//
// What leaves one of them as an exception removes the handler, and is reported; the others never
// see it.
class EventHandler {
 protected:
  EventHandler() = default;
  ~EventHandler() = default;
};

// What handle_event may answer.
class [[nodiscard]] HandlerNext {
 public:
  // Stays.
  constexpr HandlerNext() = default;
  // Is removed, after terminate().
  static constexpr HandlerNext remove() noexcept { return HandlerNext{true}; }

  // For the library.
  constexpr bool removes() const noexcept { return removes_; }

 private:
  explicit constexpr HandlerNext(bool removes) noexcept : removes_{removes} {}
  bool removes_ = false;
};

// Why a handler ends.
struct HandlerEnd {
  enum class Kind : std::uint8_t {
    removed,           // by itself or by remove_handler()
    swapped,           // another takes its place
    stopped,           // the manager stops, for `reason`
    supervisor_ended,  // the process that it was added for has ended, for `reason`
    crashed,           // it threw; `reason` says what
  };
  HandlerEnd(Kind end, ExitReason why) noexcept : kind{end}, reason{std::move(why)} {}

  Kind kind;
  ExitReason reason;
};

// Names one handler of one manager; may be stale, and never names another. Number 0: none.
template <class H>
class HandlerRef {
 public:
  using handler_type = H;

  constexpr HandlerRef() = default;
  constexpr explicit HandlerRef(std::uint64_t number) noexcept : number_{number} {}
  constexpr std::uint64_t number() const noexcept { return number_; }
  friend constexpr auto operator<=>(HandlerRef, HandlerRef) = default;
  friend constexpr std::size_t hash_value(HandlerRef ref) noexcept { return ref.number_; }

 private:
  std::uint64_t number_ = 0;
};

// The message that who added a supervised handler gets when that is gone (gen_event_EXIT): `normal`
// if it was removed, `shutdown` if the manager stops, `normal` with `successor` if it was swapped,
// else why it crashed.
struct HandlerExit {
  HandlerExit(std::uint64_t handler, std::uint64_t next, ExitReason why) noexcept
      : number{handler}, successor{next}, reason{std::move(why)} {}

  std::uint64_t number;     // HandlerRef::number() of the one that is gone
  std::uint64_t successor;  // of the one that took its place; 0: none
  ExitReason reason;
};

// What which_handlers() tells of each.
struct HandlerInfo {
  HandlerInfo(std::uint64_t handler, std::string handler_type, Pid supervising)
      : number{handler}, type{std::move(handler_type)}, supervisor{supervising} {}

  std::uint64_t number;
  std::string type;
  Pid supervisor;  // who added it, if it is supervised; else none
};

// Why a manager did not do what it was asked for.
class COPPICE_API HandlerError : public std::runtime_error {
 public:
  enum class Kind : std::uint8_t {
    not_found,    // the handler is gone, or was another manager's
    failed,       // the constructor of a handler to be added threw; reason() says what
    crashed,      // the handler threw while it handled the call; it is removed
    unreachable,  // the manager did not answer; reason() says why, noproc above all
  };
  HandlerError(Kind kind, ExitReason reason);

  Kind kind() const noexcept { return kind_; }
  bool is_not_found() const noexcept { return kind_ == Kind::not_found; }
  bool is_failed() const noexcept { return kind_ == Kind::failed; }
  bool is_crashed() const noexcept { return kind_ == Kind::crashed; }
  bool is_unreachable() const noexcept { return kind_ == Kind::unreachable; }
  const ExitReason& reason() const noexcept { return reason_; }

 private:
  Kind kind_;
  ExitReason reason_;
};

}  // namespace coppice

template <class H>
struct std::hash<coppice::HandlerRef<H>> {
  std::size_t operator()(coppice::HandlerRef<H> ref) const noexcept { return hash_value(ref); }
};

template <>
struct fmt::formatter<coppice::HandlerError> {
  constexpr auto parse(format_parse_context& ctx) { return ctx.begin(); }
  template <class Context>
  auto format(const coppice::HandlerError& error, Context& ctx) const {
    return coppice::base::write_text(ctx.out(), error.what());
  }
};
template <>
struct fmt::formatter<coppice::HandlerInfo> {
  constexpr auto parse(format_parse_context& ctx) { return ctx.begin(); }
  template <class Context>
  auto format(const coppice::HandlerInfo& info, Context& ctx) const {
    auto out = coppice::base::format_to(ctx.out(), "{} #{}", info.type, info.number);
    return info.supervisor ? coppice::base::format_to(out, " for {}", info.supervisor) : out;
  }
};
template <class H>
struct fmt::formatter<coppice::HandlerRef<H>> {
  constexpr auto parse(format_parse_context& ctx) { return ctx.begin(); }
  template <class Context>
  auto format(coppice::HandlerRef<H> ref, Context& ctx) const {
    return coppice::base::format_to(ctx.out(), "#{}", ref.number());
  }
};
