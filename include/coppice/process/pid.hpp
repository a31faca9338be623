// Pid and Reference: names of processes and of events, as plain values.
//
// A Pid says node, slot and generation of the slot; it may outlive its process and is then merely dead: it never reaches
// another process. A Reference is unique in the program (OTP's make_ref/0). Both are trivially copyable and trivially
// destructible, ordered and hashable, so that they may stand anywhere, beside co_await too. All functions are
// thread-safe. Mirrors erlang:pid() and reference(); a Pid prints as <node.slot.generation>.
#pragma once

#include <compare>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <type_traits>

#include <fmt/core.h>

#include <coppice/base/export.hpp>
#include <coppice/base/format.hpp>

namespace coppice {

class Pid {
 public:
  // Names no process; prints as <none>.
  constexpr Pid() = default;
  constexpr Pid(std::uint32_t node, std::uint32_t slot, std::uint32_t generation) noexcept
      : node_{node}, slot_{slot}, generation_{generation} {}

  // 0 is this program.
  constexpr std::uint32_t node() const noexcept { return node_; }
  constexpr std::uint32_t slot() const noexcept { return slot_; }
  constexpr std::uint32_t generation() const noexcept { return generation_; }
  // Whether it names a process at all, dead or alive.
  constexpr explicit operator bool() const noexcept { return slot_ != 0; }

  friend constexpr auto operator<=>(const Pid&, const Pid&) = default;
  friend constexpr std::size_t hash_value(Pid pid) noexcept {
    return (std::size_t{pid.generation_} << 32 | pid.slot_) ^ (std::size_t{pid.node_} << 24);
  }

 private:
  std::uint32_t node_ = 0;
  std::uint32_t slot_ = 0;
  std::uint32_t generation_ = 0;
};

class Reference {
 public:
  // Equal to no reference that make_ref() gives.
  constexpr Reference() = default;

  constexpr std::uint64_t id() const noexcept { return id_; }

  friend constexpr bool operator==(const Reference& a, const Reference& b) noexcept { return a.id_ == b.id_; }
  friend constexpr auto operator<=>(const Reference& a, const Reference& b) noexcept { return a.id_ <=> b.id_; }
  friend constexpr std::size_t hash_value(const Reference& r) noexcept { return r.id_; }

  // The process that made it; none if it was made outside of any.
  constexpr Pid maker() const noexcept { return Pid{0, slot_, generation_}; }

  // For the library: a reference remembers who made it and what had arrived there by then, since no message that was in
  // the mailbox before can hold it. A receive that is bound to it starts behind that mark.
  constexpr Reference(std::uint64_t id, Pid maker, std::uint64_t mark) noexcept
      : id_{id}, mark_{mark}, slot_{maker.slot()}, generation_{maker.generation()} {}
  constexpr std::uint64_t mark_for(Pid reader) const noexcept {
    return reader.slot() == slot_ && reader.generation() == generation_ ? mark_ : 0;
  }

 private:
  std::uint64_t id_ = 0;
  std::uint64_t mark_ = 0;
  std::uint32_t slot_ = 0;
  std::uint32_t generation_ = 0;
};

// Names one monitor (what erlang:monitor/2 returns).
class MonitorRef {
 public:
  constexpr MonitorRef() = default;
  constexpr explicit MonitorRef(Reference ref) noexcept : ref_{ref} {}
  constexpr const Reference& reference() const noexcept { return ref_; }
  friend constexpr bool operator==(const MonitorRef&, const MonitorRef&) = default;
  friend constexpr auto operator<=>(const MonitorRef&, const MonitorRef&) = default;
  friend constexpr std::size_t hash_value(const MonitorRef& r) noexcept { return r.ref_.id(); }

 private:
  Reference ref_;
};

// Names one timer (what erlang:send_after/3 returns).
class TimerRef {
 public:
  constexpr TimerRef() = default;
  constexpr TimerRef(std::uint32_t slot, std::uint32_t generation) noexcept : slot_{slot}, generation_{generation} {}
  constexpr std::uint32_t slot() const noexcept { return slot_; }
  constexpr std::uint32_t generation() const noexcept { return generation_; }
  friend constexpr auto operator<=>(const TimerRef&, const TimerRef&) = default;
  friend constexpr std::size_t hash_value(TimerRef r) noexcept { return std::size_t{r.generation_} << 32 | r.slot_; }

 private:
  std::uint32_t slot_ = 0;
  std::uint32_t generation_ = 0;
};

// A new reference, unlike any other of this program. Callable from anywhere.
COPPICE_API Reference make_ref();

namespace process {

// The numbers of the references that the calling thread makes next.
struct ReferenceNumbers {
  std::uint64_t next = 0;
  std::uint64_t last = 0;  // not used any more
};
// For a simulator, in which references shall be the same in each run: the thread goes on with `numbers`; what it had.
COPPICE_API ReferenceNumbers exchange_reference_numbers(ReferenceNumbers numbers) noexcept;

}  // namespace process

static_assert(std::is_trivially_copyable_v<Pid> && std::is_trivially_destructible_v<Pid>);
static_assert(std::is_trivially_copyable_v<Reference> && std::is_trivially_copyable_v<MonitorRef>);

}  // namespace coppice

template <>
struct std::hash<coppice::Pid> {
  std::size_t operator()(coppice::Pid pid) const noexcept { return hash_value(pid); }
};
template <>
struct std::hash<coppice::Reference> {
  std::size_t operator()(const coppice::Reference& ref) const noexcept { return hash_value(ref); }
};
template <>
struct std::hash<coppice::MonitorRef> {
  std::size_t operator()(const coppice::MonitorRef& ref) const noexcept { return hash_value(ref); }
};
template <>
struct std::hash<coppice::TimerRef> {
  std::size_t operator()(coppice::TimerRef ref) const noexcept { return hash_value(ref); }
};

template <>
struct fmt::formatter<coppice::Pid> {
  constexpr auto parse(format_parse_context& ctx) { return ctx.begin(); }
  template <class Context>
  auto format(coppice::Pid pid, Context& ctx) const {
    if (!pid) return coppice::base::write_text(ctx.out(), "<none>");
    return coppice::base::format_to(ctx.out(), "<{}.{}.{}>", pid.node(), pid.slot(),
                                    pid.generation());
  }
};
template <>
struct fmt::formatter<coppice::Reference> {
  constexpr auto parse(format_parse_context& ctx) { return ctx.begin(); }
  template <class Context>
  auto format(const coppice::Reference& ref, Context& ctx) const {
    return coppice::base::format_to(ctx.out(), "#Ref<{}>", ref.id());
  }
};
template <>
struct fmt::formatter<coppice::MonitorRef> {
  constexpr auto parse(format_parse_context& ctx) { return ctx.begin(); }
  template <class Context>
  auto format(const coppice::MonitorRef& ref, Context& ctx) const {
    return coppice::base::format_to(ctx.out(), "#Monitor<{}>", ref.reference().id());
  }
};
template <>
struct fmt::formatter<coppice::TimerRef> {
  constexpr auto parse(format_parse_context& ctx) { return ctx.begin(); }
  template <class Context>
  auto format(coppice::TimerRef ref, Context& ctx) const {
    return coppice::base::format_to(ctx.out(), "#Timer<{}.{}>", ref.slot(), ref.generation());
  }
};
