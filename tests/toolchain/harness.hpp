// What the canaries are made of: a value that owns memory and notices a wrong destruction, awaiters that hold or give such
// values, and a coroutine type of a few lines.
#pragma once

#include <coroutine>
#include <cstdio>
#include <cstring>
#include <exception>
#include <functional>
#include <initializer_list>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace canary {

inline int live = 0;
inline int wrong_destructions = 0;
inline int wrong_results = 0;
inline bool ended = false;

inline void want(int actual, int expected) { wrong_results += actual != expected; }
inline void count() { want(live, 0); }

// Owns memory and knows whether it was destroyed before.
class Owner {
 public:
  explicit Owner(int value) : value_{new int{value}}, self_{this} { ++live; }
  Owner(const Owner& other) : value_{new int{*other.value_}}, self_{this} { ++live; }
  Owner(Owner&& other) noexcept : value_{std::exchange(other.value_, nullptr)}, self_{this} { ++live; }
  Owner& operator=(const Owner&) = delete;
  ~Owner() {
    if (self_ != this) {
      ++wrong_destructions;
      return;
    }
    self_ = nullptr;
    delete value_;
    --live;
  }
  int value() const { return value_ ? *value_ : 0; }

 private:
  int* value_;
  Owner* self_;
};

struct Aggregate {
  Owner owner;
  int number;
};
struct Base {
  Owner owner;
};
struct Derived : Base {
  int number;
};
struct Nested {
  Aggregate inner;
};
class Class {
 public:
  Class(Owner owner, int number) : owner_{std::move(owner)}, number_{number} {}
  int sum() const { return owner_.value() + number_; }

 private:
  Owner owner_;
  int number_;
};

inline std::coroutine_handle<> parked;

// Suspends; main resumes what is parked until nothing is.
struct Park {
  bool await_ready() const { return false; }
  void await_suspend(std::coroutine_handle<> h) { parked = h; }
  int await_resume() const { return 1; }
};
// An awaiter that holds a value, as the awaiter of a call holds its message.
template <class T>
struct Hold {
  explicit Hold(T v) : value(std::move(v)) {}
  bool await_ready() const { return false; }
  void await_suspend(std::coroutine_handle<> h) { parked = h; }
  int await_resume() { return 1; }
  T value;
};
struct AggregateAwaiter {
  Owner owner;
  bool await_ready() const { return false; }
  void await_suspend(std::coroutine_handle<> h) { parked = h; }
  int await_resume() { return 1; }
};

struct Give {
  int number;
  bool await_ready() const { return false; }
  void await_suspend(std::coroutine_handle<> h) { parked = h; }
  Owner await_resume() const { return Owner{number}; }
};
struct GiveMany {
  bool await_ready() const { return false; }
  void await_suspend(std::coroutine_handle<> h) { parked = h; }
  std::vector<Owner> await_resume() const {
    std::vector<Owner> many;
    many.emplace_back(1);
    many.emplace_back(2);
    return many;
  }
};
struct GiveAggregate {
  bool await_ready() const { return false; }
  void await_suspend(std::coroutine_handle<> h) { parked = h; }
  Aggregate await_resume() const { return Aggregate{Owner{1}, 2}; }
};
struct Throw {
  bool await_ready() const { return false; }
  void await_suspend(std::coroutine_handle<> h) { parked = h; }
  int await_resume() const { throw 1; }
};
struct Ready {
  void* nothing = nullptr;
  bool await_ready() const { return false; }
  void await_suspend(std::coroutine_handle<> h) { parked = h; }
  bool await_resume() const { return true; }
};
inline Ready ready_soon() { return {}; }

// Counts how often it is made, so that a wait that must not be is seen.
inline int awaits = 0;
struct Counted {
  explicit Counted(int n) { awaits += n; }
  Counted owner_in_the_way() const { return Counted{0}; }
  bool await_ready() const { return false; }
  void await_suspend(std::coroutine_handle<> h) { parked = h; }
  int await_resume() const { return 1; }
  Owner owner{1};
};
// Counts how often it was resumed, so that what is evaluated too early is seen.
inline int steps = 0;
struct Step {
  bool await_ready() const { return false; }
  void await_suspend(std::coroutine_handle<> h) { parked = h; }
  bool await_resume() const { return ++steps > 0; }
};
inline Counted count_awaits() { return Counted{1}; }

template <class T>
Hold<std::decay_t<T>> hold(T&& value) {
  return Hold<std::decay_t<T>>{std::forward<T>(value)};
}
template <class T, class... Args>
Hold<T> hold_in_place(Args&&... args) {
  return Hold<T>{T(std::forward<Args>(args)...)};
}
inline Hold<Aggregate> hold_aggregate(Aggregate value) { return Hold<Aggregate>{std::move(value)}; }
inline Park look(const Aggregate&) { return {}; }
inline Park look_class(const Class&) { return {}; }
template <class F>
Park look_at_closure(const F&) {
  return {};
}
inline Park look_at_function(const std::function<int()>&) { return {}; }
inline Aggregate make(int n) { return Aggregate{Owner{n}, n}; }
inline Park look_owner(const Owner&) { return {}; }
inline Park look_list(std::initializer_list<Owner>) { return {}; }
inline Park look_vector(const std::vector<Owner>&) { return {}; }
inline int add(int a, const Aggregate& b) { return a + b.number; }
inline int add_class(int a, const Class& b) { return a + b.sum(); }
inline int sum(const Owner& a, const Owner& b) { return a.value() + b.value(); }

class Run {
 public:
  struct promise_type {
    Run get_return_object() { return Run{std::coroutine_handle<promise_type>::from_promise(*this)}; }
    std::suspend_never initial_suspend() noexcept { return {}; }
    std::suspend_always final_suspend() noexcept { return {}; }
    void return_void() { ended = true; }
    void unhandled_exception() { std::terminate(); }
  };
  explicit Run(std::coroutine_handle<promise_type> h) : handle_{h} {}
  Run(const Run&) = delete;
  Run& operator=(const Run&) = delete;
  ~Run() { handle_.destroy(); }

 private:
  std::coroutine_handle<promise_type> handle_;
};

}  // namespace canary
