#include "ledger.hpp"

namespace conformance {

Term print(const Identity& identity) {
  return identity.first + (identity.second == 0 ? "" : "#" + std::to_string(identity.second));
}

void Ledger::open() {
  help_driver();
  warden_ = spawn(SpawnOptions{.thread = dedicated}, [this] { return watch_all(); });
  own_processes_ = runtime().process_count();
}

void Ledger::help_driver() {
  const std::lock_guard guard{lock_};
  members_[self()].identity = {"driver", 0};
}

Task<> Ledger::watch_all() {
  const auto watch = [](Watch watch) {
    monitor(watch.pid);
    watch.done->release();
  };
  const auto ended = [this](const Down& down) {
    const std::lock_guard guard{lock_};
    ++written_;
    living_.erase(down.pid);
    ends_.push_back({members_[down.pid].identity, down.pid, down.reason});
  };
  for (;;) co_await receive(watch, ended);
}

Identity Ledger::enter(const std::string& id, Member member) {
  std::binary_semaphore done{0};
  {
    const std::lock_guard guard{lock_};
    if (member.identity.second != 0) member.identity.second = ++started_[id];
    member.identity.first = id;
    members_[self()] = member;
    latest_[id] = self();
    living_.insert(self());
  }
  send(warden_, Watch{self(), &done});
  done.acquire();
  (void)process_info(self());  // takes the monitor in, which gets the reason of any end from now on
  return member.identity;
}

void Ledger::doing(Activity activity) {
  const std::lock_guard guard{lock_};
  members_[self()].activity = activity;
}

void Ledger::fails_to_start() {
  const std::lock_guard guard{lock_};
  members_[self()].fails_to_start = true;
}

void Ledger::write(Pid pid, Event::Kind kind, const std::string& text) {
  const std::lock_guard guard{lock_};
  ++written_;
  events_.push_back({pid, kind, text});
}

Pid Ledger::latest(const std::string& id) const {
  const std::lock_guard guard{lock_};
  const auto found = latest_.find(id);
  return found == latest_.end() ? Pid{} : found->second;
}

Member Ledger::member(Pid pid) const {
  const std::lock_guard guard{lock_};
  const auto found = members_.find(pid);
  return found == members_.end() ? Member{} : found->second;
}

Term Ledger::term_of(const Exit& exit) const {
  return tuple({"'EXIT'", name_of(exit.from), to_term(exit.reason)});
}

std::set<Pid> Ledger::living() const {
  const std::lock_guard guard{lock_};
  return living_;
}

std::vector<Event> Ledger::take_events() {
  const std::lock_guard guard{lock_};
  return std::exchange(events_, {});
}

std::vector<Ended> Ledger::take_ends() {
  const std::lock_guard guard{lock_};
  return std::exchange(ends_, {});
}

std::size_t Ledger::written() const {
  const std::lock_guard guard{lock_};
  return written_;
}

bool Ledger::is_complete(std::size_t others) const {
  const std::lock_guard guard{lock_};
  return runtime().process_count() <= own_processes_ + living_.size() + others;
}

}  // namespace conformance
