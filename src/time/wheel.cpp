#include <coppice/time/wheel.hpp>

#include <bit>

#include <coppice/base/error.hpp>

namespace coppice::timing {

Wheel::Wheel(Tick now) noexcept : now_{now} {
  for (TimerLinks& head : lists_) head = {&head, &head};
}

Wheel::~Wheel() {
  for (TimerLinks& head : lists_) {
    for (TimerLinks* at = head.next; at != &head;) {
      TimerLinks* next = at->next;
      *at = {};
      at = next;
    }
  }
}

unsigned Wheel::list_of(Tick expiry) const noexcept {
  if (expiry <= now_) return late_list;
  const auto highest = static_cast<unsigned>(std::bit_width(expiry ^ now_)) - 1;
  return list_below(highest / digit_bits, expiry);
}

// The list on this level or below: what is in the next slot has its place in the level below, too,
// and goes there unless that slot holds earlier ones, which are due before it.
unsigned Wheel::list_below(unsigned level, Tick expiry) const noexcept {
  while (level > 0) {
    const Tick slot = slot_of(expiry, level);
    if (slot != slot_of(now_, level) + 1 || !is_empty(list_at(level, slot))) break;
    --level;
  }
  return list_at(level, slot_of(expiry, level));
}

void Wheel::append(TimerEntry& entry, unsigned list) noexcept {
  TimerLinks& head = lists_[list];
  TimerLinks& links = entry;
  links = {head.previous, &head};
  head.previous->next = &links;
  head.previous = &links;
  if (list < due_list) {
    occupied_[list / slots_per_window] |= std::uint64_t{1} << (list % slots_per_window);
  }
}

void Wheel::insert(TimerEntry& entry, Tick expiry) noexcept {
  COPPICE_CHECK(!entry.armed() && expiry <= tick_not_before(never - Duration{1}),
                "a timer for tick {}, armed: {}", expiry, entry.armed());
  entry.expiry_ = expiry;
  append(entry, list_of(expiry));
  ++size_;
}

bool Wheel::remove(TimerEntry& entry) noexcept {
  if (!entry.armed()) return false;
  unlink(entry);
  --size_;
  return true;
}

void Wheel::unlink(TimerEntry& entry) noexcept {
  TimerLinks& links = entry;
  TimerLinks* const previous = links.previous;
  TimerLinks* const next = links.next;
  previous->next = next;
  next->previous = previous;
  links = {};
  // The last one of its list: both neighbours were the head, which tells the list.
  if (previous == next) {
    const auto list = static_cast<std::size_t>(previous - lists_.data());
    if (list < due_list) {
      occupied_[list / slots_per_window] &= ~(std::uint64_t{1} << (list % slots_per_window));
    }
  }
}

TimerEntry* Wheel::take_due() noexcept {
  if (!has_due()) return nullptr;
  auto* entry = static_cast<TimerEntry*>(lists_[due_list].next);
  remove(*entry);
  return entry;
}

void Wheel::splice_to_due(unsigned list) noexcept {
  if (is_empty(list)) return;
  TimerLinks& from = lists_[list];
  TimerLinks& to = lists_[due_list];
  from.next->previous = to.previous;
  to.previous->next = from.next;
  from.previous->next = &to;
  to.previous = from.previous;
  from = {&from, &from};
}

// Puts a slot's entries where they belong now that the present has come to it.
void Wheel::cascade(unsigned list) noexcept {
  TimerLinks& head = lists_[list];
  TimerLinks* at = head.next;
  head = {&head, &head};
  while (at != &head) {
    auto* entry = static_cast<TimerEntry*>(at);
    at = at->next;
    // What expires with the slot's first tick is due this moment, not late.
    append(*entry, entry->expiry_ == now_ ? due_list : list_of(entry->expiry_));
  }
}

// Within a window the lowest bit is the earliest. What is in a level's first window is earlier than
// all that is above; what is in its second may begin with the next slot above, or later.
Wheel::Slot Wheel::first_slot() const noexcept {
  Slot first{levels, no_tick};
  for (unsigned level = 0; level < levels; ++level) {
    const Tick here = slot_of(now_, level + 1);
    for (const Tick window : {here, here + 1}) {
      const std::uint64_t occupied = occupied_[2 * level + window % 2];
      if (occupied == 0) continue;
      const Tick slot =
          window * slots_per_window + static_cast<unsigned>(std::countr_zero(occupied));
      const Tick start = slot << level * digit_bits;
      if (start < first.start) first = {level, start};
      if (window == here) return first;
    }
  }
  return first;
}

// The next slots' oldest, those of the lowest levels first.
void Wheel::move_ahead() noexcept {
  unsigned left = most_ahead;
  for (unsigned level = 1; level < levels; ++level) {
    const unsigned list = list_at(level, slot_of(now_, level) + 1);
    for (; left > 0 && !is_empty(list); --left) {
      auto& entry = static_cast<TimerEntry&>(*lists_[list].next);
      unlink(entry);
      append(entry, list_below(level - 1, entry.expiry_));
    }
  }
}

// The present has come to the begin of its slot on this level.
void Wheel::open(unsigned level) noexcept {
  const unsigned list = list_at(level, slot_of(now_, level));
  occupied_[list / slots_per_window] &= ~(std::uint64_t{1} << (list % slots_per_window));
  if (level == 0) {
    splice_to_due(list);
  } else {
    cascade(list);
  }
}

void Wheel::collect(Tick now) noexcept {
  splice_to_due(late_list);
  if (now <= now_) return;
  for (Slot slot = first_slot(); slot.start <= now && slot.level < levels; slot = first_slot()) {
    now_ = slot.start;
    // And what begins with it on the levels above, which was inserted later.
    for (unsigned level = slot.level; level < levels; ++level) {
      if (slot_of(now_, level) << level * digit_bits != now_) break;
      open(level);
    }
  }
  // The first occupied slot begins later, so no digit in which an entry differs is passed here.
  now_ = now;
  move_ahead();
}

Tick Wheel::next_expiry() const noexcept {
  if (has_due() || !is_empty(late_list)) return now_;
  return first_slot().start;
}

}  // namespace coppice::timing
