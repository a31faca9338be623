#include <coppice/supervision/stopping.hpp>

#include <algorithm>
#include <compare>
#include <coroutine>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <utility>
#include <vector>

#include <coppice/process/control_signals.hpp>
#include <coppice/process/current.hpp>
#include <coppice/process/exit.hpp>
#include <coppice/process/links.hpp>
#include <coppice/process/receive.hpp>

namespace coppice::supervision {

namespace {

bool linked(const process::Process& self, Pid pid) {
  const std::optional<process::Link> link = self.links.find(self, pid);
  return link && link->is_active();
}

// Waits until no active link to a process is left. Only for a process that is known to be dead: its
// exit over the link, or its own unlink, is on its way.
class LinkSettled {
 public:
  explicit LinkSettled(Pid pid) noexcept : pid_{pid} {}

  class Awaiter final : public process::Waiter {
   public:
    Awaiter(process::Process& self, Pid pid) noexcept : self_{self}, pid_{pid} {}
    bool await_ready() const { return !linked(self_, pid_); }
    void await_suspend(std::coroutine_handle<>) noexcept { self_.waiter = this; }
    void await_resume() const noexcept {}
    bool ready(process::Process& self) override { return !linked(self, pid_); }

   private:
    process::Process& self_;
    Pid pid_;
  };
  Awaiter bind(process::Process& self) const noexcept { return Awaiter{self, pid_}; }

 private:
  Pid pid_;
};

// The first message in the mailbox that is an M for which `wanted` is true, taken out. Looks behind
// `after` only, and moves it to what has been looked at.
template <class M, class Wanted>
process::SignalPtr<process::MessageSignal<M>> take_first(process::Process& self,
                                                         std::uint64_t& after, Wanted wanted) {
  struct Finder final : process::Matcher {
    explicit Finder(Wanted test) : wanted{test} {}
    std::span<const process::TypeId> types() const noexcept override { return {&type, 1}; }
    bool matches(process::Signal& message) override {
      return message.type->payload == type &&
             wanted(static_cast<process::MessageSignal<M>&>(message).payload);
    }
    process::TypeId type = process::TypeId::of<M>();
    Wanted wanted;
  } finder{wanted};
  if (self.queue.empty()) return nullptr;
  return process::SignalPtr<process::MessageSignal<M>>{
      static_cast<process::MessageSignal<M>*>(self.queue.take(finder, after))};
}

// The reason of the first Exit from `pid` in the mailbox, taken out.
std::optional<ExitReason> take_exit(process::Process& self, Pid pid) {
  std::uint64_t after = 0;
  const auto found =
      take_first<Exit>(self, after, [pid](const Exit& exit) { return exit.from == pid; });
  if (found == nullptr) return {};
  return std::move(found->payload.reason);
}

ExitReason signal_for(Shutdown how) {
  if (how.kind() == Shutdown::Kind::kill_at_once) return ExitReason::kill();
  return ExitReason::shutdown();
}

timing::Duration limit_of(Shutdown how) noexcept {
  return how.kind() == Shutdown::Kind::timeout ? how.timeout() : timing::forever;
}

}  // namespace

bool is_linked(Pid pid) { return linked(process::current_or_throw("is_linked()"), pid); }

void StopAwaiter::await_suspend(std::coroutine_handle<>) {
  process::begin_timed_wait(self_, limit_of(how_));
  monitor_ = monitor(pid_);
  looked_at_ = self_.queue.last_sequence();  // no Down of it can be there yet
  exit(pid_, signal_for(how_));
  self_.waiter = this;
}

bool StopAwaiter::ready(process::Process& self) {
  if (!down_) {
    const auto down =
        take_first<Down>(self, looked_at_, [this](const Down& d) { return d.ref == monitor_; });
    if (down != nullptr) {
      down_ = std::move(down->payload.reason);
    } else if (self.deadline_passed()) {
      self.clear_deadline();
      exit(pid_, ExitReason::kill());
    }
  }
  if (!down_ || linked(self, pid_)) return false;
  self.clear_deadline();
  return true;
}

ExitReason StopAwaiter::await_resume() {
  if (std::optional<ExitReason> exit = take_exit(self_, pid_)) return std::move(*exit);
  return std::move(*down_);
}

namespace {

// A child, by its place in the table, that has to have ended by a time.
struct Deadline {
  timing::Instant at;
  std::size_t child;
  friend auto operator<=>(const Deadline&, const Deadline&) = default;
};

// The stop of all children of a dynamic supervisor. A child is gone when both its Exit and its Down
// have come, or its Down alone where no link stands any more.
class StopTogether {
 public:
  using State = DynamicChild::State;

  StopTogether(DynamicTable& children, ChildEnded ended)
      : children_{children}, ended_{std::move(ended)} {}

  Task<> run() {
    begin();
    while (waiting_for_ > 0) {
      timing::Duration limit = timing::forever;
      if (next_ < deadlines_.size()) limit = timing::until(now(), deadlines_[next_].at);
      const bool something = co_await receive([this](const Exit& e) { return on_exit(e), true; },
                                              [this](const Down& d) { return on_down(d), true; },
                                              after(limit, [] { return false; }));
      if (!something) kill_late_ones();
    }
    for (const Pid pid : unsettled_) {
      co_await LinkSettled{pid};
      DynamicChild& child = *children_.find(pid);
      if (child.state == State::gone) continue;
      process::Process& self = process::current_or_throw("a stop");
      leave(child, take_exit(self, pid).value_or(ExitReason::noproc()));
    }
  }

 private:
  void begin() {
    const timing::Instant start = now();
    for (DynamicChild& child : children_) {
      if (child.state != State::running) continue;
      child.state = State::stopping;
      ++waiting_for_;
      monitor(child.pid);
      const Shutdown how = child.spec.shutdown();
      exit(child.pid, signal_for(how));
      if (how.kind() == Shutdown::Kind::timeout)
        deadlines_.push_back({timing::after(start, how.timeout()),
                              static_cast<std::size_t>(&child - children_.begin())});
    }
    std::sort(deadlines_.begin(), deadlines_.end());
  }

  void on_exit(const Exit& message) {
    DynamicChild* child = children_.find(message.from);
    if (child == nullptr) return;
    if (child->state == State::down_seen) return leave(*child, message.reason);
    if (child->state != State::stopping) return;
    child->state = State::exit_seen;
    ended_(*child, message.reason);
  }

  void on_down(const Down& message) {
    DynamicChild* child = children_.find(message.pid);
    if (child == nullptr) return;
    if (child->state == State::exit_seen) {
      child->state = State::gone;
      --waiting_for_;
    } else if (child->state == State::stopping) {
      --waiting_for_;
      if (!is_linked(child->pid)) return leave(*child, message.reason);
      child->state = State::down_seen;
      unsettled_.push_back(child->pid);
    }
  }

  void leave(DynamicChild& child, const ExitReason& reason) {
    child.state = State::gone;
    ended_(child, reason);
  }

  void kill_late_ones() {
    const timing::Instant current = now();
    for (; next_ < deadlines_.size() && deadlines_[next_].at <= current; ++next_) {
      // Even if an Exit of it has come: any process may send one without ending.
      const DynamicChild& child = children_.begin()[deadlines_[next_].child];
      if (child.state == State::stopping || child.state == State::exit_seen)
        exit(child.pid, ExitReason::kill());
    }
  }

  DynamicTable& children_;
  ChildEnded ended_;
  std::size_t waiting_for_ = 0;  // whose Down has not come
  std::vector<Deadline> deadlines_;
  std::size_t next_ = 0;  // the first deadline that has not passed
  std::vector<Pid> unsettled_;
};

}  // namespace

Task<> stop_together(DynamicTable& children, ChildEnded ended) {
  StopTogether stop{children, std::move(ended)};
  co_await stop.run();
}

}  // namespace coppice::supervision
