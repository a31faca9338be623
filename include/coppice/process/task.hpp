// Task<T>: a coroutine that runs inside a process. `co_await task` runs it to its end and gives its value or its exception.
//
// A task starts when it is awaited (or when it becomes a process). It runs only inside a process, on one stack frame of the
// slice loop: no await of the library resumes another frame; it says which frame is next and returns, and the slice loop
// resumes it. So 10 million nested awaits need no stack. When the process is killed its frames are destroyed innermost
// first, which runs every destructor.
//
// Ownership: a Task owns its frame. Move-only; must be awaited or kept (nodiscard). Only Coppice's own awaitables can be
// awaited in it: anything else would resume the frame on a foreign thread, and is refused at compile time.
#pragma once

#include <concepts>
#include <coroutine>
#include <cstddef>
#include <exception>
#include <memory>
#include <type_traits>
#include <utility>

#include <coppice/base/block_pool.hpp>
#include <coppice/process/process.hpp>
#include <coppice/process/wait_place.hpp>

namespace coppice {

template <class T = void>
class Task;

namespace process {

// What the slice loop knows of a coroutine frame; the base of every promise.
struct Frame {
  std::coroutine_handle<> handle;
  Frame* parent = nullptr;    // the frame that awaits this one; null for a process's or handler's outermost
  Process* process = nullptr;
  Frame** owner = nullptr;    // the Task's pointer to this frame, cleared when a kill destroys the frame from inside

  static void* operator new(std::size_t bytes) { return base::pool_allocate(bytes); }
  static void operator delete(void* memory, std::size_t bytes) noexcept { base::pool_free(memory, bytes); }
};

// Destroys a process's frames from the innermost outwards. Iterative: the chain may be long.
COPPICE_API void destroy_frames(Frame* innermost) noexcept;

// An awaitable of the library: `bind(Process&)` gives the awaiter.
template <class Op>
concept ProcessAwaitable = requires(Op&& op, Process& self) { std::forward<Op>(op).bind(self); };

template <class T>
struct TaskAwaiter {
  Task<T>& task;
  Frame& parent;

  bool await_ready() const noexcept { return false; }
  void await_suspend(std::coroutine_handle<>) const noexcept {
    Frame* child = task.frame_;
    child->parent = &parent;
    child->process = parent.process;
    child->owner = &task.frame_;
    parent.process->frame = child;
  }
  T await_resume() const { return task.result(); }
};

template <class Awaited>
struct NotAwaitableInAProcess;

// Nothing yet, or what the coroutine returned, or what it threw. A std::variant would say the same, but every type of result
// would make its templates anew, which is most of what a further coroutine costs to compile.
template <class T>
struct PromiseResult {
  PromiseResult() noexcept {}
  PromiseResult(const PromiseResult&) = delete;
  PromiseResult& operator=(const PromiseResult&) = delete;
  ~PromiseResult() { clear(); }

  template <class U = T>
    requires std::convertible_to<U, T>
  void return_value(U&& value) {
    std::construct_at(&value_, std::forward<U>(value));
    state_ = State::returned;
  }
  // Also after return_value(), when a destructor in the coroutine's body throws.
  void fail(std::exception_ptr e) noexcept {
    clear();
    std::construct_at(&error_, std::move(e));
    state_ = State::failed;
  }
  // Once the coroutine is at its end.
  T take() {
    if (state_ != State::returned) [[unlikely]] std::rethrow_exception(error_);
    return std::move(value_);
  }
  std::exception_ptr error() const noexcept {
    if (state_ == State::failed) return error_;
    return nullptr;
  }

 private:
  enum class State : unsigned char { open, returned, failed };

  void clear() noexcept {
    if (state_ == State::returned) std::destroy_at(&value_);
    if (state_ == State::failed) std::destroy_at(&error_);
    state_ = State::open;
  }

  union {
    T value_;
    std::exception_ptr error_;
  };
  State state_ = State::open;
};

template <>
struct PromiseResult<void> {
  std::exception_ptr exception;
  void return_void() const noexcept {}
  void fail(std::exception_ptr e) noexcept { exception = std::move(e); }
  void take() const {
    if (exception) std::rethrow_exception(exception);
  }
  std::exception_ptr error() const noexcept { return exception; }
};

template <class T>
struct Promise : Frame, PromiseResult<T> {
  Promise() { handle = std::coroutine_handle<Promise>::from_promise(*this); }
  Task<T> get_return_object() noexcept { return Task<T>{*this}; }
  std::suspend_always initial_suspend() const noexcept { return {}; }
  struct Final {
    bool await_ready() const noexcept { return false; }
    void await_suspend(std::coroutine_handle<Promise> self) const noexcept {
      self.promise().process->frame = self.promise().parent;
    }
    void await_resume() const noexcept {}
  };
  Final final_suspend() const noexcept { return {}; }
  void unhandled_exception() noexcept { this->fail(std::current_exception()); }

  template <class U>
  TaskAwaiter<U> await_transform(Task<U>&& task,
                                 WaitPlace where = WaitPlace::current()) noexcept {
    note_wait(*this, where);
    return {task, *this};
  }
  template <class U>
  TaskAwaiter<U> await_transform(Task<U>& task,
                                 WaitPlace where = WaitPlace::current()) noexcept {
    note_wait(*this, where);
    return {task, *this};
  }
  template <class Op>
    requires ProcessAwaitable<Op>
  auto await_transform(Op&& op, WaitPlace where = WaitPlace::current()) {
    note_wait(*this, where);
    return std::forward<Op>(op).bind(*process);
  }
  template <class Op>
    requires(!ProcessAwaitable<Op>)
  NotAwaitableInAProcess<std::remove_cvref_t<Op>> await_transform(Op&&) = delete;
};

}  // namespace process

template <class T>
class [[nodiscard]] Task {
 public:
  using promise_type = process::Promise<T>;
  using value_type = T;

  // For the library: no coroutine, until one is moved in.
  explicit Task(std::nullptr_t) noexcept : frame_{nullptr} {}
  Task(Task&& other) noexcept : frame_{std::exchange(other.frame_, nullptr)} {}
  Task& operator=(Task&& other) noexcept {
    std::swap(frame_, other.frame_);
    return *this;
  }
  ~Task() {
    if (frame_ != nullptr) frame_->handle.destroy();
  }

  // For the library: makes this the outermost frame of a process; `result()` when it has ended.
  void start_in(process::Process& self) noexcept {
    frame_->parent = nullptr;
    frame_->process = &self;
    frame_->owner = &frame_;
    self.frame = frame_;
  }
  // Whether there is a coroutine, ended or not.
  bool is_there() const noexcept { return frame_ != nullptr; }
  T result() { return static_cast<promise_type*>(frame_)->take(); }
  std::exception_ptr error() const noexcept { return static_cast<promise_type*>(frame_)->error(); }

 private:
  friend promise_type;
  friend struct process::TaskAwaiter<T>;
  explicit Task(promise_type& promise) noexcept : frame_{&promise} {}

  process::Frame* frame_;
};

}  // namespace coppice
