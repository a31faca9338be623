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

// The reason in the Exit that came from `pid` over its link, taken out of the mailbox. Another Exit
// from it says nothing: any process may send one without ending.
std::optional<ExitReason> take_exit(process::Process& self, Pid pid) {
  struct Finder final : process::Matcher {
    explicit Finder(Pid sender) noexcept : from{sender} {}
    std::span<const process::TypeId> types() const noexcept override { return {&type, 1}; }
    bool matches(process::Signal& message) override {
      return message.type == &process::link_exit_type &&
             static_cast<process::ExitMessage&>(message).payload.from == from;
    }
    process::TypeId type = process::TypeId::of<Exit>();
    Pid from;
  } finder{pid};
  std::uint64_t after = 0;
  const process::SignalPtr<process::ExitMessage> found{
      static_cast<process::ExitMessage*>(self.queue.take(finder, after))};
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
  at_once_ = !linked(self_, pid_) && has_ended(self_);  // its Exit was in the mailbox already
  if (!at_once_) exit(pid_, signal_for(how_));
  self_.waiter = this;
}

void StopAwaiter::watch() {
  looked_at_ = self_.queue.last_sequence();  // no Down of it can be there yet
  monitor_ = monitor(pid_);
}

bool StopAwaiter::ready(process::Process& self) {
  if (!reason_ && (linked(self, pid_) || !has_ended(self))) {
    if (self.deadline_passed()) {
      self.clear_deadline();
      exit(pid_, ExitReason::kill());
    }
    return false;
  }
  self.clear_deadline();
  return true;
}

// No link is left: the child has ended and its Exit is here, or it has unlinked itself.
bool StopAwaiter::has_ended(process::Process& self) {
  const bool watched = monitor_ != MonitorRef{};
  reason_ = take_exit(self, pid_);
  if (reason_) {
    if (watched) demonitor(monitor_, flush);  // it had linked itself again
    return true;
  }
  if (!watched) return watch(), false;
  const auto down =
      take_first<Down>(self, looked_at_, [this](const Down& d) { return d.ref == monitor_; });
  if (down == nullptr) return false;
  reason_ = std::move(down->payload.reason);
  return true;
}

namespace {

// A child, by its place in the table, that has to have ended by a time.
struct Deadline {
  timing::Instant at;
  std::size_t child;
  friend auto operator<=>(const Deadline&, const Deadline&) = default;
};

// Waits for the next Exit that came over a link, or Down; for the time of the next deadline; or for
// a link's having been taken away.
class NextEnd {
 public:
  // `unlinks`: how many of these the process knows of.
  NextEnd(timing::Duration limit, std::uint32_t unlinks) noexcept
      : limit_{limit}, unlinks_{unlinks} {}

  class Awaiter final : public process::Waiter, private process::Matcher {
   public:
    Awaiter(process::Process& self, timing::Duration limit, std::uint32_t unlinks) noexcept
        : self_{self}, limit_{limit}, unlinks_{unlinks} {}
    // One that is there does not come back to the slice loop, so it spends from the slice here.
    bool await_ready() {
      at_once_ = self_.budget == 0;
      if (at_once_) return false;
      --self_.budget;
      return look(self_);
    }
    void await_suspend(std::coroutine_handle<>) {
      process::begin_timed_wait(self_, limit_);
      self_.waiter = this;
    }
    // The message; null if it is something else that the wait was for.
    process::SignalPtr<process::Signal> await_resume() noexcept { return std::move(found_); }
    bool ready(process::Process& self) override {
      if (!look(self) && !self.deadline_passed()) return false;
      self.clear_deadline();
      return true;
    }

    process::WaitReport report(const process::Process&) const override {
      return {"the ends of its children"};
    }

   private:
    bool look(process::Process& self) {
      if (found_ == nullptr) found_.reset(self.queue.take(*this, after_));
      return found_ != nullptr || self.rare().unlinks != unlinks_;
    }
    std::span<const process::TypeId> types() const noexcept override {
      static constexpr process::TypeId both[]{process::TypeId::of<Exit>(),
                                              process::TypeId::of<Down>()};
      return both;
    }
    bool matches(process::Signal& message) override {
      return message.type->payload == process::TypeId::of<Exit>() ||
             message.type->payload == process::TypeId::of<Down>();
    }

    process::Process& self_;
    timing::Duration limit_;
    std::uint32_t unlinks_;
    std::uint64_t after_ = 0;
    process::SignalPtr<process::Signal> found_;
  };
  Awaiter bind(process::Process& self) const noexcept { return {self, limit_, unlinks_}; }

 private:
  timing::Duration limit_;
  std::uint32_t unlinks_;
};

// The stop of all children of a dynamic supervisor. A child is gone when its Exit has come over its
// link, or its Down where no link stands any more.
class StopTogether {
 public:
  using State = DynamicChild::State;

  StopTogether(process::Process& self, DynamicTable& children, ChildEnded ended)
      : self_{self}, children_{children}, ended_{std::move(ended)} {}

  Task<> run() {
    begin();
    while (waiting_for_ > 0) {
      timing::Duration limit = timing::forever;
      if (next_ < deadlines_.size()) limit = timing::until(now(), deadlines_[next_].at);
      const process::SignalPtr<process::Signal> end = co_await NextEnd{limit, unlinks_};
      if (end != nullptr)
        take(*end);
      else if (self_.rare().unlinks != unlinks_)
        watch_all();
      else
        kill_late_ones();
    }
    for (const Pid pid : unsettled_) {
      co_await LinkSettled{pid};
      DynamicChild& child = *children_.find(pid);
      if (child.state != State::gone)
        leave(child, take_exit(self_, pid).value_or(ExitReason::noproc()));
    }
  }

 private:
  void begin() {
    unlinks_ = self_.rare().unlinks;
    const timing::Instant start = now();
    for (DynamicChild& child : children_) {
      if (child.state != State::running) continue;
      child.state = State::stopping;
      ++waiting_for_;
      if (!linked(self_, child.pid)) monitor(child.pid);
      const Shutdown how = child.spec.shutdown();
      exit(child.pid, signal_for(how));
      if (how.kind() == Shutdown::Kind::timeout)
        deadlines_.push_back({timing::after(start, how.timeout()),
                              static_cast<std::size_t>(&child - children_.begin())});
    }
    // Children with the same time to end are in order already, and most supervisors have no others.
    if (!std::is_sorted(deadlines_.begin(), deadlines_.end()))
      std::sort(deadlines_.begin(), deadlines_.end());
  }

  // Some child has unlinked itself, and no Exit of it will come. All that are left are watched, so
  // that any number that do so cost one look through the table; a second monitor does no harm.
  void watch_all() {
    unlinks_ = self_.rare().unlinks;
    if (std::exchange(all_watched_, true)) return;
    for (const DynamicChild& child : children_)
      if (child.state == State::stopping) monitor(child.pid);
  }

  void take(process::Signal& end) {
    if (end.type == &process::link_exit_type)
      on_exit(static_cast<process::ExitMessage&>(end).payload);
    else if (end.type->payload == process::TypeId::of<Down>())
      on_down(static_cast<process::DownMessage&>(end).payload);
  }

  void on_exit(const Exit& message) {
    DynamicChild* child = children_.find(message.from);
    if (child == nullptr) return;
    if (child->state == State::stopping) --waiting_for_;
    if (child->state == State::stopping || child->state == State::down_seen)
      leave(*child, message.reason);
  }

  void on_down(const Down& message) {
    DynamicChild* child = children_.find(message.pid);
    if (child == nullptr || child->state != State::stopping) return;
    --waiting_for_;
    if (!linked(self_, child->pid)) return leave(*child, message.reason);
    child->state = State::down_seen;
    unsettled_.push_back(child->pid);
  }

  void leave(DynamicChild& child, const ExitReason& reason) {
    child.state = State::gone;
    ended_(child, reason);
  }

  void kill_late_ones() {
    const timing::Instant current = now();
    for (; next_ < deadlines_.size() && deadlines_[next_].at <= current; ++next_) {
      const DynamicChild& child = children_.begin()[deadlines_[next_].child];
      if (child.state == State::stopping) exit(child.pid, ExitReason::kill());
    }
  }

  process::Process& self_;
  DynamicTable& children_;
  ChildEnded ended_;
  std::size_t waiting_for_ = 0;  // whose end has not come
  std::uint32_t unlinks_ = 0;    // how many have been seen to
  bool all_watched_ = false;
  std::vector<Deadline> deadlines_;
  std::size_t next_ = 0;  // the first deadline that has not passed
  std::vector<Pid> unsettled_;
};

}  // namespace

Task<> stop_together(DynamicTable& children, ChildEnded ended) {
  process::Process& self = process::current_or_throw("a stop");
  StopTogether stop{self, children, std::move(ended)};
  co_await stop.run();
}

}  // namespace coppice::supervision
