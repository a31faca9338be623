#include <coppice/behaviour/start.hpp>

#include <fmt/core.h>

#include <coppice/behaviour/call_op.hpp>
#include <coppice/behaviour/scope.hpp>
#include <coppice/process/control_signals.hpp>
#include <coppice/process/current.hpp>
#include <coppice/process/exit.hpp>
#include <coppice/process/host.hpp>
#include <coppice/process/links.hpp>
#include <coppice/process/receive.hpp>

namespace coppice {

std::string StartError::text() const {
  switch (kind_) {
    case Kind::failed: return fmt::format("the start failed: {}", reason_);
    case Kind::ignored: return "init answered ignore";
    case Kind::already_started: return fmt::format("the name is taken by {}", running_);
    case Kind::timeout: return "the start did not end in time; the process was killed";
  }
  return {};
}

StartFailed::StartFailed(StartError error) : std::runtime_error{error.text()}, error_{std::move(error)} {}

namespace behaviour {

void throw_start_failed(StartError error) { throw StartFailed{std::move(error)}; }

PendingStart begin_start(std::unique_ptr<ServerCore> core, const StartOptions& options, Tie tie, Wait wait) {
  process::Process& self = process::current_or_throw("start");
  process::SignalPtr<StartCall> call{base::pool_new<StartCall>()};
  PendingStart start;
  const Pid caller = self.pid();
  start.number = ++self.rare().last_call;
  start.timeout = options.timeout;
  start.wait = wait;
  call->caller = caller;
  call->call_number = start.number;
  if (wait == Wait::later) self.rare().requests.insert(process::Request{start.number, nullptr});
  core->set_name(options.name);
  core->set_start_call(std::move(call));
  if (tie != Tie::none) core->follow_parent();
  try {
    start.pid = process::give_birth_here(std::move(core), {.parent = &self,
                                                           .link = tie == Tie::link,
                                                           .owned = tie == Tie::owned,
                                                           .thread = options.thread})
                    .pid;
  } catch (...) {
    abandon_request(caller, start.number);
    throw;
  }
  return start;
}

namespace {

// The starter's end of the link to a process that did not start: dropped without a word.
void forget_link(Pid pid) {
  process::Process& self = process::current_or_throw("start");
  self.links.erase(self, pid);
}

// Nothing of a start that took too long stays behind: no link, no process, no name.
Task<> kill_started(Pid pid) {
  forget_link(pid);
  const MonitorRef ref = monitor(pid);
  exit(pid, ExitReason::kill());
  co_await receive(on(ref, [](const Down&) {}));
}

}  // namespace

StartAwaiter::StartAwaiter(process::Process& self, const PendingStart& start)
    : AnswerAwaiterBase{self, self.pid(), start.number, start.timeout}, started_{start.pid}, wait_{start.wait} {}

// After a timeout the next frame to run is the one that kills; it goes back to the one that waits here.
bool StartAwaiter::ready(process::Process& self) {
  if (!AnswerAwaiterBase::ready(self)) return false;
  if (answer_ != nullptr) return true;
  killing_.emplace(kill_started(started_));
  process::TaskAwaiter<void>{*killing_, *self.frame}.await_suspend({});
  return true;
}

std::expected<Pid, StartError> StartAwaiter::await_resume() {
  if (answer_ == nullptr) {
    if (killing_) killing_->result();
    return std::unexpected{StartError{StartError::Kind::timeout, ExitReason::timeout()}};
  }
  const auto& answer = static_cast<const StartCall&>(*answer_);
  if (answer.outcome != StartCall::Outcome::started) forget_link(started_);
  return start_outcome(answer, started_);
}

std::expected<Pid, StartError> start_outcome(const StartCall& answer, Pid pid) {
  switch (answer.outcome) {
    case StartCall::Outcome::started: return pid;
    case StartCall::Outcome::ignored: return std::unexpected{StartError{StartError::Kind::ignored, ExitReason::normal()}};
    case StartCall::Outcome::name_taken:
      return std::unexpected{StartError{StartError::Kind::already_started, answer.reason, answer.taken_by}};
    case StartCall::Outcome::failed: break;
  }
  return std::unexpected{StartError{StartError::Kind::failed, answer.reason}};
}

}  // namespace behaviour

Pid Scope::own(Pid pid) {
  if (owned_.size() >= prune_at_) {
    std::erase_if(owned_, [](Pid p) { return !is_alive(p); });
    prune_at_ = std::max<std::size_t>(64, owned_.size() * 2);
  }
  owned_.push_back(pid);
  return pid;
}

Task<> Scope::end() {
  constexpr auto patience = std::chrono::seconds{5};
  std::vector<MonitorRef> ends;
  for (const Pid pid : owned_) {
    ends.push_back(monitor(pid));
    exit(pid, ExitReason::shutdown());
  }
  const timing::Instant deadline = timing::after(now(), patience);
  for (std::size_t i = 0; i < ends.size(); ++i) {
    const bool ended = co_await receive(on(ends[i], [](const Down&) { return true; }),
                                        after(timing::until(now(), deadline), [] { return false; }));
    if (ended) continue;
    exit(owned_[i], ExitReason::kill());
    co_await receive(on(ends[i], [](const Down&) {}));
  }
  owned_.clear();
}

}  // namespace coppice
