#include <coppice/process/alias.hpp>

#include <coppice/process/control_signals.hpp>
#include <coppice/process/current.hpp>
#include <coppice/process/process.hpp>

namespace coppice {

using process::AliasEntry;

Alias alias(AliasMode mode) {
  process::Process& self = process::current_or_throw("alias()");
  const Alias made{make_ref()};
  const auto lives = mode == AliasMode::reply ? AliasEntry::Lives::one_message : AliasEntry::Lives::explicit_unalias;
  self.rare().aliases.insert(AliasEntry{made.reference().id(), lives, MonitorRef{}});
  return made;
}

bool unalias(const Alias& alias) {
  process::Process& self = process::current_or_throw("unalias()");
  return self.rare_parts != nullptr && self.rare_parts->aliases.erase(alias.reference().id());
}

AliasedMonitor monitor(Pid pid, MonitorAlias mode) {
  const MonitorRef ref = monitor(pid);
  process::add_alias(ref, mode);
  return {ref, Alias{ref}};
}

AliasedMonitor monitor(Atom name, MonitorAlias mode) {
  const MonitorRef ref = monitor(name);
  process::add_alias(ref, mode);
  return {ref, Alias{ref}};
}

namespace process {

void add_alias(MonitorRef ref, MonitorAlias mode) {
  AliasEntry::Lives lives = AliasEntry::Lives::explicit_unalias;
  if (mode == MonitorAlias::demonitor) lives = AliasEntry::Lives::monitor;
  if (mode == MonitorAlias::reply_demonitor) lives = AliasEntry::Lives::monitor_or_one_message;
  current_or_throw("monitor()").rare().aliases.insert(AliasEntry{ref.reference().id(), lives, ref});
}

bool take_through_alias(Process& self, std::uint64_t id) noexcept {
  const AliasEntry* found = self.rare_parts == nullptr ? nullptr : self.rare_parts->aliases.find(id);
  if (found == nullptr) return false;
  const AliasEntry entry = *found;
  switch (entry.lives) {
    case AliasEntry::Lives::explicit_unalias:
    case AliasEntry::Lives::monitor: break;
    case AliasEntry::Lives::monitor_or_one_message: {
      const Monitoring* known = self.rare_parts->monitors.find(entry.monitor);
      if (known != nullptr) {
        const Pid target = known->target;
        self.rare_parts->monitors.erase(entry.monitor);
        send_signal(target, base::pool_new<DemonitorSignal>(entry.monitor));
      }
      [[fallthrough]];
    }
    case AliasEntry::Lives::one_message: self.rare_parts->aliases.erase(id); break;
  }
  return true;
}

void monitor_ended(Process& self, MonitorRef ref) noexcept {
  base::DenseTable<AliasEntry>& aliases = self.rare_parts->aliases;
  if (aliases.empty()) return;
  const AliasEntry* found = aliases.find(ref.reference().id());
  if (found != nullptr && found->follows_monitor()) aliases.erase(ref.reference().id());
}

}  // namespace process
}  // namespace coppice
