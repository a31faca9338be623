// send: gives a message to a process, by pid or by name (erlang:send/2, the ! operator).
//
// It never waits and never fails for a pid: what reaches nobody becomes a dead letter, counted and told to who subscribed.
// Any movable type is a message; it is moved or made in place, never copied behind one's back. From one sender to one
// receiver messages keep their order. Nothing of the receiver runs in the sender. Callable from any thread.
#pragma once

#include <type_traits>
#include <utility>

#include <coppice/base/block_pool.hpp>
#include <coppice/base/export.hpp>
#include <coppice/process/atom.hpp>
#include <coppice/process/pid.hpp>
#include <coppice/process/signal.hpp>

namespace coppice {

namespace process {

COPPICE_API void send_message(Pid to, Signal* message) noexcept;
// Throws ProcessError (bad_argument) if nobody has the name, as OTP does; takes the message all the same.
COPPICE_API void send_message(Atom name, Signal* message);

template <class T>
constexpr void check_message_type() {
  static_assert(std::is_object_v<T> && !std::is_const_v<T>, "a message is a value: send a plain object type");
  static_assert(std::is_nothrow_destructible_v<T>, "a message's destructor must not throw");
}

}  // namespace process

// Makes a T of `args` in the message itself.
template <class T, class... Args>
void send(Pid to, Args&&... args) {
  process::check_message_type<T>();
  process::send_message(to, base::pool_new_message<process::MessageSignal<T>>(std::forward<Args>(args)...));
}
template <class T, class... Args>
void send(Atom name, Args&&... args) {
  process::check_message_type<T>();
  process::send_message(name, base::pool_new_message<process::MessageSignal<T>>(std::forward<Args>(args)...));
}
// Sends a value that is there already. (The number keeps this form apart from send<T>.)
template <int = 0, class M>
void send(Pid to, M&& message) {
  send<std::decay_t<M>>(to, std::forward<M>(message));
}
template <int = 0, class M>
void send(Atom name, M&& message) {
  send<std::decay_t<M>>(name, std::forward<M>(message));
}

}  // namespace coppice
