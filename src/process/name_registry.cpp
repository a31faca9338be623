#include <coppice/process/name_registry.hpp>

#include <algorithm>

#include <coppice/process/completion.hpp>
#include <coppice/process/control_signals.hpp>
#include <coppice/process/process.hpp>
#include <coppice/process/seam.hpp>

namespace coppice::process {

std::expected<void, NameError> Names::add(Atom name, Pid pid) {
  static const Atom undefined{"undefined"};
  if (!name || name == undefined) return std::unexpected{NameError::reserved_name};
  note_touched(name, true);
  note_touched(pid);
  if (!pid || pid.node() != 0) return std::unexpected{NameError::process_dead};
  const base::WriteLock writing{lock_};
  if (pids_.contains(name)) return std::unexpected{NameError::name_taken};
  // Under the lock the process either is marked as named, and then takes the lock itself in step 6 of its end, or has
  // begun to end and is refused here.
  switch (slot_at(pid.slot()).life.name(pid.generation())) {
    case Lifecycle::Naming::dead: return std::unexpected{NameError::process_dead};
    case Lifecycle::Naming::has_name: return std::unexpected{NameError::process_has_name};
    case Lifecycle::Naming::named: break;
  }
  pids_.emplace(name, pid);
  names_.emplace(pid, name);
  if (const auto waiting = waiting_.find(name); waiting != waiting_.end()) {
    // Not refused: who waits does not end before it has its signal back.
    for (const Waiting& w : waiting->second) (void)post(w.pid, *w.signal);
    waiting_.erase(waiting);
  }
  return {};
}

void Names::wait_for(Atom name, Pid waiter, CompletionSignal& signal) {
  note_touched(name, true);
  const base::WriteLock writing{lock_};
  if (pids_.contains(name))
    (void)post(waiter, signal);
  else
    waiting_[name].push_back({waiter, &signal});
}

bool Names::stop_waiting(Atom name, CompletionSignal& signal) noexcept {
  note_touched(name, true);
  const base::WriteLock writing{lock_};
  const auto waiting = waiting_.find(name);
  if (waiting == waiting_.end()) return false;
  const bool found = std::erase_if(waiting->second, [&](const Waiting& w) { return w.signal == &signal; }) != 0;
  if (waiting->second.empty()) waiting_.erase(waiting);
  return found;
}

bool Names::remove(Atom name) noexcept {
  note_touched(name, true);
  const base::WriteLock writing{lock_};
  const auto found = pids_.find(name);
  if (found == pids_.end()) return false;
  slot_at(found->second.slot()).life.unname(found->second.generation());
  names_.erase(found->second);
  pids_.erase(found);
  return true;
}

void Names::forget(Process& process) noexcept {
  if (seam_here() != nullptr) note_touched(name_of(process.pid()).value_or(Atom{}), true);
  const base::WriteLock writing{lock_};
  const auto found = names_.find(process.pid());
  if (found == names_.end()) return;
  pids_.erase(found->second);
  names_.erase(found);
}

std::optional<Pid> Names::find(Atom name) const {
  note_touched(name, false);
  const base::ReadLock reading{lock_};
  const auto found = pids_.find(name);
  if (found == pids_.end()) return std::nullopt;
  return found->second;
}

std::optional<Atom> Names::name_of(Pid pid) const {
  const base::ReadLock reading{lock_};
  const auto found = names_.find(pid);
  if (found == names_.end()) return std::nullopt;
  return found->second;
}

std::vector<Atom> Names::all() const {
  note_touched_everything();
  std::vector<Atom> out;
  {
    const base::ReadLock reading{lock_};
    for (const auto& [name, pid] : pids_) out.push_back(name);
  }
  std::ranges::sort(out);
  return out;
}

}  // namespace coppice::process
