#include <coppice/process/host.hpp>

#include <algorithm>

#include <coppice/process/body.hpp>
#include <coppice/process/control_signals.hpp>
#include <coppice/process/current.hpp>
#include <coppice/process/process.hpp>
#include <coppice/process/seam.hpp>
#include <coppice/process/table.hpp>

#include "slice.hpp"

namespace coppice::process {

EventSink::~EventSink() = default;
Body::~Body() = default;

Host::Host(const HostOptions& options, EventSink& sink, void* owner)
    : options_{options},
      sink_{sink},
      owner_{owner},
      clock_{options.clock},
      timers_{options.scheduler.workers == 0 ? base::hardware_threads() : options.scheduler.workers, clock_.now()},
      scheduler_{options.scheduler, *this, timers_, clock_, options.director} {}

Host::~Host() { scheduler_.stop(); }

SlotRange Host::slots() const noexcept {
  if (options_.seam != nullptr) return options_.seam->slots();
  return {1, table().high_water()};
}

void Host::run(schedule::Runnable& runnable) noexcept { run_slice(static_cast<Process&>(runnable)); }

// On the watch's thread, while the process may run, end or be another one: only what is atomic is looked at.
std::string Host::describe(const schedule::Runnable& runnable) {
  const auto& process = static_cast<const Process&>(runnable);
  const std::uint32_t generation = process.life.living();
  const Pid pid{0, process.slot(), generation};
  const std::optional<Atom> name = names_.name_of(pid);
  return name ? fmt::format("{} ({})", pid, *name) : fmt::format("{}", pid);
}

void Host::stalled(const schedule::StallReport& report) noexcept { sink_.stalled(report); }

void Host::dead_letter(Pid to, Signal* message) noexcept {
  dead_letters_.fetch_add(1, base::relaxed);
  const bool told = has_subscribers_.load(base::relaxed);
  if ((told || sink_.wants_dead_letters()) && !(message->type->payload == TypeId::of<DeadLetter>())) {
    const std::string type = message->type->payload.name();
    if (sink_.wants_dead_letters()) sink_.dead_letter({to, type});
    std::vector<Pid> subscribers;
    if (told) {
      const base::LockGuard guard{lock_};
      std::erase_if(subscribers_, [](Pid p) { return !is_alive(p); });
      subscribers = subscribers_;
      has_subscribers_.store(!subscribers_.empty(), base::relaxed);
    }
    for (const Pid subscriber : subscribers)
      if (auto* letter = base::pool_new<MessageSignal<DeadLetter>>(to, type); !post(subscriber, *letter)) destroy(letter);
  }
  destroy(message);
}

void Host::subscribe_dead_letters(Pid pid) {
  note_touched_everything();
  const base::LockGuard guard{lock_};
  if (std::ranges::find(subscribers_, pid) == subscribers_.end()) subscribers_.push_back(pid);
  has_subscribers_.store(true, base::relaxed);
}

void Host::unsubscribe_dead_letters(Pid pid) noexcept {
  note_touched_everything();
  const base::LockGuard guard{lock_};
  std::erase(subscribers_, pid);
  has_subscribers_.store(!subscribers_.empty(), base::relaxed);
}

// A process that is born meanwhile is either seen by the scan or sees `stopping_` (both sequentially consistent, see
// Lifecycle::born) and is killed by its maker.
void Host::kill_all() {
  stopping_.store(true, base::seq_cst);
  const SlotRange range = slots();
  for (std::uint32_t slot = range.first; slot <= range.last; ++slot) {
    Process& process = slot_at(slot);
    const std::uint32_t generation = process.life.living();
    if (generation == 0 || process.host.load(base::acquire) != this) continue;
    send_exit(SignalKind::exit, Pid{}, Pid{0, slot, generation}, ExitReason::kill());
  }
}

bool Host::wait_until_empty(std::chrono::nanoseconds limit) {
  base::UniqueLock lock{lock_};
  live_.fetch_or(awaited_bit, base::relaxed);
  const auto empty = [this] { return live_processes() == 0; };
  if (limit == std::chrono::nanoseconds::max()) {
    empty_.wait(lock, empty);
    return true;
  }
  return empty_.wait_for(lock, limit, empty);
}

std::vector<std::string> Host::describe_live(std::size_t most) {
  std::vector<std::string> out;
  const SlotRange range = slots();
  for (std::uint32_t slot = range.first; slot <= range.last && out.size() < most; ++slot) {
    const Process& process = slot_at(slot);
    if (process.life.living() != 0 && process.host.load(base::acquire) == this) out.push_back(describe(process));
  }
  return out;
}

// Only the last process that somebody waits for needs the lock; the count is changed under it so that the waiter cannot see
// zero, return and end this host while it is still in use here.
void Host::process_gone() noexcept {
  std::uint64_t seen = live_.load(base::relaxed);
  while (seen != (awaited_bit | 1))
    if (live_.compare_exchange_weak(seen, seen - 1, base::acq_rel, base::relaxed)) return;
  const base::LockGuard guard{lock_};
  live_.fetch_sub(1, base::acq_rel);
  empty_.notify_all();
}

}  // namespace coppice::process
