#include <coppice/process/calls.hpp>

#include <fmt/core.h>

#include <coppice/process/control_signals.hpp>
#include <coppice/process/host.hpp>
#include <coppice/process/seam.hpp>
#include <coppice/process/table.hpp>

namespace coppice {

std::string CallError::text() const {
  std::string out = fmt::format("call of {} to {} failed: ", request_, server_);
  switch (kind_) {
    case Kind::timeout: out += "timeout"; break;
    case Kind::noproc: out += "noproc (no such process)"; break;
    case Kind::exit: out += fmt::format("the server ended: {}", reason_); break;
    case Kind::calling_self: out += "calling_self (a process cannot call itself)"; break;
    case Kind::cycle: out += "it would wait for itself"; break;
    case Kind::dropped: out += "the server dropped the request without a reply"; break;
    case Kind::wrong_server: out += "the process is no such server"; break;
  }
  if (!detail_.empty()) out += ": " + detail_;
  return out;
}

namespace process {
namespace {

// An edge: the callee's slot and the call's number, which makes it unlike the edge of any other call.
constexpr int slot_bits = 25;
constexpr std::uint64_t edge_of(Pid server, std::uint64_t number) noexcept { return number << slot_bits | server.slot(); }
constexpr std::uint32_t callee_slot(std::uint64_t edge) noexcept {
  return static_cast<std::uint32_t>(edge & ((std::uint64_t{1} << slot_bits) - 1));
}

constexpr std::size_t longest_cycle = 64;

}  // namespace

std::uint64_t send_request(Process& caller, Pid server, CallPtr call) noexcept {
  const std::uint64_t number = ++caller.rare().last_call;
  call->call_number = number;
  call->caller = caller.pid();
  call->server = server;
  send_signal(server, call.release());
  return number;
}

void send_call(Process& caller, Pid server, CallPtr call) noexcept {
  caller.waiting_on.store(edge_of(server, caller.rare().last_call + 1), base::seq_cst);
  // Most callees wait for nobody, and so close no cycle.
  const bool callee_waits = slot_at(server.slot()).waiting_on.load(base::seq_cst) != 0;
  if (callee_waits && caller.host.load(base::relaxed)->options().detect_call_cycles) [[unlikely]] {
    if (std::string cycle = find_cycle(caller, server); !cycle.empty()) {
      caller.waiting_on.store(0, base::relaxed);
      call->call_number = ++caller.rare().last_call;
      call->caller = caller.pid();
      call->server = server;
      return fail(std::move(call), CallError::Kind::cycle, ExitReason::error(std::move(cycle)));
    }
  }
  (void)send_request(caller, server, std::move(call));
}

std::string find_cycle(const Process& caller, Pid server) {
  const Process* path[longest_cycle];
  std::uint64_t edges[longest_cycle];
  std::size_t length = 0;
  for (const Process* at = &slot_at(server.slot()); at != &caller; at = &slot_at(callee_slot(edges[length - 1]))) {
    const std::uint64_t edge = at->waiting_on.load(base::seq_cst);
    if (edge == 0 || length == longest_cycle) return {};
    note_touched(Pid{0, at->slot(), at->life.living()});
    path[length] = at;
    edges[length++] = edge;
  }
  if (length == 0) return {};
  for (std::size_t i = 0; i < length; ++i)
    if (path[i]->waiting_on.load(base::seq_cst) != edges[i]) return {};
  std::string text = fmt::format("{}", caller.pid());
  for (std::size_t i = 0; i < length; ++i)
    text += fmt::format(" waits for {}", Pid{0, path[i]->slot(), path[i]->life.living()});
  return text + fmt::format(" waits for {}", caller.pid());
}

void take_back_edge(Pid caller, Pid server, std::uint64_t call_number) noexcept {
  if (caller.node() != 0) return;
  std::uint64_t expected = edge_of(server, call_number);
  // Fails if the caller has given up, or has never waited: then there is nothing to take back.
  base::Atomic<std::uint64_t>& edge = slot_at(caller.slot()).waiting_on;
  if (edge.load(base::relaxed) == expected)
    edge.compare_exchange_strong(expected, 0, base::seq_cst, base::relaxed);
}

std::uint64_t awaited_call(const Process& caller) noexcept {
  return caller.waiting_on.load(base::relaxed) >> slot_bits;
}

void answer(CallPtr call) noexcept {
  const Pid caller = call->caller;
  if (!caller) return;  // a request that nobody waits for
  take_back_edge(caller, call->server, call->call_number);
  call->set(SignalKind::reply, 0);
  send_signal(caller, call.release());
}

void fail(CallPtr call, CallError::Kind kind, ExitReason reason) noexcept {
  call->state = CallSignal::State::failed;
  call->failure = kind;
  call->reason = std::move(reason);
  answer(std::move(call));
}

CallError error_of(const CallSignal& call) {
  if (call.failure == CallError::Kind::cycle)
    return CallError{call.failure, call.reason, call.server, call.request.name(), call.reason.text()};
  return CallError{call.failure, call.reason, call.server, call.request.name()};
}

bool ReplyWaiter::ready(Process& self) {
  if (answer_ == nullptr && !self.deadline_passed()) return false;
  self.clear_deadline();
  self.waiting_on.store(0, base::relaxed);
  return true;
}

bool ReplyWaiter::take_reply(CallSignal& call) {
  if (call.call_number != number_ || answer_ != nullptr) return false;
  answer_ = &call;
  return true;
}

}  // namespace process
}  // namespace coppice
