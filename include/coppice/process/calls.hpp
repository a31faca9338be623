// The one call protocol: a request that carries room for its reply, in one block that has exactly one owner at any time.
//
//   caller → server's inbox → server (its handler, or a From that defers the answer) → caller's inbox → caller
//
// A waiting caller keeps no pointer to the block, only a number and a deadline. Whoever holds the block answers it, by
// replying or by dropping it, so a caller hears of a server's end, of a lost From and of a dead process in the same way. An
// answer whose number the caller no longer waits for is late: it is dropped and counted.
//
// Cycles. A caller that waits is an edge from it to the callee: `waiting_on` in its slot. It is set before the request is
// sent and taken back by the callee when it answers or defers the answer. Caller A publishes its edge (seq_cst), then walks
// the edges from its callee (seq_cst loads): of two calls that close a cycle at the same time at least one sees the other. A
// cycle found is looked at a second time, edge by edge with call numbers, before it is an error.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <utility>

#include <fmt/core.h>

#include <coppice/base/export.hpp>
#include <coppice/base/format.hpp>
#include <coppice/process/exit_reason.hpp>
#include <coppice/process/process.hpp>
#include <coppice/process/signal.hpp>

namespace coppice {

// Why a call got no reply, and which call it was. Prints as "call of Get to <0.7.1> failed: timeout after 5000 ms".
class COPPICE_API CallError {
 public:
  enum class Kind : std::uint8_t {
    timeout,       // no reply in time; a later one is dropped
    noproc,        // there is no such process, or nobody has the name
    exit,          // the server ended, for reason()
    calling_self,  // a server called itself
    cycle,         // the call would have closed a cycle of calls that wait for each other
    dropped,       // the server took the request and dropped its From
    wrong_server,  // the process is not of the class that the reference says
  };

  CallError(Kind kind, ExitReason reason, Pid server, std::string request, std::string detail = {})
      : kind_{kind}, reason_{std::move(reason)}, server_{server}, request_{std::move(request)}, detail_{std::move(detail)} {}

  Kind kind() const noexcept { return kind_; }
  bool is_timeout() const noexcept { return kind_ == Kind::timeout; }
  bool is_noproc() const noexcept { return kind_ == Kind::noproc; }
  // The server ended instead of answering.
  bool is_exit() const noexcept { return kind_ == Kind::exit; }
  bool is_calling_self() const noexcept { return kind_ == Kind::calling_self; }
  bool is_cycle() const noexcept { return kind_ == Kind::cycle; }
  // The server's reason for is_exit(); timeout, noproc, calling_self for those; else an error that says it.
  const ExitReason& reason() const noexcept { return reason_; }
  // Who was called; none if a name was not registered.
  Pid server() const noexcept { return server_; }
  // The type of the request.
  const std::string& request() const noexcept { return request_; }
  std::string text() const;

  friend bool operator==(const CallError& a, const CallError& b) noexcept {
    return a.kind_ == b.kind_ && a.reason_ == b.reason_ && a.server_ == b.server_ && a.request_ == b.request_;
  }

 private:
  Kind kind_;
  ExitReason reason_;
  Pid server_;
  std::string request_;
  std::string detail_;
};

namespace process {

// The part of a request that does not depend on the types of request and reply.
struct CallSignal : Signal {
  CallSignal(const SignalType& signal_type, TypeId request_type) noexcept
      : Signal{SignalKind::call, signal_type}, request{request_type} {}

  enum class State : std::uint8_t { request, replied, failed };

  std::uint64_t call_number = 0;
  Pid caller;
  Pid server;
  State state = State::request;
  CallError::Kind failure = CallError::Kind::exit;
  TypeId request;        // for errors
  ExitReason reason;     // why it failed
};

using CallPtr = SignalPtr<CallSignal>;

// Sends a call from a process that will wait for it. Fills in the rest of the block.
COPPICE_API void send_call(Process& caller, Pid server, CallPtr call) noexcept;
// The same for what is fetched later or comes from a plain thread: no edge is published.
COPPICE_API std::uint64_t send_request(Process& caller, Pid server, CallPtr call) noexcept;
// Gives the block back to its caller; its state says with what.
COPPICE_API void answer(CallPtr call) noexcept;
COPPICE_API void fail(CallPtr call, CallError::Kind kind, ExitReason reason) noexcept;
// The callee defers the answer: the caller no longer waits for what the callee does now.
COPPICE_API void take_back_edge(Pid caller, Pid server, std::uint64_t call_number) noexcept;
COPPICE_API CallError error_of(const CallSignal& call);
// The number of the call whose edge stands: that it waits for, and that is neither answered nor deferred; 0 if there is none.
COPPICE_API std::uint64_t awaited_call(const Process& caller) noexcept;

// If a call from `caller` to `server` would close a cycle: who is in it. Empty: no cycle.
COPPICE_API std::string find_cycle(const Process& caller, Pid server);

// Waits for the answer with a number, until a deadline.
class COPPICE_API ReplyWaiter : public Waiter {
 public:
  bool ready(Process& self) override;
  bool take_reply(CallSignal& call) final;
  WaitReport report(const Process&) const override { return {"an answer"}; }

 protected:
  ReplyWaiter() = default;
  ~ReplyWaiter() = default;
  std::uint64_t number_ = 0;
  CallSignal* answer_ = nullptr;  // owned once it is set
};

}  // namespace process

}  // namespace coppice

template <>
struct fmt::formatter<coppice::CallError> {
  constexpr auto parse(format_parse_context& ctx) { return ctx.begin(); }
  template <class Context>
  auto format(const coppice::CallError& error, Context& ctx) const {
    return coppice::base::write_text(ctx.out(), error.text());
  }
};
