// blocking: runs a function that blocks (a system call, a long computation) on a pool of threads that grows, while the
// calling process is suspended and its worker goes on with others.
//
//   std::size_t n = co_await blocking([](const std::string& s) { return s.size(); }, text);
//
// The function and its arguments are stored as decayed copies (text as std::string, views refused). What it throws is thrown
// by the co_await. A process that is killed meanwhile ends when the function has returned (at once, if it had not started):
// nothing is declared dead while its code runs, so the function may use what the process holds. It runs outside any process:
// self() throws there. Throws ProcessError (system_limit) if there is no thread to be had.
#pragma once

#include <concepts>
#include <coroutine>
#include <exception>
#include <functional>
#include <optional>
#include <tuple>
#include <type_traits>
#include <utility>
#include <variant>

#include <coppice/base/export.hpp>
#include <coppice/process/completion.hpp>
#include <coppice/process/process.hpp>
#include <coppice/process/spawn.hpp>
#include <coppice/schedule/blocking_pool.hpp>

namespace coppice {

namespace process {

class COPPICE_API BlockingWaiter : public Waiter, protected schedule::Job {
 public:
  bool ready(Process&) final { return done_.arrived; }
  bool cancel(Process& self) final;
  WaitReport report(const Process&) const final { return {"blocking work"}; }

 protected:
  explicit BlockingWaiter(Process& self) noexcept : self_{self}, pid_{self.pid()} {}
  ~BlockingWaiter() = default;
  BlockingWaiter(const BlockingWaiter&) = delete;
  BlockingWaiter& operator=(const BlockingWaiter&) = delete;

  void submit();
  // On the pool's thread, as its last act.
  void complete() noexcept;

  std::exception_ptr error_;

 private:
  Process& self_;
  Pid pid_;
  CompletionSignal done_;
};

template <class F, class... Args>
class BlockingOp {
 public:
  using Result = std::invoke_result_t<F, Args...>;
  static_assert(!std::is_reference_v<Result>, "a blocking function returns a value");

  template <class G, class... Given>
  explicit BlockingOp(std::in_place_t, G&& f, Given&&... args)
      : function_{std::forward<G>(f)}, arguments_{std::forward<Given>(args)...} {}

  class Awaiter final : public BlockingWaiter {
   public:
    Awaiter(BlockingOp& op, Process& self) noexcept : BlockingWaiter{self}, op_{op} { this->run = &Awaiter::work; }
    bool await_ready() const noexcept { return false; }
    void await_suspend(std::coroutine_handle<>) { submit(); }
    Result await_resume() {
      if (error_) std::rethrow_exception(error_);
      if constexpr (!std::is_void_v<Result>) return std::move(*result_);
    }

   private:
    static void work(schedule::Job& job) noexcept {
      auto& self = static_cast<Awaiter&>(job);
      try {
        if constexpr (std::is_void_v<Result>)
          std::apply(std::move(self.op_.function_), std::move(self.op_.arguments_));
        else
          self.result_.emplace(std::apply(std::move(self.op_.function_), std::move(self.op_.arguments_)));
      } catch (...) {
        self.error_ = std::current_exception();
      }
      self.complete();
    }

    BlockingOp& op_;
    std::optional<std::conditional_t<std::is_void_v<Result>, std::monostate, Result>> result_;
  };
  Awaiter bind(Process& self) noexcept { return Awaiter{*this, self}; }

 private:
  F function_;
  [[no_unique_address]] std::tuple<Args...> arguments_;
};

}  // namespace process

template <class F, class... Args>
[[nodiscard]] auto blocking(F&& f, Args&&... args) {
  (process::check_stored<Args>(), ...);
  using Function = std::decay_t<F>;
  static_assert(std::is_invocable_v<Function, process::stored_t<Args>...>,
                "blocking(f, args...): f must be callable with the arguments, each given as an rvalue copy");
  return process::BlockingOp<Function, process::stored_t<Args>...>{std::in_place, std::forward<F>(f),
                                                                   std::forward<Args>(args)...};
}

}  // namespace coppice
