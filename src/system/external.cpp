#include <coppice/system/external.hpp>

#include <vector>

#include <coppice/process/control_signals.hpp>
#include <coppice/process/host.hpp>
#include <coppice/process/seam.hpp>
#include <coppice/process/table.hpp>
#include <coppice/schedule/scheduler.hpp>

namespace coppice::hosting {
namespace {

using process::Process;
using process::Signal;

// A slot that stands for a plain thread. Never freed, only lent again: a waker may still be inside unpark() when the thread
// that was woken has gone on.
struct External {
  explicit External(Process& slot) noexcept : process{&slot}, rare{slot} {}
  Process* process;
  process::Rare rare;
  std::uint32_t generation = 0;
  base::Parker parker;
  std::uint64_t last_call = 0;

  Pid pid() const noexcept { return Pid{0, process->slot(), generation}; }
};

struct Lender {
  base::Mutex lock;
  std::vector<External*> free;
};

Lender& lender() {
  static Lender& the = *new Lender;
  return the;
}

External& borrow() {
  {
    Lender& from = lender();
    const base::LockGuard guard{from.lock};
    if (!from.free.empty()) {
      External* external = from.free.back();
      from.free.pop_back();
      return *external;
    }
  }
  const std::uint32_t slot = process::table().allocate();
  if (slot == 0) throw std::runtime_error{"a call from a plain thread: all process slots are in use"};
  Process& process = process::table().at(slot);
  auto* external = ::new External{process};
  process.host.store(nullptr, base::release);  // of no runtime, whoever had the slot before
  process::set_server_type(slot, {});
  process.home = process::Home::external;
  process.rare_parts = &external->rare;
  external->rare.runner = &external->parker;
  external->generation = process.life.born();
  process.inbox.open(external->generation, base::Inbox::Start::running);
  return *external;
}

// The slot that a thread keeps between its calls.
struct Lease {
  External* external = nullptr;
  ~Lease() {
    if (external == nullptr) return;
    Lender& to = lender();
    const base::LockGuard guard{to.lock};
    to.free.push_back(external);
  }
};

Lease& lease() {
  thread_local Lease the;
  return the;
}

External& mine() {
  Lease& own = lease();
  if (own.external == nullptr) own.external = &borrow();
  return *own.external;
}

// After a wait that was given up: what may still come for it is refused from now on, and so does not lie here until the
// thread calls again, which it may never do.
void renew(External& self, process::Host& host) {
  auto* signal = static_cast<Signal*>(self.process->inbox.close());
  while (signal != nullptr) {
    Signal* next = signal->next_signal();
    if (signal->kind() == process::SignalKind::reply) host.count_late_reply();
    destroy(signal);
    signal = next;
  }
  if (self.process->life.ended() == process::Lifecycle::Ended::used_up) {
    lease().external = nullptr;  // and is lent no more
    return;
  }
  self.generation = self.process->life.born();
  self.process->inbox.open(self.generation, base::Inbox::Start::running);
}

// Hands each signal that comes to `take` until it says that it is done; false after the timeout.
template <class Take>
bool await_signals(External& self, timing::Duration timeout, Take&& take) {
  const timing::Clock clock;  // the machine's, whatever clock the runtime has: a plain thread lives by that
  const timing::Instant deadline = timing::after(clock.now(), timeout);
  for (;;) {
    bool done = false;
    auto* const rest = static_cast<Signal*>(self.process->inbox.take());
    Signal* signal = self.process->queue.take_handed();  // came before the rest
    if (signal == nullptr)
      signal = rest;
    else
      signal->next = rest;
    while (signal != nullptr) {
      Signal* next = signal->next_signal();
      if (!done && take(*signal))
        done = true;
      else
        destroy(signal);
      signal = next;
    }
    if (done) return true;
    if (!self.process->inbox.park()) continue;
    if (timeout == timing::forever) {
      self.parker.park();
    } else {
      const timing::Duration left = timing::until(clock.now(), deadline);
      const bool woken = left > timing::Duration::zero() && self.parker.park_for(left);
      // Nobody has woken us: take the park back. If that fails a push has just cleared it, and its unpark is on the way.
      if (!woken) {
        if (self.process->inbox.unpark()) {
          if (left <= timing::Duration::zero()) return false;
        } else {
          self.parker.park();
        }
      }
    }
  }
}

}  // namespace

void refuse_on_worker(const char* what) {
  if (schedule::Scheduler::on_worker())
    throw std::logic_error{std::string{what} + " was called on a scheduler's thread, which it would block: use co_await"};
}

void refuse_simulated(const process::Host& host, const char* what) {
  if (host.options().seam != nullptr) host.options().seam->only_here(what);
  if (host.options().director != nullptr)
    throw std::logic_error{std::string{what} + " waits for another thread, and a simulation has one only: ask from a process"};
}

process::CallPtr external_call_raw(process::Host& host, Pid server, timing::Duration timeout, process::CallPtr call) {
  call->server = server;
  return external_request(host, timeout, std::move(call),
                          [server](process::CallPtr c) { process::send_signal(server, c.release()); });
}

process::CallPtr external_request(process::Host& host, timing::Duration timeout, process::CallPtr call,
                                  std::move_only_function<void(process::CallPtr)> send) {
  refuse_on_worker("a blocking call");
  refuse_simulated(host, "a blocking call");
  External& self = mine();
  const std::uint64_t number = ++self.last_call;
  call->call_number = number;
  call->caller = self.pid();
  send(std::move(call));
  process::CallPtr answer;
  await_signals(self, timeout, [&](Signal& signal) {
    if (signal.kind() != process::SignalKind::reply || static_cast<process::CallSignal&>(signal).call_number != number)
      return false;  // late, from a call that timed out
    answer.reset(static_cast<process::CallSignal*>(&signal));
    return true;
  });
  if (answer == nullptr) renew(self, host);
  return answer;
}

std::optional<ExitReason> external_wait(process::Host& host, Pid pid, timing::Duration timeout) {
  refuse_on_worker("wait()");
  refuse_simulated(host, "wait()");
  External& self = mine();
  const MonitorRef ref{make_ref()};
  process::send_signal(pid, base::pool_new<process::MonitorSignal>(process::Watcher{ref, self.pid(), {}}));
  std::optional<ExitReason> reason;
  const bool ended = await_signals(self, timeout, [&](Signal& signal) {
    if (signal.kind() != process::SignalKind::down) return false;
    auto& down = static_cast<process::DownMessage&>(signal);
    if (down.payload.ref != ref) return false;
    reason = down.payload.reason;
    destroy(&signal);
    return true;
  });
  if (ended) return reason;
  if (auto* signal = base::pool_new<process::DemonitorSignal>(ref); !process::post(pid, *signal)) destroy(signal);
  renew(self, host);
  return std::nullopt;
}

}  // namespace coppice::hosting
