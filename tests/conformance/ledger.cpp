#include "ledger.hpp"

namespace conformance {

Term print(const Identity& identity) {
  return identity.first + (identity.second == 0 ? "" : "#" + std::to_string(identity.second));
}

void Ledger::open() {
  help_driver();
  warden_ = spawn(SpawnOptions{.thread = dedicated}, [this] { return watch_all(); });
  own_ = runtime().process_count();
}

Task<> Ledger::watch_all() {
  const auto watch = [](Watch one) { monitor(one.pid), one.done->release(); };
  const auto ended = [this](const Down& down) {
    const Identity identity = this->identity(down.pid);
    locked([&] { ends_.push_back({identity, down.pid, down.reason}), living_.erase(down.pid), ++written_; });
  };
  for (;;) co_await receive(watch, ended);
}

Identity Ledger::enter(const std::string& id, Member member) {
  std::binary_semaphore done{0};
  locked([&] {
    member.identity = {id, member.identity.second == 0 ? 0 : ++started_[id]};
    members_[self()] = member;
    latest_[id] = self();
    living_.insert(self());
  });
  send(warden_, Watch{self(), &done});
  done.acquire();
  (void)process_info(self());  // takes the monitor in, which gets the reason of any end from now on
  return member.identity;
}

Term Ledger::term_of(const Down& down) {
  const auto is_it = [&](const auto& tagged) { return tagged.second == Tagged{down.ref}; };
  const Term tag = locked([&] {
    const auto found = std::ranges::find_if(tags_, is_it);
    return found == tags_.end() ? "ref" : found->first;
  });
  const Term who = down.name ? tuple({"reg", Term{down.name.text()}}) : name_of(down.pid);
  return tuple({"'DOWN'", tag, "process", who, to_term(down.reason)});
}

}  // namespace conformance
