// ExitReason: why a process ended or shall end (the reason term of exit/1, exit signals and DOWN messages).
//
// One word to copy: the plain reasons (normal, shutdown, kill, killed, noproc, noconnection, calling_self, timeout) are
// constants; all others share one immutable, counted block. Copies may be used by any thread. Every reason prints; a
// payload prints if fmt can format it, else by its type's name. Two reasons are equal if they are the same plain reason, or
// of one kind with equal payloads (by ==, if the type has it); errors are equal if type and message are.
//
// Differs from OTP: a term there is a typed payload here, read by get<T>(); an error carries the exception's type, message
// and, where known, where it was thrown, instead of a stack trace.
#pragma once

#include <concepts>
#include <cstdint>
#include <exception>
#include <string>
#include <string_view>
#include <type_traits>
#include <typeinfo>
#include <utility>

#include <fmt/core.h>

#include <coppice/base/block_pool.hpp>
#include <coppice/base/export.hpp>
#include <coppice/base/format.hpp>
#include <coppice/base/sync.hpp>
#include <coppice/process/type_id.hpp>

namespace coppice {

class ExitReason;

namespace process {

enum class ReasonKind : std::uint8_t {
  normal,
  shutdown,
  kill,
  killed,
  noproc,
  noconnection,
  calling_self,
  timeout,
  last_plain = timeout,
  shutdown_with,  // OTP's {shutdown, Term}
  custom,
  error,
};

// What a reason that is no plain one shares between its copies.
class COPPICE_API ReasonBlock : public base::PoolAllocated {
 public:
  explicit ReasonBlock(ReasonKind kind) noexcept : kind_{kind} {}
  ReasonBlock(const ReasonBlock&) = delete;
  ReasonBlock& operator=(const ReasonBlock&) = delete;
  virtual ~ReasonBlock();

  ReasonKind kind() const noexcept { return kind_; }
  virtual TypeId type() const noexcept = 0;
  virtual const void* payload() const noexcept = 0;
  virtual bool equals(const ReasonBlock& other) const noexcept = 0;
  virtual std::string text() const = 0;

  void retain() noexcept { uses_.fetch_add(1, base::relaxed); }
  // The last user sees what the others did to the payload before it destroys it: release pairs with acquire.
  void drop() noexcept {
    if (uses_.fetch_sub(1, base::acq_rel) == 1) delete this;
  }

 private:
  base::Atomic<std::uint32_t> uses_{1};
  ReasonKind kind_;
};

template <class T>
concept Printable = fmt::is_formattable<T>::value;

template <class T>
class PayloadBlock final : public ReasonBlock {
 public:
  template <class U>
  PayloadBlock(ReasonKind kind, U&& value) : ReasonBlock{kind}, value_{std::forward<U>(value)} {}
  TypeId type() const noexcept override { return TypeId::of<T>(); }
  const void* payload() const noexcept override { return &value_; }
  bool equals(const ReasonBlock& other) const noexcept override {
    if constexpr (std::equality_comparable<T>)
      return other.type() == type() && *static_cast<const T*>(other.payload()) == value_;
    else
      return &other == this;
  }
  std::string text() const override {
    if constexpr (Printable<T>)
      return fmt::format("{}", value_);
    else
      return type().name();
  }

 private:
  T value_;
};

// What an exception that left a process was, and where.
struct COPPICE_API ErrorInfo {
  std::exception_ptr exception;                // null for an error made from text
  std::string message;                         // what()
  const std::type_info* thrown = nullptr;      // the exception's type
  TypeId where;                                // the process's function or server class
  TypeId handling;                             // the type of the message being handled

  // The exception's type as C++ writes it; empty for an error made from text.
  std::string type_name() const;
  std::string text() const;
};

}  // namespace process

class COPPICE_API ExitReason {
 public:
  // `normal`.
  ExitReason() noexcept = default;
  ExitReason(const ExitReason& other) noexcept : word_{other.word_} { retain(); }
  ExitReason(ExitReason&& other) noexcept : word_{std::exchange(other.word_, 0)} {}
  ExitReason& operator=(ExitReason other) noexcept {
    std::swap(word_, other.word_);
    return *this;
  }
  ~ExitReason() {
    if (shared()) block()->drop();
  }

  static ExitReason normal() noexcept { return plain(process::ReasonKind::normal); }
  static ExitReason shutdown() noexcept { return plain(process::ReasonKind::shutdown); }
  // As a signal: ends its receiver whatever it traps, and shows as `killed` to others.
  static ExitReason kill() noexcept { return plain(process::ReasonKind::kill); }
  static ExitReason killed() noexcept { return plain(process::ReasonKind::killed); }
  static ExitReason noproc() noexcept { return plain(process::ReasonKind::noproc); }
  static ExitReason noconnection() noexcept { return plain(process::ReasonKind::noconnection); }
  static ExitReason calling_self() noexcept { return plain(process::ReasonKind::calling_self); }
  static ExitReason timeout() noexcept { return plain(process::ReasonKind::timeout); }
  // {shutdown, Term}: an orderly end that says more. Text is stored as std::string.
  template <class T>
  static ExitReason shutdown(T&& payload) {
    return with(process::ReasonKind::shutdown_with, std::forward<T>(payload));
  }
  // Any payload. Text is stored as std::string.
  template <class T>
  static ExitReason custom(T&& payload) {
    return with(process::ReasonKind::custom, std::forward<T>(payload));
  }
  // For the library: an error made from what was caught.
  static ExitReason error(process::ErrorInfo info);
  // An error made from text alone.
  static ExitReason error(std::string message);
  // An error made from an exception, as if it had left the process.
  static ExitReason error(const std::exception_ptr& exception);

  process::ReasonKind kind() const noexcept {
    return shared() ? block()->kind() : static_cast<process::ReasonKind>(word_ >> 1);
  }
  // For the library: whether the kind says all, and the reason that is only a kind.
  bool is_plain() const noexcept { return !shared(); }
  static ExitReason of_kind(process::ReasonKind kind) noexcept { return plain(kind); }
  bool is_normal() const noexcept { return kind() == process::ReasonKind::normal; }
  // `shutdown` with or without a payload.
  bool is_shutdown() const noexcept {
    return kind() == process::ReasonKind::shutdown || kind() == process::ReasonKind::shutdown_with;
  }
  bool is_error() const noexcept { return kind() == process::ReasonKind::error; }
  bool is_noproc() const noexcept { return kind() == process::ReasonKind::noproc; }
  bool is_timeout() const noexcept { return kind() == process::ReasonKind::timeout; }
  // normal, shutdown and shutdown(payload): ends that no one needs to report.
  bool is_orderly() const noexcept { return is_normal() || is_shutdown(); }

  // The payload of custom() or shutdown(payload), if it is exactly a T; else null. Lives as long as the reason.
  template <class T>
  const T* get() const noexcept {
    if (!shared() || is_error() || !(block()->type() == process::TypeId::of<T>())) return nullptr;
    return static_cast<const T*>(block()->payload());
  }
  // What was thrown; null unless is_error().
  const process::ErrorInfo* error_info() const noexcept;

  // "normal", "shutdown", "shutdown: ...", "killed", "error: message (type, in server handling message)", the payload's own text.
  std::string text() const;

  friend bool operator==(const ExitReason& a, const ExitReason& b) noexcept { return a.equals(b); }

 private:
  // Even: a block's address (or 0, which is `normal`). Odd would waste a branch for normal, so plain kinds are kind << 1 | 1
  // except normal, which is 0.
  static ExitReason plain(process::ReasonKind kind) noexcept {
    ExitReason r;
    r.word_ = kind == process::ReasonKind::normal ? 0 : static_cast<std::uintptr_t>(kind) << 1 | 1;
    return r;
  }
  template <class T>
  static ExitReason with(process::ReasonKind kind, T&& payload) {
    using D = std::decay_t<T>;
    using Kept = std::conditional_t<std::is_same_v<D, const char*> || std::is_same_v<D, char*> ||
                                        std::is_same_v<D, std::string_view>,
                                    std::string, D>;
    return adopt(new process::PayloadBlock<Kept>(kind, std::forward<T>(payload)));
  }
  static ExitReason adopt(process::ReasonBlock* block) noexcept {
    ExitReason r;
    r.word_ = reinterpret_cast<std::uintptr_t>(block);
    return r;
  }
  bool equals(const ExitReason& other) const noexcept;
  bool shared() const noexcept { return word_ != 0 && (word_ & 1) == 0; }
  process::ReasonBlock* block() const noexcept { return reinterpret_cast<process::ReasonBlock*>(word_); }
  void retain() const noexcept {
    if (shared()) block()->retain();
  }

  std::uintptr_t word_ = 0;
};

static_assert(sizeof(ExitReason) == sizeof(void*));

}  // namespace coppice

template <>
struct fmt::formatter<coppice::ExitReason> {
  constexpr auto parse(format_parse_context& ctx) { return ctx.begin(); }
  template <class Context>
  auto format(const coppice::ExitReason& reason, Context& ctx) const {
    return coppice::base::write_text(ctx.out(), reason.text());
  }
};
