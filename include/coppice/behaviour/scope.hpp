// scope: structured ownership. What is started in a scope has ended when the scope has.
//
//   co_await scope([](Scope& s) -> Task<> {
//     Pid helper = s.spawn(helper_main);
//     ServerRef<Cache> cache = co_await s.start<Cache>(1024);
//     ...
//   });                                        // both have ended here, however this was left
//
// When the body ends (or throws), what still runs gets exit signals `shutdown`; who has not ended after 5 s is killed. When
// the owner itself is killed, all get an exit signal with it. The owner does not die of them: an end of what is in the scope
// is the business of who monitors it.
#pragma once

#include <exception>
#include <optional>
#include <type_traits>
#include <utility>
#include <vector>

#include <coppice/base/export.hpp>
#include <coppice/behaviour/start.hpp>
#include <coppice/process/pid.hpp>
#include <coppice/process/spawn.hpp>
#include <coppice/process/task.hpp>

namespace coppice {

class COPPICE_API Scope {
 public:
  Scope() = default;
  Scope(const Scope&) = delete;
  Scope& operator=(const Scope&) = delete;

  // As coppice::spawn, owned by the scope.
  template <class F, class... Args>
  Pid spawn(F&& f, Args&&... args) {
    return own(process::give_birth_here(process::make_function_body(std::forward<F>(f), std::forward<Args>(args)...),
                                        {.owned = true})
                   .pid);
  }
  // As coppice::start, owned by the scope.
  template <class S, class... Args>
  Task<ServerRef<S>> start(Args&&... args) {
    const behaviour::PendingStart pending =
        behaviour::begin_any_start_of<S>(behaviour::Tie::owned, std::forward<Args>(args)...);
    own(pending.pid);
    return behaviour::finish_start<S>(pending);
  }

  // Ends what runs, and waits for it. scope() does it.
  Task<> end();

 private:
  Pid own(Pid pid);

  std::vector<Pid> owned_;
  std::size_t prune_at_ = 64;
};

// Runs `body(Scope&)`, a coroutine, then ends what it started, then gives its value or throws what it threw.
template <class F>
auto scope(F body) -> std::invoke_result_t<F&, Scope&> {
  using T = typename std::invoke_result_t<F&, Scope&>::value_type;
  Scope owned;
  std::exception_ptr error;
  if constexpr (std::is_void_v<T>) {
    try {
      co_await body(owned);
    } catch (...) {
      error = std::current_exception();
    }
    co_await owned.end();
    if (error) std::rethrow_exception(error);
  } else {
    std::optional<T> value;
    try {
      value.emplace(co_await body(owned));
    } catch (...) {
      error = std::current_exception();
    }
    co_await owned.end();
    if (error) std::rethrow_exception(error);
    co_return std::move(*value);
  }
}

}  // namespace coppice
