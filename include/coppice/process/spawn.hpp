// spawn, spawn_link, spawn_monitor: starting processes (erlang:spawn and friends).
//
// A process is any callable that returns a Task<>, with arguments. Callable and arguments are stored in the new process as
// decayed copies (text as std::string; views are refused), so captures and parameters cannot dangle. A process belongs to
// the runtime of who spawned it and ends with it. Throws ProcessError: outside of a process, or when no slot is left.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <tuple>
#include <type_traits>
#include <utility>

#include <coppice/base/export.hpp>
#include <coppice/process/body.hpp>
#include <coppice/process/pid.hpp>
#include <coppice/process/task.hpp>

namespace coppice {

// Which thread a process runs on: one of the scheduler's, or one of its own.
enum class ProcessThread : std::uint8_t { shared, dedicated };
inline constexpr ProcessThread dedicated = ProcessThread::dedicated;

struct SpawnOptions {
  ProcessThread thread = ProcessThread::shared;
  std::string_view label = {};  // as set_label() from the start
  bool link = false;            // spawn and spawn_monitor: also link (spawn_opt with [link, monitor])
};

// What spawn_monitor gives.
struct SpawnedMonitor {
  Pid pid;
  MonitorRef ref;
};

namespace process {

class Host;

// How a process comes into being.
struct Birth {
  Process* parent = nullptr;  // null: outside of any process
  bool link = false;
  bool monitor = false;
  bool owned = false;         // ends with its parent
  ProcessThread thread = ProcessThread::shared;
  std::string_view label = {};
};

struct Born {
  Pid pid;
  MonitorRef ref;
};

COPPICE_API Born give_birth(Host& host, std::unique_ptr<Body> body, const Birth& birth);
// In the calling process; throws outside of one.
COPPICE_API Born give_birth_here(std::unique_ptr<Body> body, Birth birth);

// How a value is stored in the new process.
template <class T>
struct Stored {
  using type = std::decay_t<T>;
};
template <class T>
  requires std::is_same_v<std::decay_t<T>, const char*> || std::is_same_v<std::decay_t<T>, char*>
struct Stored<T> {
  using type = std::string;
};
template <class T>
using stored_t = typename Stored<T>::type;

template <class T>
inline constexpr bool is_view = false;
template <class C, class Traits>
inline constexpr bool is_view<std::basic_string_view<C, Traits>> = true;
template <class T, std::size_t N>
inline constexpr bool is_view<std::span<T, N>> = true;
template <class T>
inline constexpr bool is_view<std::reference_wrapper<T>> = true;

template <class T>
constexpr void check_stored() {
  static_assert(!is_view<std::decay_t<T>>,
                "a view or reference_wrapper may dangle in another process: pass a copy, such as std::string");
}

// A process that runs one callable.
template <class F, class... Args>
class FunctionBody final : public Body {
 public:
  using Result = std::invoke_result_t<F&, Args...>;

  template <class G, class... Given>
  explicit FunctionBody(std::in_place_t, G&& f, Given&&... args)
      : function_{std::forward<G>(f)}, arguments_{std::forward<Given>(args)...} {}

  Step step(Process& self) override {
    if (!task_) {
      task_.emplace(std::apply([this](Args&... args) { return std::invoke(function_, std::move(args)...); }, arguments_));
      task_->start_in(self);
      return Step::again;
    }
    if (const std::exception_ptr error = task_->error()) std::rethrow_exception(error);
    return Step::ended;
  }
  TypeId what() const noexcept override { return TypeId::of<F>(); }

 private:
  F function_;
  [[no_unique_address]] std::tuple<Args...> arguments_;
  std::optional<Result> task_;
};

template <class T>
inline constexpr bool is_task = false;
template <class T>
inline constexpr bool is_task<Task<T>> = true;

template <class F, class... Args>
std::unique_ptr<Body> make_function_body(F&& f, Args&&... args) {
  (check_stored<Args>(), ...);
  using Function = std::decay_t<F>;
  static_assert(std::is_invocable_v<Function&, stored_t<Args>...>,
                "the callable of a process must be callable with the arguments, each given as an rvalue copy");
  static_assert(is_task<std::invoke_result_t<Function&, stored_t<Args>...>>, "a process is a callable that returns a Task");
  return std::make_unique<FunctionBody<Function, stored_t<Args>...>>(std::in_place, std::forward<F>(f),
                                                                     std::forward<Args>(args)...);
}

template <class F>
concept NotSpawnOptions = !std::is_same_v<std::decay_t<F>, SpawnOptions>;

}  // namespace process

template <process::NotSpawnOptions F, class... Args>
Pid spawn(F&& f, Args&&... args) {
  return process::give_birth_here(process::make_function_body(std::forward<F>(f), std::forward<Args>(args)...), {}).pid;
}
template <process::NotSpawnOptions F, class... Args>
Pid spawn(SpawnOptions options, F&& f, Args&&... args) {
  return process::give_birth_here(process::make_function_body(std::forward<F>(f), std::forward<Args>(args)...),
                                  {.link = options.link, .thread = options.thread, .label = options.label})
      .pid;
}
template <process::NotSpawnOptions F, class... Args>
Pid spawn_link(F&& f, Args&&... args) {
  return process::give_birth_here(process::make_function_body(std::forward<F>(f), std::forward<Args>(args)...),
                                  {.link = true})
      .pid;
}
template <process::NotSpawnOptions F, class... Args>
Pid spawn_link(SpawnOptions options, F&& f, Args&&... args) {
  return process::give_birth_here(process::make_function_body(std::forward<F>(f), std::forward<Args>(args)...),
                                  {.link = true, .thread = options.thread, .label = options.label})
      .pid;
}
template <process::NotSpawnOptions F, class... Args>
SpawnedMonitor spawn_monitor(F&& f, Args&&... args) {
  const process::Born born = process::give_birth_here(
      process::make_function_body(std::forward<F>(f), std::forward<Args>(args)...), {.monitor = true});
  return {born.pid, born.ref};
}
template <process::NotSpawnOptions F, class... Args>
SpawnedMonitor spawn_monitor(SpawnOptions options, F&& f, Args&&... args) {
  const process::Born born = process::give_birth_here(
      process::make_function_body(std::forward<F>(f), std::forward<Args>(args)...),
      {.link = options.link, .monitor = true, .thread = options.thread, .label = options.label});
  return {born.pid, born.ref};
}

}  // namespace coppice
