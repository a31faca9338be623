// The processes behind Runtime::run and async_call: their outcome goes to a plain thread.
#pragma once

#include <chrono>
#include <exception>
#include <expected>
#include <functional>
#include <future>
#include <memory>
#include <optional>
#include <tuple>
#include <type_traits>
#include <utility>

#include <coppice/base/export.hpp>
#include <coppice/base/sync.hpp>
#include <coppice/behaviour/call_op.hpp>
#include <coppice/process/body.hpp>
#include <coppice/process/current.hpp>
#include <coppice/process/exit_reason.hpp>
#include <coppice/process/spawn.hpp>
#include <coppice/process/task.hpp>
#include <coppice/system/external.hpp>

namespace coppice::hosting {

// Where a main process leaves its outcome, and who waits for it.
class COPPICE_API OutcomeBase {
 public:
  // Why the process ended; null if it returned a value.
  void end(std::optional<ExitReason> reason) noexcept;
  // Waits until the process has ended, or `interrupted` says to look elsewhere.
  void wait();

 protected:
  // Throws what ended the process, if anything did.
  void rethrow() const;

 private:
  base::Mutex lock_;
  base::CondVar ended_;
  bool done_ = false;
  std::optional<ExitReason> reason_;
};

template <class T>
class Outcome final : public OutcomeBase {
 public:
  std::optional<std::conditional_t<std::is_void_v<T>, bool, T>> value;
  T take() {
    rethrow();
    if constexpr (!std::is_void_v<T>) return std::move(*value);
  }
};

template <class F, class... Args>
class MainBody final : public process::Body {
 public:
  using Raw = std::invoke_result_t<F&, Args...>;
  static_assert(process::is_task<Raw>, "run(f, args...): f must return a Task");
  using Value = typename Raw::value_type;

  template <class G, class... Given>
  explicit MainBody(std::shared_ptr<Outcome<Value>> outcome, G&& f, Given&&... args)
      : outcome_{std::move(outcome)}, function_{std::forward<G>(f)}, arguments_{std::forward<Given>(args)...} {}
  ~MainBody() override {
    task_.reset();
    std::optional<ExitReason> reason;
    if (!outcome_->value) {
      const process::Process* self = process::current();
      reason = self == nullptr ? ExitReason::killed() : self->exit_reason();
    }
    outcome_->end(std::move(reason));
  }

  process::Step step(process::Process& self) override {
    if (!task_) {
      task_.emplace(std::apply([this](Args&... args) { return std::invoke(function_, std::move(args)...); }, arguments_));
      task_->start_in(self);
      return process::Step::again;
    }
    if constexpr (std::is_void_v<Value>) {
      task_->result();
      outcome_->value = true;
    } else {
      outcome_->value.emplace(task_->result());
    }
    return process::Step::ended;
  }
  process::TypeId what() const noexcept override { return process::TypeId::of<F>(); }

 private:
  std::shared_ptr<Outcome<Value>> outcome_;
  F function_;
  [[no_unique_address]] std::tuple<Args...> arguments_;
  std::optional<Raw> task_;
};

template <class R>
Task<> async_call_process(std::unique_ptr<std::promise<R>> promise, Pid server, timing::Duration timeout,
                          process::CallPtr call) {
  std::expected<R, CallError> reply =
      co_await behaviour::CallOp<R, behaviour::OnFailure::returns>{server, std::move(call), timeout};
  if (!reply)
    promise->set_exception(std::make_exception_ptr(CallFailed{std::move(reply.error())}));
  else if constexpr (std::is_void_v<R>)
    promise->set_value();
  else
    promise->set_value(std::move(*reply));
}
// If it is killed with its runtime, the future gets a broken promise.
template <class R>
std::unique_ptr<process::Body> make_async_call(std::unique_ptr<std::promise<R>> promise, Pid server, timing::Duration timeout,
                                               process::CallPtr call) {
  return process::make_function_body(&async_call_process<R>, std::move(promise), server, timeout, std::move(call));
}

// The exit code that `main` returns; 1, and a line on stderr, for what leaves it.
template <class Main>
int exit_code(Main&& main);
COPPICE_API int failed_exit_code() noexcept;

template <class Main>
int exit_code(Main&& main) {
  try {
    if constexpr (std::is_void_v<std::invoke_result_t<Main>>)
      return std::forward<Main>(main)(), 0;
    else
      return std::forward<Main>(main)();
  } catch (...) {
    return failed_exit_code();
  }
}

}  // namespace coppice::hosting
