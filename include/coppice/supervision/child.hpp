// child, child_from: making child specifications.
//
//   child<Account>("alice", "Alice")                      a server, started with
//   start_link<Account>("Alice") child("clock", run_clock, 1s)                         a plain
//   process, started with spawn_link(run_clock, 1s) child_from("port", [path]() -> Task<Pid> { ...
//   })     whatever a start function of one's own starts and links
//
// Arguments are kept as decayed copies (text as std::string; views and reference_wrapper are
// refused) and copied again for each start, so they must be copyable; what is not is made by the
// function given to child_from. See ChildSpec for the rest.
#pragma once

#include <concepts>
#include <expected>
#include <memory>
#include <string_view>
#include <tuple>
#include <type_traits>
#include <utility>

#include <coppice/base/export.hpp>
#include <coppice/behaviour/server_ref.hpp>
#include <coppice/behaviour/start.hpp>
#include <coppice/process/spawn.hpp>
#include <coppice/process/task.hpp>
#include <coppice/supervision/child_spec.hpp>
#include <coppice/supervision/starter.hpp>

namespace coppice {

namespace supervision {

// Specialised where supervisor classes are declared.
template <class S>
inline constexpr bool is_supervisor = false;

template <class T>
constexpr void check_kept() {
  process::check_stored<T>();
  static_assert(std::copy_constructible<process::stored_t<T>>,
                "a child's arguments are copied for each start: make what cannot be copied in "
                "child_from(id, factory)");
}

COPPICE_API StartOptions start_options(const ChildSpec& spec);

template <class S, class... Args>
class ServerStarter final : public Starter {
 public:
  template <class... Given>
  explicit ServerStarter(std::in_place_t, Given&&... args)
      : arguments_{std::forward<Given>(args)...} {}

  BegunStart begin(const ChildSpec& spec) const override {
    return std::apply(
        [&](const Args&... args) {
          return behaviour::begin_start(behaviour::make_server<S>(args...), start_options(spec),
                                        behaviour::Tie::link, behaviour::Wait::at_once);
        },
        arguments_);
  }

 private:
  [[no_unique_address]] std::tuple<Args...> arguments_;
};

// Spawns a plain process linked to the caller, under the spec's name; if that is taken, by whom.
COPPICE_API StartOutcome spawn_child(const ChildSpec& spec, std::unique_ptr<process::Body> body);

template <class F, class... Args>
class ProcessStarter final : public Starter {
 public:
  template <class G, class... Given>
  explicit ProcessStarter(std::in_place_t, G&& function, Given&&... args)
      : function_{std::forward<G>(function)}, arguments_{std::forward<Given>(args)...} {}

  BegunStart begin(const ChildSpec& spec) const override {
    return std::apply(
        [&](const Args&... args) {
          return spawn_child(spec, process::make_function_body(function_, args...));
        },
        arguments_);
  }

 private:
  [[no_unique_address]] F function_;
  [[no_unique_address]] std::tuple<Args...> arguments_;
};

// What a start function may give, now or from a Task.
template <class S>
StartOutcome as_outcome(std::expected<ServerRef<S>, StartError> started) {
  if (started) return StartedChild{started->pid()};
  return outcome_of(std::unexpected{std::move(started.error())});
}
template <class S>
StartOutcome as_outcome(ServerRef<S> started) {
  return StartedChild{started.pid()};
}
inline StartOutcome as_outcome(Pid started) { return StartedChild{started}; }
inline StartOutcome as_outcome(StartedChild started) { return started; }
inline StartOutcome as_outcome(std::expected<Pid, StartError> started) {
  return outcome_of(std::move(started));
}
inline StartOutcome as_outcome(StartOutcome outcome) { return outcome; }

template <class F>
class FactoryStarter final : public Starter {
 public:
  using Given = std::invoke_result_t<const F&>;
  explicit FactoryStarter(F factory) : factory_{std::move(factory)} {}

  BegunStart begin(const ChildSpec&) const override {
    if constexpr (process::is_task<Given>)
      return run(factory_());
    else
      return as_outcome(factory_());
  }

 private:
  template <class T>
  static Task<StartOutcome> run(Task<T> start) {
    T given = co_await start;
    co_return as_outcome(std::move(given));
  }

  [[no_unique_address]] F factory_;
};

template <class T>
concept StartResult = requires(T given) { as_outcome(std::move(given)); };
template <class T>
inline constexpr bool gives_start = StartResult<T>;
template <class T>
inline constexpr bool gives_start<Task<T>> = StartResult<T>;

template <class S, class... Args>
Shared<Starter> make_starter(Args&&... args) {
  return Shared<Starter>{new S{std::in_place, std::forward<Args>(args)...}};
}

}  // namespace supervision

// A server of class S, constructed from `args` in its process.
template <class S, class... Args>
ChildSpec child(std::string_view id, Args&&... args) {
  (supervision::check_kept<Args>(), ...);
  using Starter = supervision::ServerStarter<S, process::stored_t<Args>...>;
  constexpr ChildType type =
      supervision::is_supervisor<S> ? ChildType::supervisor : ChildType::worker;
  return ChildSpec{id, type, supervision::make_starter<Starter>(std::forward<Args>(args)...)};
}

// A plain process: any callable that returns a Task<>. It counts as started as soon as it is
// spawned. (The number keeps this form apart from child<S>.)
template <int = 0, class F, class... Args>
  requires std::invocable<std::decay_t<F>&, process::stored_t<Args>...>
ChildSpec child(std::string_view id, F&& function, Args&&... args) {
  (supervision::check_kept<Args>(), ...);
  static_assert(std::copy_constructible<std::decay_t<F>>,
                "a child's function is copied for each start: make what cannot be copied in "
                "child_from(id, factory)");
  using Starter = supervision::ProcessStarter<std::decay_t<F>, process::stored_t<Args>...>;
  return ChildSpec{
      id, ChildType::worker,
      supervision::make_starter<Starter>(std::forward<F>(function), std::forward<Args>(args)...)};
}

// A start function of one's own, called in the supervisor's process for each start. It gives, as a
// value or from a Task: a Pid, a ServerRef, a StartedChild (with what else it wants to tell, or
// with no process for OTP's `ignore`), or what try_start_link gives. The process must be linked to
// the supervisor. It is shared by all copies of the spec, so it must be callable as const.
template <class F>
ChildSpec child_from(std::string_view id, F factory) {
  static_assert(std::is_invocable_v<const F&>,
                "the factory of child_from takes no arguments and is callable as const");
  static_assert(supervision::gives_start<std::invoke_result_t<const F&>>,
                "the factory of child_from gives a Pid, a ServerRef, a StartedChild, what "
                "try_start_link gives, or a Task of one");
  return ChildSpec{id, ChildType::worker,
                   supervision::Shared<supervision::Starter>{
                       new supervision::FactoryStarter<F>{std::move(factory)}}};
}

}  // namespace coppice
