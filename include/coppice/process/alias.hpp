// Aliases: addresses of the calling process that it can take back (alias/0,1, unalias/1, monitor/3 with {alias, _}).
//
//   Alias reply_to = alias(AliasMode::reply);     // good for one message
//   send<Question>(peer, reply_to);               // the peer: send<Answer>(question.reply_to, 42)
//
// What is sent to an alias reaches its process in the sender's order, as if sent to the pid, until the alias is taken back or
// the process ends; then it is dropped. So an answer that comes too late never lies in the mailbox. OTP drops in silence;
// here a dropped message is a dead letter, counted and told like any. Whether the alias still stands is decided when the
// message is drained by the receiver, so the check costs nothing to who sends to a pid, and needs no lock.
//
// An Alias is a value: anyone may send to it, from any thread; only its process can take it back.
#pragma once

#include <compare>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <type_traits>
#include <utility>

#include <fmt/core.h>

#include <coppice/base/block_pool.hpp>
#include <coppice/base/export.hpp>
#include <coppice/base/format.hpp>
#include <coppice/process/atom.hpp>
#include <coppice/process/links.hpp>
#include <coppice/process/pid.hpp>
#include <coppice/process/relations.hpp>
#include <coppice/process/send.hpp>
#include <coppice/process/signal.hpp>
#include <coppice/process/spawn.hpp>

namespace coppice {

class Alias {
 public:
  // Reaches nobody.
  constexpr Alias() = default;
  // For a reference that an alias was made with; a monitor's is its alias's too, as in OTP.
  constexpr explicit Alias(const Reference& ref) noexcept : ref_{ref} {}
  constexpr explicit Alias(MonitorRef ref) noexcept : ref_{ref.reference()} {}

  constexpr const Reference& reference() const noexcept { return ref_; }
  // Whose it is.
  constexpr Pid owner() const noexcept { return ref_.maker(); }

  friend constexpr bool operator==(const Alias&, const Alias&) = default;
  friend constexpr auto operator<=>(const Alias&, const Alias&) = default;
  friend constexpr std::size_t hash_value(const Alias& a) noexcept { return hash_value(a.ref_); }
  // A clause that compares a field with an alias is bound to it (pattern.hpp).
  friend constexpr std::uint64_t mark_of(const Alias& a, Pid reader) noexcept { return a.ref_.mark_for(reader); }

 private:
  Reference ref_;
};

// How long an alias stands, unless unalias() takes it back before.
enum class AliasMode : std::uint8_t {
  explicit_unalias,  // until unalias()
  reply,             // until one message has come through it
};

// The same for one that is made with a monitor.
enum class MonitorAlias : std::uint8_t {
  explicit_unalias,  // until unalias(), whatever becomes of the monitor
  demonitor,         // until the monitor ends: by demonitor() or by its Down
  reply_demonitor,   // likewise, or until one message has come through it; that ends the monitor too
};

// What monitor() with an alias gives.
struct AliasedMonitor {
  MonitorRef ref;
  Alias alias;
};

// A new alias of the calling process. Throws ProcessError outside of one.
COPPICE_API Alias alias(AliasMode mode = AliasMode::explicit_unalias);
// Takes an alias of the caller back: what has not been drained yet is dropped, what is in the mailbox stays. True if it
// stood; another's, or one that is gone: nothing happens.
COPPICE_API bool unalias(const Alias& alias);

// monitor() with an alias of the caller that may be given to who is watched, or to anyone.
COPPICE_API AliasedMonitor monitor(Pid pid, MonitorAlias mode);
COPPICE_API AliasedMonitor monitor(Atom name, MonitorAlias mode);

namespace process {

// The type of a block that travels to an alias.
struct AliasedType : SignalType {
  std::uint64_t (*alias_of)(const Signal&) noexcept;
};

// A message on its way to an alias. When it is drained it becomes a plain message, or a dead letter.
template <class T>
struct AliasedMessage final : MessageSignal<T> {
  template <class... Args>
  explicit AliasedMessage(const Alias& to, Args&&... args)
      : MessageSignal<T>(std::forward<Args>(args)...), alias_id{to.reference().id()} {
    this->type = &aliased_type;
    this->set(SignalKind::aliased, 0);
  }

  std::uint64_t alias_id;

  static std::uint64_t id_of(const Signal& signal) noexcept { return static_cast<const AliasedMessage&>(signal).alias_id; }
  static constexpr AliasedType aliased_type{{TypeId::of<T>(), &destroy_as<AliasedMessage<T>>}, &AliasedMessage::id_of};
};

// Makes the monitor's reference an alias of the caller.
COPPICE_API void add_alias(MonitorRef ref, MonitorAlias mode);
// A message has come through an alias: whether the alias stands. One that is good for one message goes.
bool take_through_alias(Process& self, std::uint64_t id) noexcept;
// The monitor has ended: an alias that lives as long goes.
void monitor_ended(Process& self, MonitorRef ref) noexcept;

}  // namespace process

// Sends a T made of `args` to whoever made the alias, if it still stands when the message comes there.
template <class T, class... Args>
void send(const Alias& to, Args&&... args) {
  process::check_message_type<T>();
  process::send_message(to.owner(), base::pool_new_message<process::AliasedMessage<T>>(to, std::forward<Args>(args)...));
}
template <int = 0, class M>
void send(const Alias& to, M&& message) {
  send<std::decay_t<M>>(to, std::forward<M>(message));
}

// spawn_monitor() whose monitor is an alias too: Alias{spawned.ref}.
template <class F, class... Args>
SpawnedMonitor spawn_monitor(MonitorAlias mode, F&& f, Args&&... args) {
  const SpawnedMonitor spawned = spawn_monitor(std::forward<F>(f), std::forward<Args>(args)...);
  process::add_alias(spawned.ref, mode);  // in time: nothing is drained between two statements
  return spawned;
}

static_assert(std::is_trivially_copyable_v<Alias> && std::is_trivially_destructible_v<Alias>);

}  // namespace coppice

template <>
struct std::hash<coppice::Alias> {
  std::size_t operator()(const coppice::Alias& alias) const noexcept { return hash_value(alias); }
};

template <>
struct fmt::formatter<coppice::Alias> {
  constexpr auto parse(format_parse_context& ctx) { return ctx.begin(); }
  template <class Context>
  auto format(const coppice::Alias& alias, Context& ctx) const {
    return coppice::base::format_to(ctx.out(), "#Alias<{}>", alias.reference().id());
  }
};
