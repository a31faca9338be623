// Who sleeps, who looks for work, and how neither a wake-up is lost nor a thread woken for nothing.
//
// One atomic word counts the workers that search and the workers that sleep (at most 65,535 each).
// Who sleeps is a list under a lock; the word's sleeping count changes only under that lock,
// together with the list.
//
// Whoever makes something runnable:
//   N1 pushes it to a ring or the injection queue (seq_cst store of its tail or length)
//   N2 loads the word (seq_cst): done if somebody searches, or nobody sleeps
//   N3 lock; checks the word again; takes a sleeper from the list; RMW on the word: sleeping - 1,
//      searching + 1 in its name; unlock; unparks it
//
// A worker that found nothing to do:
//   S1 lock; enters the list; RMW on the word: sleeping + 1, searching - 1 if it searched; unlock
//   S2 a last look at all queues (seq_cst loads)
//   S3 if there is work and it is still in the list: lock; leaves the list; RMW on the word:
//      sleeping - 1, searching + 1; unlock; searches again
//   S4 else parks. Woken by N3 it is a searcher.
//
// A searcher that finds none goes to S1. One that finds work:
//   F1 RMW on the word: searching - 1
//   F2 if it was the last one: looks at all queues (seq_cst loads); if there is work, goes to N2
//
// Why nothing is lost. N1, N2, S1 and S2 (and F1, F2) are all seq_cst, so there is one order of
// them that all threads agree on. If N2 comes after S1 there, the pusher sees the sleeper, or that
// somebody searches. If N2 comes before S1, then so does N1, which is before it in its thread, and
// S2, after S1, sees what was pushed. One of them always acts. And if N2 saw a searcher, that one
// had not yet done its F1 or S1: what was pushed before is seen by its look in F2 or S2, provided
// that it is the last searcher; if it is not, the last one's look comes later still. Every sleeper
// looks (S2), also one that did not search, because half of the workers at most may search at a
// time.
//
// What a look does not see: an element between a thief's two rings, whose thief is awake and does
// F1 or S1 afterwards; and LIFO slots, which belong to an awake worker that empties its slot before
// it sleeps.
//
// The keeper is the sleeper that sleeps no longer than until the next timer is due. The role is
// taken in S1 if it is free and lost with leaving the list. It reads the next expiry after S1 and
// says how long it sleeps; until it has, it counts as sleeping for ever. Whoever arms an earlier
// timer takes the lock afterwards to ask for a keeper that sleeps too long: so the keeper reads the
// new expiry, or is seen and woken. If nobody sleeps there is no keeper; workers that run poll the
// timers between slices, and the stall watch does if all of them are long.
//
// Spares that are not needed are in a second list, which only the watch takes from.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include <coppice/base/sync.hpp>
#include <coppice/time/instant.hpp>

namespace coppice::schedule {

// What the idle set knows of a worker.
struct Sleeper {
  explicit Sleeper(bool is_spare) noexcept : spare{is_spare} {}

  base::Parker parker;
  const bool spare;
  // Under the set's lock.
  bool listed = false;   // in the list of sleepers
  bool retired = false;  // in the list of spares that are not needed
};

class IdleSet {
 public:
  // `regular` workers, all awake and not searching; room for `spares` more.
  IdleSet(unsigned regular, unsigned spares);

  // N2 and N3. The caller unparks the sleeper returned; null if nobody needs to be woken.
  [[nodiscard]] Sleeper* pick() noexcept;
  // N3 for the watch: takes a sleeper whether somebody searches or not.
  [[nodiscard]] Sleeper* pick_anyway() noexcept;

  // A worker wants to search: false if enough of them do.
  [[nodiscard]] bool begin_search() noexcept;
  // F1. True: it was the last one, F2 is due.
  [[nodiscard]] bool end_search() noexcept;

  // S1.
  void enlist(Sleeper&, bool searching) noexcept;
  // S3, also after a timeout: true: the caller has left the list and counts as searching. False: it
  // was picked, which makes it a searcher as well, and a permit for its parker is there or about to
  // come.
  [[nodiscard]] bool leave(Sleeper&) noexcept;
  struct Standing {
    bool listed;
    bool keeper;
    bool retired;
  };
  [[nodiscard]] Standing standing(const Sleeper&) noexcept;
  // The keeper will sleep until then.
  void keep_until(const Sleeper&, timing::Instant) noexcept;
  // A timer was armed: the keeper, for the caller to unpark, if it would sleep past `expiry`; else
  // null.
  [[nodiscard]] Sleeper* keeper_to_wake(timing::Instant expiry) noexcept;

  // A spare steps down if more of them are on duty than workers are stalled: false if it is still
  // needed. True: it is in the list of the retired and parks until recalled; it was the last
  // searcher if `last` is set, so that F2 is due.
  [[nodiscard]] bool retire(Sleeper&, bool searching, bool& last) noexcept;
  // The same for a spare that sleeps, by the watch; it sleeps on. Returns the sleeper that inherits
  // the keeper's role, for the caller to unpark, else null.
  [[nodiscard]] Sleeper* retire_surplus() noexcept;
  // Puts a retired spare on duty, as a searcher, for the caller to unpark; null if there is none.
  [[nodiscard]] Sleeper* recall() noexcept;
  // Counts a new spare as on duty and searching, and takes that back if its thread could not be
  // started.
  void enter_duty() noexcept;
  void leave_duty() noexcept;
  // Told by the watch: how many workers are stalled; and whether spares have been too many for so
  // long that those that find work should step down as well.
  void set_stalled(unsigned count, bool busy_too) noexcept;
  // Whether a busy spare should try to: cheap, and as old as the watch's last look.
  bool busy_spares_step_down() const noexcept {
    return busy_spares_step_down_.load(base::relaxed);
  }

  unsigned on_duty() noexcept;  // spares that are not retired
  bool all_asleep() noexcept;
  // The watch takes what waits at a worker and pushes it elsewhere: in between it is in no queue, and
  // the worker may fall asleep, since it finds nothing.
  void set_rescuing(bool on) noexcept;
  // If all sleep, and nothing is on its way between queues: a number that stays as long as nobody
  // leaves the list.
  std::optional<std::uint64_t> sleep_of_all() noexcept;
  unsigned searching() const noexcept { return word_.load(base::seq_cst) & low; }
  unsigned sleeping() const noexcept { return word_.load(base::seq_cst) >> 16; }

 private:
  static constexpr std::uint32_t low = 0xFFFF;
  static constexpr std::uint32_t one_searching = 1;
  static constexpr std::uint32_t one_sleeping = 1U << 16;

  Sleeper* take_sleeper() noexcept;

  const unsigned regular_;
  // Read by every push: on a line of its own.
  alignas(64) base::Atomic<std::uint32_t> word_{0};
  alignas(64) base::Mutex lock_;
  std::vector<Sleeper*> sleepers_;  // the latest at the back
  std::vector<Sleeper*> retired_;
  Sleeper* keeper_ = nullptr;
  timing::Instant kept_until_ = timing::never;
  unsigned on_duty_ = 0;
  unsigned stalled_ = 0;
  bool rescuing_ = false;
  std::uint64_t departures_ = 0;  // how often somebody has left the list to work
  base::Atomic<bool> busy_spares_step_down_{false};
};

}  // namespace coppice::schedule
