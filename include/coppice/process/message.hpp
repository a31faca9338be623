// Exit, Down: the messages that a trapped exit signal and an ended monitor become. Message: a message whose type is not
// known beforehand.
#pragma once

#include <memory>
#include <string>
#include <type_traits>
#include <utility>

#include <fmt/core.h>

#include <coppice/base/format.hpp>
#include <coppice/process/atom.hpp>
#include <coppice/process/exit_reason.hpp>
#include <coppice/process/pid.hpp>
#include <coppice/process/signal.hpp>

namespace coppice {

// {'EXIT', From, Reason}: an exit signal that reached a process with trap_exit(true).
struct Exit {
  Exit(Pid sender, ExitReason why) noexcept : from{sender}, reason{std::move(why)} {}
  Pid from;
  ExitReason reason;
};

// {'DOWN', Ref, process, Object, Reason}: a monitored process ended, or was dead already (reason noproc). `name` is set if
// the monitor was by name.
struct Down {
  Down(MonitorRef monitor, Pid process, ExitReason why, Atom by_name = {}) noexcept
      : ref{monitor}, pid{process}, reason{std::move(why)}, name{by_name} {}
  MonitorRef ref;
  Pid pid;
  ExitReason reason;
  Atom name;
};

// A message of any type, owned. Get at its value by type; it knows its type's name. Movable, not copyable.
class Message {
 public:
  explicit Message(process::SignalPtr<process::Signal> signal) noexcept : signal_{std::move(signal)} {}

  // The value, if it is exactly a T; else null. Lives as long as the message.
  template <class T>
  T* get() noexcept {
    if (!is<T>()) return nullptr;
    return &static_cast<process::MessageSignal<T>*>(signal_.get())->payload;
  }
  template <class T>
  const T* get() const noexcept {
    return const_cast<Message*>(this)->get<T>();
  }
  template <class T>
  bool is() const noexcept {
    return signal_ != nullptr && signal_->kind() == process::SignalKind::message &&
           signal_->type->payload == process::TypeId::of<T>();
  }
  // For the library: takes the message out, null if it has been.
  process::SignalPtr<process::Signal> take() noexcept { return std::move(signal_); }
  // The C++ name of the message's type.
  std::string type_name() const { return signal_ == nullptr ? "nothing" : signal_->type->payload.name(); }

 private:
  process::SignalPtr<process::Signal> signal_;
};

}  // namespace coppice

template <>
struct fmt::formatter<coppice::Exit> {
  constexpr auto parse(format_parse_context& ctx) { return ctx.begin(); }
  template <class Context>
  auto format(const coppice::Exit& e, Context& ctx) const {
    return coppice::base::format_to(ctx.out(), "Exit({}, {})", e.from, e.reason);
  }
};
template <>
struct fmt::formatter<coppice::Down> {
  constexpr auto parse(format_parse_context& ctx) { return ctx.begin(); }
  template <class Context>
  auto format(const coppice::Down& d, Context& ctx) const {
    return coppice::base::format_to(ctx.out(), "Down({}, {}, {})", d.ref, d.pid, d.reason);
  }
};
template <>
struct fmt::formatter<coppice::Message> {
  constexpr auto parse(format_parse_context& ctx) { return ctx.begin(); }
  template <class Context>
  auto format(const coppice::Message& m, Context& ctx) const {
    return coppice::base::format_to(ctx.out(), "Message({})", m.type_name());
  }
};
