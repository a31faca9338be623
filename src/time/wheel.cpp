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
  const unsigned level = highest / digit_bits;
  const auto place = static_cast<unsigned>(expiry >> (level * digit_bits)) & (slots_per_level - 1);
  return level * slots_per_level + place;
}

void Wheel::append(TimerEntry& entry, unsigned list) noexcept {
  TimerLinks& head = lists_[list];
  TimerLinks& links = entry;
  links = {head.previous, &head};
  head.previous->next = &links;
  head.previous = &links;
  if (list < due_list) {
    occupied_[list / slots_per_level] |= std::uint64_t{1} << (list % slots_per_level);
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
  TimerLinks& links = entry;
  TimerLinks* const previous = links.previous;
  TimerLinks* const next = links.next;
  previous->next = next;
  next->previous = previous;
  links = {};
  --size_;
  // The last one of its list: both neighbours were the head, which tells the list.
  if (previous == next) {
    const auto list = static_cast<std::size_t>(previous - lists_.data());
    if (list < due_list) {
      occupied_[list / slots_per_level] &= ~(std::uint64_t{1} << (list % slots_per_level));
    }
  }
  return true;
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

// All entries differ from the present upwards in the digit of their level, and agree with it above.
// So a lower level's entries are all earlier than a higher level's, and within a level the lowest
// bit is the earliest.
Wheel::Slot Wheel::first_slot() const noexcept {
  for (unsigned level = 0; level < levels; ++level) {
    if (occupied_[level] == 0) continue;
    const auto place = static_cast<unsigned>(std::countr_zero(occupied_[level]));
    const unsigned shift = level * digit_bits;
    const Tick above = (now_ >> shift >> digit_bits) << digit_bits;
    return {level, place, (above | place) << shift};
  }
  return {levels, 0, no_tick};
}

void Wheel::collect(Tick now) noexcept {
  splice_to_due(late_list);
  if (now <= now_) return;
  for (Slot slot = first_slot(); slot.start <= now && slot.level < levels; slot = first_slot()) {
    now_ = slot.start;
    occupied_[slot.level] &= ~(std::uint64_t{1} << slot.place);
    const unsigned list = slot.level * slots_per_level + slot.place;
    if (slot.level == 0) {
      splice_to_due(list);
    } else {
      cascade(list);
    }
  }
  // The first occupied slot begins later, so no digit in which an entry differs is passed here.
  now_ = now;
}

Tick Wheel::next_expiry() const noexcept {
  if (has_due() || !is_empty(late_list)) return now_;
  return first_slot().start;
}

}  // namespace coppice::timing
