// start, start_link: starting servers (gen_server:start/3, start_link/3), and the one start handshake.
//
// The server's constructor runs in the new process; the starter waits until it has been initialised. On a failed start the
// name is free and the process is gone before the starter goes on, and no Exit is left in its mailbox; a starter never dies
// of it: it gets StartFailed, or a StartError from the try_ forms.
#pragma once

#include <concepts>
#include <expected>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <type_traits>
#include <utility>

#include <fmt/core.h>

#include <coppice/base/export.hpp>
#include <coppice/base/format.hpp>
#include <coppice/behaviour/call_op.hpp>
#include <coppice/behaviour/server_body.hpp>
#include <coppice/behaviour/traits.hpp>
#include <coppice/process/atom.hpp>
#include <coppice/process/exit_reason.hpp>
#include <coppice/process/spawn.hpp>
#include <coppice/process/task.hpp>
#include <coppice/time/infinity.hpp>
#include <coppice/time/instant.hpp>

namespace coppice {

template <class S>
class ServerRef;

// First argument of start functions, where wanted.
struct StartOptions {
  Atom name = {};                            // registered before the constructor runs
  timing::Duration timeout = timing::forever;  // of the start; after it the process is killed
  ProcessThread thread = ProcessThread::shared;
};

// Why a server did not start. Prints.
class COPPICE_API StartError {
 public:
  enum class Kind : std::uint8_t {
    failed,           // reason(): what the constructor threw, or what init answered
    ignored,          // init answered ignore
    already_started,  // the name is taken, by running()
    timeout,
  };
  StartError(Kind kind, ExitReason reason, Pid running = {}) : kind_{kind}, reason_{std::move(reason)}, running_{running} {}

  Kind kind() const noexcept { return kind_; }
  bool is_ignored() const noexcept { return kind_ == Kind::ignored; }
  bool is_already_started() const noexcept { return kind_ == Kind::already_started; }
  bool is_timeout() const noexcept { return kind_ == Kind::timeout; }
  const ExitReason& reason() const noexcept { return reason_; }
  // already_started: who has the name.
  Pid running() const noexcept { return running_; }
  std::string text() const;

 private:
  Kind kind_;
  ExitReason reason_;
  Pid running_;
};

// What the plain start verbs throw.
class COPPICE_API StartFailed : public std::runtime_error {
 public:
  explicit StartFailed(StartError error);
  const StartError& error() const noexcept { return error_; }

 private:
  StartError error_;
};

namespace behaviour {

// When the starter begins to wait for the answer: at once, before it drains anything, or later; then the answer may come
// first, and has to be expected in the process's table of requests.
enum class Wait : std::uint8_t { later, at_once };

// A start under way: the process is there, its answer is awaited by await_start().
struct PendingStart {
  Pid pid;
  std::uint64_t number = 0;
  timing::Duration timeout = timing::forever;
  Wait wait = Wait::later;
};

enum class Tie : std::uint8_t { none, link, owned };

// Spawns the server, and does not wait. In a process only.
COPPICE_API PendingStart begin_start(std::unique_ptr<ServerCore> core, const StartOptions& options, Tie tie,
                                     Wait wait = Wait::later);

// Waits for the outcome of a start, whatever the class. It has no coroutine, but for a start that takes too long: that
// one kills the process and waits for its end.
class COPPICE_API StartAwaiter final : public AnswerAwaiterBase {
 public:
  StartAwaiter(process::Process& self, const PendingStart& start);
  bool await_ready() { return wait_ == Wait::later && AnswerAwaiterBase::await_ready(); }
  std::expected<Pid, StartError> await_resume();
  bool ready(process::Process& self) override;
  process::WaitReport report(const process::Process&) const override { return {"the start", started_}; }

 private:
  Pid started_;
  Wait wait_;
  std::optional<Task<>> killing_;
};
class [[nodiscard]] StartOp {
 public:
  explicit StartOp(const PendingStart& start) noexcept : start_{start} {}
  StartAwaiter bind(process::Process& self) const { return {self, start_}; }

 private:
  PendingStart start_;
};
inline StartOp await_start(const PendingStart& start) noexcept { return StartOp{start}; }
// What a starter's answer says. `pid`: the process that was started.
COPPICE_API std::expected<Pid, StartError> start_outcome(const StartCall& answer, Pid pid);
[[noreturn]] COPPICE_API void throw_start_failed(StartError error);

template <class S, class... Args>
std::unique_ptr<ServerCore> make_server(Args&&... args) {
  using Server = hosted_t<S>;
  (process::check_stored<Args>(), ...);
  if constexpr (!std::is_same_v<Server, S>) {
    auto core = ServerTraits<S>::make(std::forward<Args>(args)...);
    core->set_declared(process::TypeId::of<S>());
    return core;
  } else {
    static_assert(std::is_base_of_v<GenServer, S>, "start<S>: S must be a server class, derived from GenServer or Supervisor");
    static_assert(std::is_constructible_v<S, process::stored_t<Args>...>,
                  "start<S>(args...): S must be constructible from the arguments, each given as an rvalue copy");
    return std::make_unique<body_t<S>>(std::unique_ptr<Maker<S>>{
        new ArgumentsMaker<S, process::stored_t<Args>...>{std::in_place, std::forward<Args>(args)...}});
  }
}

template <class... Args>
inline constexpr bool begins_with_options = false;
template <class First, class... Rest>
inline constexpr bool begins_with_options<First, Rest...> = std::is_same_v<std::decay_t<First>, StartOptions>;

template <class S, class... Args>
PendingStart begin_start_of(Tie tie, const StartOptions& options, Args&&... args) {
  return begin_start(make_server<S>(std::forward<Args>(args)...), options, tie);
}
// With or without options in front.
template <class S, class... Args>
PendingStart begin_any_start_of(Tie tie, Args&&... args) {
  if constexpr (begins_with_options<Args...>)
    return begin_start_of<S>(tie, std::forward<Args>(args)...);
  else
    return begin_start_of<S>(tie, StartOptions{}, std::forward<Args>(args)...);
}

template <class S>
Task<ServerRef<S>> finish_start(PendingStart start) {
  std::expected<Pid, StartError> pid = co_await await_start(start);
  if (!pid) throw_start_failed(std::move(pid.error()));
  co_return ServerRef<S>{*pid};
}
template <class S>
Task<std::expected<ServerRef<S>, StartError>> try_finish_start(PendingStart start) {
  std::expected<Pid, StartError> pid = co_await await_start(start);
  if (!pid) co_return std::unexpected{std::move(pid.error())};
  co_return ServerRef<S>{*pid};
}

}  // namespace behaviour

// Starts a server of class S with the constructor's arguments, linked to the caller, and waits until it is initialised. The
// first argument may be StartOptions. Throws StartFailed.
template <class S, class... Args>
Task<ServerRef<S>> start_link(Args&&... args) {
  return behaviour::finish_start<S>(behaviour::begin_any_start_of<S>(behaviour::Tie::link, std::forward<Args>(args)...));
}
// The same without a link.
template <class S, class... Args>
Task<ServerRef<S>> start(Args&&... args) {
  return behaviour::finish_start<S>(behaviour::begin_any_start_of<S>(behaviour::Tie::none, std::forward<Args>(args)...));
}
// The same, with failure as a value.
template <class S, class... Args>
Task<std::expected<ServerRef<S>, StartError>> try_start_link(Args&&... args) {
  return behaviour::try_finish_start<S>(behaviour::begin_any_start_of<S>(behaviour::Tie::link, std::forward<Args>(args)...));
}
template <class S, class... Args>
Task<std::expected<ServerRef<S>, StartError>> try_start(Args&&... args) {
  return behaviour::try_finish_start<S>(behaviour::begin_any_start_of<S>(behaviour::Tie::none, std::forward<Args>(args)...));
}

}  // namespace coppice

template <>
struct fmt::formatter<coppice::StartError> {
  constexpr auto parse(format_parse_context& ctx) { return ctx.begin(); }
  template <class Context>
  auto format(const coppice::StartError& error, Context& ctx) const {
    return coppice::base::write_text(ctx.out(), error.text());
  }
};
template <>
struct fmt::formatter<coppice::behaviour::AlreadyStarted> {
  constexpr auto parse(format_parse_context& ctx) { return ctx.begin(); }
  template <class Context>
  auto format(const coppice::behaviour::AlreadyStarted& a, Context& ctx) const {
    return coppice::base::format_to(ctx.out(), "already_started({})", a.pid);
  }
};
