// ask_process_info, ask_messages: what is known of any process, and what waits in its mailbox (process_info/2 of another
// process).
//
// The state of a process belongs to it alone, so this is a request, as in OTP: a signal that the process answers when it next
// drains its inbox, even while it waits for something else. So the answer has all that the caller sent before. A process that
// computes or blocks answers when it comes back.
#pragma once

#include <coroutine>
#include <exception>
#include <optional>
#include <type_traits>
#include <utility>
#include <vector>

#include <coppice/base/export.hpp>
#include <coppice/process/calls.hpp>
#include <coppice/process/current.hpp>
#include <coppice/process/message.hpp>

namespace coppice {

namespace process {

// The request, with room for the answer. `look`, if there is one, is shown each message that waits.
struct COPPICE_API InfoCall : CallSignal {
  using Look = void (*)(InfoCall&, const Message&);
  explicit InfoCall(const SignalType& signal_type = info_type, Look shown_to = nullptr) noexcept;
  static const SignalType info_type;

  Look look;
  ProcessInfo info;
  std::exception_ptr error;  // what `look` threw
};

template <class F>
struct LookCall final : InfoCall {
  using Told = std::invoke_result_t<F&, const Message&>;
  explicit LookCall(F f) : InfoCall{look_type, &show}, function{std::move(f)} {}
  static void show(InfoCall& call, const Message& message) {
    auto& self = static_cast<LookCall&>(call);
    self.told.push_back(self.function(message));
  }
  static constexpr SignalType look_type{TypeId::of<LookCall>(), &destroy_as<LookCall>};

  F function;
  std::vector<Told> told;
};

// In the asked process, as it drains.
void answer_info(Process& self, InfoCall* call);

class COPPICE_API InfoAwaiterBase : public ReplyWaiter {
 public:
  InfoAwaiterBase(const InfoAwaiterBase&) = delete;
  InfoAwaiterBase& operator=(const InfoAwaiterBase&) = delete;
  bool await_ready();
  void await_suspend(std::coroutine_handle<>);

 protected:
  InfoAwaiterBase(Process& self, Pid pid, CallPtr call) noexcept : self_{self}, pid_{pid}, call_{std::move(call)} {}
  ~InfoAwaiterBase();
  // The answer; null if the process is dead. Throws what `look` threw.
  InfoCall* answered();

 private:
  Process& self_;
  Pid pid_;
  CallPtr call_;
  ProcessInfo::Status status_ = ProcessInfo::Status::running;
};

class InfoAwaiter final : public InfoAwaiterBase {
 public:
  InfoAwaiter(Process& self, Pid pid) : InfoAwaiterBase{self, pid, CallPtr{base::pool_new<InfoCall>()}} {}
  std::optional<ProcessInfo> await_resume() {
    InfoCall* const call = answered();
    return call == nullptr ? std::nullopt : std::optional{std::move(call->info)};
  }
};

template <class F>
class LookAwaiter final : public InfoAwaiterBase {
 public:
  LookAwaiter(Process& self, Pid pid, F look)
      : InfoAwaiterBase{self, pid, CallPtr{base::pool_new<LookCall<F>>(std::move(look))}} {}
  auto await_resume() {
    InfoCall* const call = answered();
    return call == nullptr ? std::nullopt : std::optional{std::move(static_cast<LookCall<F>*>(call)->told)};
  }
};

class [[nodiscard]] InfoOp {
 public:
  explicit InfoOp(Pid pid) noexcept : pid_{pid} {}
  InfoAwaiter bind(Process& self) const { return {self, pid_}; }

 private:
  Pid pid_;
};

template <class F>
class [[nodiscard]] LookOp {
 public:
  LookOp(Pid pid, F look) : pid_{pid}, look_{std::move(look)} {}
  LookAwaiter<F> bind(Process& self) { return {self, pid_, std::move(look_)}; }

 private:
  Pid pid_;
  F look_;
};

}  // namespace process

// `co_await ask_process_info(pid)` gives a std::optional<ProcessInfo>: nothing if the process is dead.
inline process::InfoOp ask_process_info(Pid pid) noexcept { return process::InfoOp{pid}; }

// What `look` says of each plain message that waits in a process's mailbox, oldest first: nothing if the process is dead.
//
//   std::optional<std::vector<std::string>> types =
//       co_await ask_messages(pid, [](const Message& message) { return message.type_name(); });
//
// `look` is called by the asked process, so what it refers to must be safe to use there and then. The messages stay. What it
// throws is thrown by the co_await.
template <class F>
process::LookOp<F> ask_messages(Pid pid, F look) {
  return {pid, std::move(look)};
}

}  // namespace coppice
