#include <coppice/system/runtime.hpp>

#include <cstdio>

#include <fmt/core.h>

#include <coppice/behaviour/async.hpp>
#include <coppice/process/control_signals.hpp>
#include <coppice/process/current.hpp>
#include <coppice/process/host.hpp>
#include <coppice/process/seam.hpp>
#include <coppice/process/table.hpp>
#include <coppice/process/timers.hpp>
#include <coppice/system/stderr_sink.hpp>

#include "runtime_parts.hpp"

namespace coppice {
namespace {

process::HostOptions host_options(const RuntimeOptions& options) {
  hosting::check_options(options);
  process::HostOptions host;
  host.scheduler.workers = options.schedulers;
  host.scheduler.max_spares = options.max_spares;
  host.scheduler.stall_after = options.stall_after;
  host.scheduler.report_after = options.report_stall_after;
  host.scheduler.blocking_limit = options.blocking_threads;
  host.slice_budget = static_cast<std::uint8_t>(options.slice_budget);
  host.detect_call_cycles = options.detect_call_cycles;
  host.director = options.director;
  host.clock = options.clock;
  host.seam = options.seam;
  return host;
}

}  // namespace

std::string StopError::text() const {
  std::string out = fmt::format("{} processes did not end in time:", count_);
  for (const std::string& process : left_) out += " " + process;
  return out + (left_.size() < count_ ? " ..." : "");
}

Runtime::Parts::Parts(const RuntimeOptions& options, Runtime& runtime)
    : grace{options.shutdown_grace},
      sink{options.crash_reports ? hosting::StderrSink::Reports::on : hosting::StderrSink::Reports::off},
      host{host_options(options), options.events == nullptr ? sink : *options.events, &runtime} {}

Runtime::Runtime(const RuntimeOptions& options)
    : parts_{std::make_unique<Parts>(options, *this)}, host_{&parts_->host} {
  // Under a director (a simulator) there is no thread that could wait for a start: it makes what it needs itself.
  if (options.director != nullptr) return;
  if (const schedule::Scheduler* here = schedule::Scheduler::current(); here != nullptr && here->director() != nullptr)
    throw std::logic_error{"a Runtime was made inside a simulation, which has no threads: use the one that the process is in"};
  host_->scheduler().start();
  try {
    start_root();
  } catch (...) {
    stop();
    throw;
  }
}

SupervisorSpec hosting::Stages::root_spec() {
  SupervisorSpec spec;
  spec.intensity = 0;
  spec.children.push_back(child_supervisor("system", SupervisorSpec{}));
  spec.children.push_back(child_supervisor("user", SupervisorSpec{}));
  return spec;
}

void Runtime::start_root() {
  root_ = start<StaticSupervisor>(hosting::Stages::root_spec());
  const ServerRef<StaticSupervisor> root = root_;
  const Pid user = run([root]() -> Task<Pid> {
    const ChildInfo info = co_await root.which_child("user");
    co_return info.pid.value();
  });
  user_ = ServerRef<StaticSupervisor>{user};
}

StartedChild Runtime::start_child(ChildSpec spec) {
  const ServerRef<StaticSupervisor> user = user_;
  return run([user](ChildSpec wanted) -> Task<StartedChild> { return user.start_child(std::move(wanted)); },
             std::move(spec));
}

Runtime::~Runtime() { stop(); }

Pid Runtime::spawn_body(std::unique_ptr<process::Body> body) {
  return process::give_birth(*host_, std::move(body), {}).pid;
}

void Runtime::send_signal(Pid to, process::Signal* signal) noexcept {
  if (process::post(to, *signal)) return;
  // The simulation fails for what another thread sends; its dead letters are its own thread's.
  if (const process::Seam* const seam = host_->options().seam; seam != nullptr && !seam->is_here())
    return process::destroy(signal);
  if (signal->kind() == process::SignalKind::message || signal->kind() == process::SignalKind::cast)
    host_->dead_letter(to, signal);
  else
    process::undeliverable(to, signal, ExitReason::noproc());
}

// A start from outside is a call from outside: the same block, answered to the external slot.
std::expected<Pid, StartError> Runtime::start_server(std::unique_ptr<behaviour::ServerCore> core,
                                                     const StartOptions& options) {
  hosting::refuse_on_worker("Runtime::start()");
  hosting::refuse_simulated(*host_, "Runtime::start()");
  core->set_name(options.name);
  Pid pid;
  auto launch = [&](process::CallPtr call) {
    core->set_start_call(process::SignalPtr<behaviour::StartCall>{static_cast<behaviour::StartCall*>(call.release())});
    pid = process::give_birth(*host_, std::move(core), {.thread = options.thread}).pid;
  };
  const process::CallPtr answer = hosting::external_request(
      *host_, options.timeout, process::CallPtr{base::pool_new<behaviour::StartCall>()}, std::move(launch));
  if (answer == nullptr) {
    exit(pid, ExitReason::kill());
    (void)wait(pid, timing::forever);
    return std::unexpected{StartError{StartError::Kind::timeout, ExitReason::timeout()}};
  }
  return behaviour::start_outcome(static_cast<behaviour::StartCall&>(*answer), pid);
}

void Runtime::run_main(std::unique_ptr<process::Body> body, hosting::OutcomeBase& outcome) {
  hosting::refuse_on_worker("Runtime::run()");
  hosting::refuse_simulated(*host_, "Runtime::run()");
  spawn_body(std::move(body));
  outcome.wait();
}

void Runtime::exit(Pid pid, ExitReason reason) {
  process::send_exit(process::SignalKind::exit, Pid{}, pid, reason);
}

std::optional<ExitReason> Runtime::wait(Pid pid, timing::Duration timeout) {
  return hosting::external_wait(*host_, pid, timeout);
}

std::optional<Pid> Runtime::whereis(Atom name) const { return host_->names().find(name); }
std::uint64_t Runtime::process_count() const noexcept { return host_->live_processes(); }
std::uint64_t Runtime::dead_letter_count() const noexcept { return host_->dead_letters(); }
std::uint64_t Runtime::late_reply_count() const noexcept { return host_->late_replies(); }
void Runtime::subscribe_dead_letters(Pid pid) {
  if (const process::Seam* const seam = host_->options().seam) seam->only_here("Runtime::subscribe_dead_letters()");
  host_->subscribe_dead_letters(pid);
}
void Runtime::unsubscribe_dead_letters(Pid pid) {
  if (const process::Seam* const seam = host_->options().seam) seam->only_here("Runtime::unsubscribe_dead_letters()");
  host_->unsubscribe_dead_letters(pid);
}
unsigned Runtime::schedulers() const noexcept { return host_->scheduler().workers(); }

Runtime& runtime() {
  return *static_cast<Runtime*>(process::current_or_throw("runtime()").host.load(base::relaxed)->owner());
}

namespace hosting {

void Stages::set_tree(Runtime& runtime, ServerRef<StaticSupervisor> root, ServerRef<StaticSupervisor> user) {
  runtime.root_ = root;
  runtime.user_ = user;
}
Pid Stages::spawn(Runtime& runtime, std::unique_ptr<process::Body> body) { return runtime.spawn_body(std::move(body)); }

void OutcomeBase::end(std::optional<ExitReason> reason) noexcept {
  const base::LockGuard guard{lock_};
  reason_ = std::move(reason);
  done_ = true;
  ended_.notify_all();
}

void OutcomeBase::wait() {
  base::UniqueLock lock{lock_};
  ended_.wait(lock, [this] { return done_; });
}

void OutcomeBase::rethrow() const {
  if (!reason_) return;
  if (const process::ErrorInfo* error = reason_->error_info(); error != nullptr && error->exception)
    std::rethrow_exception(error->exception);
  throw ExitSignal{*reason_};
}

int failed_exit_code() noexcept {
  try {
    throw;
  } catch (const ExitSignal& signal) {
    if (signal.reason().is_normal()) return 0;
    std::fprintf(stderr, "coppice: the main process ended: %s\n", signal.reason().text().c_str());
  } catch (const std::exception& e) {
    std::fprintf(stderr, "coppice: the main process ended by an exception: %s\n", e.what());
  } catch (...) {
    std::fprintf(stderr, "coppice: the main process ended by an exception that is no std::exception\n");
  }
  return 1;
}

}  // namespace hosting
}  // namespace coppice
