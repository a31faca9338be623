// ServerRef<S>: a Pid plus what may be said to it. Name<S>: a registered name plus the same. as<S>: from a Pid, checked.
//
// Both are trivially destructible values. A ServerRef means one process and goes stale with it; a Name is looked up at each
// send and so survives restarts; while nobody has it, a call fails with noproc and a cast is a dead letter.
#pragma once

#include <cstddef>
#include <expected>
#include <functional>
#include <type_traits>
#include <utility>

#include <coppice/base/export.hpp>
#include <coppice/behaviour/start.hpp>
#include <coppice/behaviour/stop.hpp>
#include <coppice/behaviour/system.hpp>
#include <coppice/behaviour/traits.hpp>
#include <coppice/behaviour/verbs.hpp>
#include <coppice/process/current.hpp>
#include <coppice/process/process.hpp>

namespace coppice {

template <class S>
class ServerRef : public behaviour::CallVerbs<ServerRef<S>, S>,
                  public behaviour::SendVerbs<ServerRef<S>, S>,
                  public behaviour::SystemVerbs<ServerRef<S>, S>,
                  public behaviour::RefVerbs<S, behaviour::is_complete<S>> {
 public:
  using server_type = S;

  // Names nobody.
  constexpr ServerRef() = default;
  // For the library: nothing is checked. Use as<S>(pid).
  constexpr explicit ServerRef(Pid pid) noexcept : pid_{pid} {}

  constexpr Pid pid() const noexcept { return pid_; }
  // A ServerRef may stand wherever a Pid is wanted: monitor(ref), link(ref), is_alive(ref).
  constexpr operator Pid() const noexcept { return pid_; }
  // The same server, with another timeout for calls than 5 s.
  behaviour::Within<S> within(timing::Duration timeout) const noexcept { return {pid_, timeout}; }
  // Ends the server with `reason` and waits until it has ended (gen_server:stop/3). If it ends for another reason, or is dead
  // already, or does not end in time, the caller ends with an ExitSignal that says so. A negative timeout is a ProcessError
  // (bad_argument), and the server stays.
  Task<> stop(ExitReason reason = ExitReason::normal(), timing::Duration timeout = timing::forever) const {
    return behaviour::stop_server(pid_, std::move(reason), timeout);
  }

  // For the verbs.
  behaviour::Target target() const noexcept { return pid_; }
  timing::Duration call_timeout() const noexcept { return behaviour::default_call_timeout; }

  friend constexpr bool operator==(const ServerRef& a, const ServerRef& b) noexcept { return a.pid_ == b.pid_; }
  friend constexpr auto operator<=>(const ServerRef& a, const ServerRef& b) noexcept { return a.pid_ <=> b.pid_; }
  friend constexpr std::size_t hash_value(const ServerRef& ref) noexcept { return hash_value(ref.pid_); }

 private:
  Pid pid_;
};

template <class S>
class Name : public behaviour::CallVerbs<Name<S>, S>, public behaviour::SendVerbs<Name<S>, S> {
 public:
  using server_type = S;

  explicit Name(Atom name) noexcept : name_{name} {}
  Atom atom() const noexcept { return name_; }
  operator Atom() const noexcept { return name_; }

  behaviour::Within<S> within(timing::Duration timeout) const noexcept { return {name_, timeout}; }
  // Who has the name now, if it is an S.
  std::expected<ServerRef<S>, CallError> resolve() const;
  // Waits until somebody has the name, at most `timeout` in all, then calls.
  template <class M, class... Args>
  Task<behaviour::result_t<S, M>> call_when_registered(timing::Duration timeout, Args... args) const {
    const timing::Instant deadline = timing::after(now(), timeout);
    co_await await_registered(name_, timeout);
    co_return co_await within(timing::until(now(), deadline)).template call<M>(std::move(args)...);
  }

  // For the verbs.
  behaviour::Target target() const noexcept { return name_; }
  timing::Duration call_timeout() const noexcept { return behaviour::default_call_timeout; }

  friend bool operator==(const Name& a, const Name& b) noexcept { return a.name_ == b.name_; }

 private:
  Atom name_;
};

static_assert(std::is_trivially_destructible_v<ServerRef<GenServer>> && std::is_trivially_copyable_v<ServerRef<GenServer>>);
static_assert(std::is_trivially_destructible_v<Name<GenServer>>);

namespace behaviour {

// Whether the process is a server of the class: an error that says noproc or wrong_server if not.
COPPICE_API std::expected<void, CallError> check_server(Pid pid, process::TypeId server);
COPPICE_API std::expected<Pid, CallError> find_server(Atom name, process::TypeId server);

}  // namespace behaviour

// The process as a server of class S, if it is one: noproc if it is dead, wrong_server if it is another class or none.
template <class S>
std::expected<ServerRef<S>, CallError> as(Pid pid) {
  if (auto checked = behaviour::check_server(pid, process::TypeId::of<S>()); !checked)
    return std::unexpected{std::move(checked.error())};
  return ServerRef<S>{pid};
}

template <class S>
std::expected<ServerRef<S>, CallError> Name<S>::resolve() const {
  auto found = behaviour::find_server(name_, process::TypeId::of<S>());
  if (!found) return std::unexpected{std::move(found.error())};
  return ServerRef<S>{*found};
}

}  // namespace coppice

template <class S>
struct std::hash<coppice::ServerRef<S>> {
  std::size_t operator()(const coppice::ServerRef<S>& ref) const noexcept { return hash_value(ref); }
};

template <class S>
struct fmt::formatter<coppice::ServerRef<S>> : fmt::formatter<coppice::Pid> {
  template <class Context>
  auto format(const coppice::ServerRef<S>& ref, Context& ctx) const {
    return fmt::formatter<coppice::Pid>::format(ref.pid(), ctx);
  }
};
