// Runtime: a system of processes of its own: scheduler, timers, names, a root supervisor. run(): a whole program in one.
//
// A program mostly says `int main() { return coppice::run(my_main); }`. With a Runtime of its own it uses processes from
// plain threads: starts servers, calls them (blocking, or with a future), waits for ends. Several runtimes may live beside
// each other and send to each other; names are each runtime's own.
//
// Thread safety: all members by any thread, but construction, destruction and stop() once. Calls that wait must not be made
// on a scheduler's thread (they would hold it): there they throw std::logic_error.
#pragma once

#include <chrono>
#include <cstdint>
#include <expected>
#include <future>
#include <memory>
#include <optional>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include <coppice/base/export.hpp>
#include <coppice/behaviour/server_ref.hpp>
#include <coppice/process/events.hpp>
#include <coppice/process/exit_reason.hpp>
#include <coppice/process/spawn.hpp>
#include <coppice/process/task.hpp>
#include <coppice/supervision/supervisor_ref.hpp>
#include <coppice/system/external.hpp>
#include <coppice/system/main_body.hpp>
#include <coppice/system/options.hpp>
#include <coppice/time/instant.hpp>

namespace coppice {

namespace process {
class Host;
}

// Why a runtime could not stop in time: processes that did not come back.
class COPPICE_API StopError {
 public:
  StopError(std::uint64_t count, std::vector<std::string> left) : count_{count}, left_{std::move(left)} {}
  // How many processes are left.
  std::uint64_t count() const noexcept { return count_; }
  // Some of them, by name or pid.
  const std::vector<std::string>& processes() const noexcept { return left_; }
  std::string text() const;

 private:
  std::uint64_t count_;
  std::vector<std::string> left_;
};

class Runtime;

namespace hosting {

// The start and the stop of a runtime in their parts, for a simulator, which has no thread that could wait for them.
struct COPPICE_API Stages {
  static SupervisorSpec root_spec();
  static void set_tree(Runtime& runtime, ServerRef<StaticSupervisor> root, ServerRef<StaticSupervisor> user);
  static Pid spawn(Runtime& runtime, std::unique_ptr<process::Body> body);
  // Asks every root that has not been asked to end; `asked` is for the next round.
  static void ask_roots(process::Host& host, std::vector<std::uint32_t>& asked);
};

}  // namespace hosting

class COPPICE_API Runtime {
 public:
  // Checks the options (BadOption names the wrong one and its range), starts the threads and the root supervisor.
  explicit Runtime(const RuntimeOptions& options = {});
  // stop()s; waits as long as it takes.
  ~Runtime();
  Runtime(const Runtime&) = delete;
  Runtime& operator=(const Runtime&) = delete;

  // Runs a coroutine as a process and waits for its value. What leaves it as an exception is thrown here; an exit for
  // another reason than normal is thrown as ExitSignal.
  template <class F, class... Args>
  auto run(F&& f, Args&&... args) {
    using Body = hosting::MainBody<std::decay_t<F>, process::stored_t<Args>...>;
    auto outcome = std::make_shared<hosting::Outcome<typename Body::Value>>();
    run_main(std::make_unique<Body>(outcome, std::forward<F>(f), std::forward<Args>(args)...), *outcome);
    return outcome->take();
  }

  // Starts a server in the `user` branch, linked to nobody, and waits for its start. Throws StartFailed.
  template <class S, class... Args>
  ServerRef<S> start(Args&&... args) {
    std::expected<ServerRef<S>, StartError> started = try_start<S>(std::forward<Args>(args)...);
    if (!started) throw StartFailed{std::move(started.error())};
    return *started;
  }
  template <class S, class... Args>
  std::expected<ServerRef<S>, StartError> try_start(Args&&... args) {
    std::expected<Pid, StartError> pid = [&] {
      if constexpr (behaviour::begins_with_options<Args...>)
        return start_core<S>(std::forward<Args>(args)...);
      else
        return start_core<S>(StartOptions{}, std::forward<Args>(args)...);
    }();
    if (!pid) return std::unexpected{std::move(pid.error())};
    return ServerRef<S>{*pid};
  }
  // Starts a plain process.
  template <class F, class... Args>
  Pid spawn(F&& f, Args&&... args) {
    return spawn_body(process::make_function_body(std::forward<F>(f), std::forward<Args>(args)...));
  }
  template <class M, class... Args>
  void send(Pid to, Args&&... args) {
    send_signal(to, base::pool_new<process::MessageSignal<M>>(std::forward<Args>(args)...));
  }
  template <int = 0, class M>
  void send(Pid to, M&& message) {
    send<std::decay_t<M>>(to, std::forward<M>(message));
  }

  // Calls a server and blocks the calling thread until the reply has come. Throws CallFailed.
  template <class M, class S, class... Args>
  behaviour::result_t<S, M> call(ServerRef<S> server, timing::Duration timeout, Args&&... args) {
    auto reply = try_call<M>(server, timeout, std::forward<Args>(args)...);
    if (!reply) throw CallFailed{std::move(reply.error())};
    if constexpr (!std::is_void_v<behaviour::result_t<S, M>>) return std::move(*reply);
  }
  template <int = 0, class S, class M>
  auto call(ServerRef<S> server, M&& message, timing::Duration timeout = behaviour::default_call_timeout) {
    return call<std::decay_t<M>>(server, timeout, std::forward<M>(message));
  }
  template <class M, class S, class... Args>
  std::expected<behaviour::result_t<S, M>, CallError> try_call(ServerRef<S> server, timing::Duration timeout, Args&&... args) {
    behaviour::require_call<behaviour::hosted_t<S>, M>();
    return hosting::external_call<behaviour::result_t<S, M>>(*host_, server.pid(), timeout,
                                                             behaviour::make_call<S, M>(std::forward<Args>(args)...));
  }
  template <int = 0, class S, class M>
  auto try_call(ServerRef<S> server, M&& message, timing::Duration timeout = behaviour::default_call_timeout) {
    return try_call<std::decay_t<M>>(server, timeout, std::forward<M>(message));
  }
  // By name, looked up in this runtime.
  template <class M, class S, class... Args>
  behaviour::result_t<S, M> call(Name<S> server, timing::Duration timeout, Args&&... args) {
    return call<M>(ServerRef<S>{whereis(server.atom()).value_or(Pid{})}, timeout, std::forward<Args>(args)...);
  }
  // Calls and does not wait: the future gets the value, or CallFailed.
  template <class M, class S, class... Args>
  std::future<behaviour::result_t<S, M>> async_call(ServerRef<S> server, timing::Duration timeout, Args&&... args) {
    behaviour::require_call<behaviour::hosted_t<S>, M>();
    using R = behaviour::result_t<S, M>;
    auto promise = std::make_unique<std::promise<R>>();
    std::future<R> future = promise->get_future();
    spawn_body(hosting::make_async_call<R>(std::move(promise), server.pid(), timeout,
                                           behaviour::make_call<S, M>(std::forward<Args>(args)...)));
    return future;
  }
  template <class M, class S, class... Args>
  void cast(ServerRef<S> server, Args&&... args) {
    behaviour::require_cast<behaviour::hosted_t<S>, M>();
    send_signal(server.pid(), behaviour::make_cast<S, M>(std::forward<Args>(args)...));
  }
  template <int = 0, class S, class M>
  void cast(ServerRef<S> server, M&& message) {
    cast<std::decay_t<M>>(server, std::forward<M>(message));
  }

  // The tree that every runtime has: a root supervisor with a `system` branch (the runtime's own services) and a `user`
  // branch, a one_for_one supervisor. root() and user() may be asked like any supervisor, from a process:
  //   co_await runtime().user().start_child(child<Cache>("cache"));
  ServerRef<StaticSupervisor> root() const noexcept { return root_; }
  ServerRef<StaticSupervisor> user() const noexcept { return user_; }
  // The same from a plain thread: starts a child in the user branch. Throws SupervisorError.
  StartedChild start_child(ChildSpec spec);

  // Sends an exit signal.
  void exit(Pid pid, ExitReason reason);
  // Blocks until the process has ended; why it did (noproc if it had before), or nothing if it has not in time.
  std::optional<ExitReason> wait(Pid pid, timing::Duration timeout);
  std::optional<Pid> whereis(Atom name) const;

  std::uint64_t process_count() const noexcept;
  // Messages that reached nobody, replies that came when nobody waited any more.
  std::uint64_t dead_letter_count() const noexcept;
  std::uint64_t late_reply_count() const noexcept;
  // The process gets a DeadLetter for each message that reaches nobody.
  void subscribe_dead_letters(Pid pid);
  void unsubscribe_dead_letters(Pid pid);
  unsigned schedulers() const noexcept;

  // Ends all: the user branch in order, the system branch, then every process that is left; then the threads. From outside:
  // returns when all is gone. With a deadline: an error that names the processes that did not come back by then; they may,
  // and stop() may be called again. A second stop() after success does nothing.
  void stop();
  std::expected<void, StopError> stop(timing::Duration deadline);

  process::Host& host() noexcept { return *host_; }

 private:
  friend hosting::Stages;
  template <class S, class... Args>
  std::expected<Pid, StartError> start_core(const StartOptions& options, Args&&... args) {
    return start_server(behaviour::make_server<S>(std::forward<Args>(args)...), options);
  }
  std::expected<Pid, StartError> start_server(std::unique_ptr<behaviour::ServerCore> core, const StartOptions& options);
  Pid spawn_body(std::unique_ptr<process::Body> body);
  void send_signal(Pid to, process::Signal* signal) noexcept;
  void run_main(std::unique_ptr<process::Body> body, hosting::OutcomeBase& outcome);
  void start_root();

  struct Parts;  // src/system/runtime_parts.hpp
  std::unique_ptr<Parts> parts_;
  process::Host* host_ = nullptr;
  ServerRef<StaticSupervisor> root_;
  ServerRef<StaticSupervisor> user_;
};

// The runtime of the calling process. Throws ProcessError outside of one.
COPPICE_API Runtime& runtime();

// Runs `main`, a coroutine that returns the program's exit code, or nothing for 0, in a runtime of its own, and stops that
// when it has ended. What leaves it as an exception is printed as its crash report, and the code is 1.
template <class F, class... Args>
int run(F&& main, Args&&... args) {
  Runtime own;
  return hosting::exit_code([&] { return own.run(std::forward<F>(main), std::forward<Args>(args)...); });
}
template <class F, class... Args>
int run_with(const RuntimeOptions& options, F&& main, Args&&... args) {
  Runtime own{options};
  return hosting::exit_code([&] { return own.run(std::forward<F>(main), std::forward<Args>(args)...); });
}

}  // namespace coppice
