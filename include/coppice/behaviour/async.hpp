// async, await: work in a process of its own whose value is fetched later (Elixir's Task.async and await).
//
//   auto handle = async(fetch, url);          // linked: if either crashes, so does the other (unless it traps exits)
//   Page page = co_await await(handle);       // what the work threw is thrown here as an ExitSignal
#pragma once

#include <memory>
#include <optional>
#include <tuple>
#include <type_traits>
#include <utility>

#include <coppice/base/export.hpp>
#include <coppice/behaviour/call_op.hpp>
#include <coppice/process/body.hpp>
#include <coppice/process/current.hpp>
#include <coppice/process/spawn.hpp>
#include <coppice/process/task.hpp>

namespace coppice {

namespace behaviour {

// The room for an async's value: a call's block that is never sent as a request.
template <class T>
struct AsyncSlot final : ReplySlot<T> {
  AsyncSlot() noexcept : ReplySlot<T>{async_type, process::TypeId::of<AsyncSlot>()} {}
  static constexpr process::SignalType async_type{process::TypeId::of<AsyncSlot>(), &process::destroy_as<AsyncSlot>};
};

// Prepares the block: a number of the caller's, noted as outstanding.
COPPICE_API std::uint64_t prepare_async(process::CallSignal& slot, Pid& caller);

template <class F, class... Args>
class AsyncBody final : public process::Body {
 public:
  using Raw = std::invoke_result_t<F&, Args...>;
  using Value = typename Raw::value_type;
  using Slot = AsyncSlot<Value>;

  template <class G, class... Given>
  AsyncBody(process::SignalPtr<Slot> slot, G&& f, Given&&... args)
      : slot_{std::move(slot)}, function_{std::forward<G>(f)}, arguments_{std::forward<Given>(args)...} {}
  // In the process, as it ends: what was not answered with a value is answered with the reason.
  ~AsyncBody() override {
    if (slot_ == nullptr) return;
    process::Process* self = process::current();
    process::fail(process::CallPtr{slot_.release()}, CallError::Kind::exit,
                  self == nullptr ? ExitReason::killed() : self->exit_reason());
  }

  process::Step step(process::Process& self) override {
    if (!task_) {
      task_.emplace(std::apply([this](Args&... args) { return std::invoke(function_, std::move(args)...); }, arguments_));
      task_->start_in(self);
      return process::Step::again;
    }
    if constexpr (std::is_void_v<Value>) {
      task_->result();
      slot_->set_reply();
    } else {
      slot_->set_reply(task_->result());
    }
    process::answer(process::CallPtr{slot_.release()});
    return process::Step::ended;
  }
  process::TypeId what() const noexcept override { return process::TypeId::of<F>(); }

 private:
  process::SignalPtr<Slot> slot_;
  F function_;
  [[no_unique_address]] std::tuple<Args...> arguments_;
  std::optional<Raw> task_;
};

}  // namespace behaviour

// An async that runs, and its value to come. To be awaited by the process that made it. Dropping it forgets the value; the
// process goes on.
template <class T>
class [[nodiscard]] TaskHandle {
 public:
  TaskHandle(Pid pid, RequestHandle<T> request) noexcept : pid_{pid}, request_{std::move(request)} {}
  // The process that does the work.
  Pid pid() const noexcept { return pid_; }
  RequestHandle<T>& request() noexcept { return request_; }

 private:
  Pid pid_;
  RequestHandle<T> request_;
};

// Runs `f(args...)`, which returns a Task<T>, in a new process that is linked to the caller. Stored as for spawn().
// (The constraint makes it the better match where the arguments' types bring std::async in.)
template <class F, class... Args>
  requires process::is_task<std::invoke_result_t<std::decay_t<F>&, process::stored_t<Args>...>>
auto async(F&& f, Args&&... args) {
  (process::check_stored<Args>(), ...);
  using Function = std::decay_t<F>;
  static_assert(std::is_invocable_v<Function&, process::stored_t<Args>...>,
                "async(f, args...): f must be callable with the arguments, each given as an rvalue copy");
  using Body = behaviour::AsyncBody<Function, process::stored_t<Args>...>;
  process::SignalPtr<typename Body::Slot> slot{base::pool_new<typename Body::Slot>()};
  Pid caller;
  const std::uint64_t number = behaviour::prepare_async(*slot, caller);
  RequestHandle<typename Body::Value> request{caller, Pid{}, number};
  const Pid pid = process::give_birth_here(
                      std::make_unique<Body>(std::move(slot), std::forward<F>(f), std::forward<Args>(args)...), {.link = true})
                      .pid;
  return TaskHandle<typename Body::Value>{pid, std::move(request)};
}

// The value, or std::unexpected with the reason why there is none: the work ended without one, or not in time.
template <class T>
[[nodiscard]] auto try_await(TaskHandle<T>& handle, timing::Duration timeout = timing::forever) {
  return handle.request().response(timeout);
}
// The value; if there is none, the caller ends with an ExitSignal that says why.
template <class T>
Task<T> await(TaskHandle<T>& handle, timing::Duration timeout = timing::forever) {
  std::expected<T, CallError> value = co_await handle.request().response(timeout);
  if (!value) throw ExitSignal{ExitReason::custom(std::move(value.error()))};
  if constexpr (!std::is_void_v<T>) co_return std::move(*value);
}

}  // namespace coppice
