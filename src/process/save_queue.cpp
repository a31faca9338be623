#include <coppice/process/save_queue.hpp>

#include <algorithm>
#include <vector>

#include "save_index.hpp"

namespace coppice::process {
namespace {

// Where a merged scan stands in one lane.
struct Cursor {
  SaveIndex::Lane* lane;
  std::size_t at;
  bool at_end() const noexcept { return at >= lane->size(); }
  std::uint64_t number() const noexcept { return (*lane)[at].number; }
};

Cursor* oldest(std::span<Cursor> cursors) noexcept {
  Cursor* best = nullptr;
  for (Cursor& c : cursors)
    if (!c.at_end() && (best == nullptr || c.number() < best->number())) best = &c;
  return best;
}

bool wants(std::span<const TypeId> types, TypeId type) noexcept {
  return types.empty() || std::ranges::find(types, type) != types.end();
}

}  // namespace

Signal* SaveQueue::take_from(Matcher& matcher, std::uint64_t& after) {
  return is_indexed() ? take_from_index(matcher, after) : take_from_list(matcher, after);
}

Signal* SaveQueue::take_from_list(Matcher& matcher, std::uint64_t& after) {
  if (after >= last_sequence_) return nullptr;
  Signal* previous = nullptr;
  std::uint32_t passed = 0;
  for (Signal* s = count_ == 0 ? nullptr : head_; s != nullptr; previous = s, s = s->next_signal()) {
    if (s->number() > after && s->kind() == SignalKind::message && matcher.matches(*s)) return unlink(previous, s);
    if (++passed > scan_limit) {
      if (s->number() > after) after = s->number();
      build_index();
      return take_from_index(matcher, after);
    }
  }
  after = last_sequence_;
  return nullptr;
}

Signal* SaveQueue::take_from_index(Matcher& matcher, std::uint64_t& after) {
  Signal* taken = take_filed(matcher, after);
  if (taken == nullptr) taken = take_arrival(matcher, after);
  if (taken == nullptr) {
    after = last_sequence_;
    return nullptr;
  }
  --count_;
  drop_index_if_empty();
  return taken;
}

// Merges the lanes that can match, oldest first.
Signal* SaveQueue::take_filed(Matcher& matcher, std::uint64_t after) {
  constexpr std::size_t usual = 8;
  Cursor few[usual];
  std::vector<Cursor> many;
  std::size_t used = 0;
  const std::span<const TypeId> types = matcher.types();
  for (SaveIndex::Lane& lane : index_->lanes()) {
    if (!lane.type() || !wants(types, lane.type())) continue;
    const Cursor cursor{&lane, lane.first_after(after)};
    if (cursor.at_end()) continue;
    if (used < usual)
      few[used++] = cursor;
    else if (many.empty())
      many.assign(few, few + usual), many.push_back(cursor);
    else
      many.push_back(cursor);
  }
  const std::span<Cursor> cursors = many.empty() ? std::span{few, used} : std::span{many};
  while (Cursor* c = oldest(cursors)) {
    if (matcher.matches(*(*c->lane)[c->at].signal)) return c->lane->take(c->at);
    c->at = c->lane->skip_holes(c->at + 1);
  }
  return nullptr;
}

// Files what it passes over.
Signal* SaveQueue::take_arrival(Matcher& matcher, std::uint64_t after) {
  while (Signal* const s = index_->arrival()) {
    if (s->number() > after && s->kind() == SignalKind::message && matcher.matches(*s)) {
      index_->take_arrival();
      return s;
    }
    index_->file_arrival();
  }
  return nullptr;
}

Signal* SaveQueue::take_system() {
  if (is_indexed()) {
    while (index_->arrival() != nullptr) index_->file_arrival();
    SaveIndex::Lane* lane = index_->other_lane();
    for (std::size_t at = lane == nullptr ? 0 : lane->first(); lane != nullptr && at < lane->size();
         at = lane->skip_holes(at + 1)) {
      if ((*lane)[at].signal->kind() != SignalKind::system) continue;
      Signal* taken = lane->take(at);
      --count_;
      drop_index_if_empty();
      return taken;
    }
    return nullptr;
  }
  Signal* previous = nullptr;
  for (Signal* s = count_ == 0 ? nullptr : head_; s != nullptr; previous = s, s = s->next_signal())
    if (s->kind() == SignalKind::system) return unlink(previous, s);
  return nullptr;
}

Signal* SaveQueue::unlink(Signal* previous, Signal* signal) noexcept {
  if (previous == nullptr)
    head_ = signal->next_signal();
  else
    previous->next = signal->next;
  if (tail_ == signal) tail_ = previous;
  --count_;
  return signal;
}

void SaveQueue::push_indexed(Signal& signal) {
  index_->push_back(signal);
  ++count_;
}

Signal* SaveQueue::pop_indexed() {
  SaveIndex::Lane* from = nullptr;
  for (SaveIndex::Lane& lane : index_->lanes())
    if (lane.first() < lane.size() && (from == nullptr || lane[lane.first()].number < (*from)[from->first()].number))
      from = &lane;
  Signal* first = nullptr;
  if (from != nullptr) {
    first = from->take(from->first());
  } else {
    first = index_->arrival();
    index_->take_arrival();
  }
  --count_;
  drop_index_if_empty();
  return first;
}

void SaveQueue::build_index() {
  index_ = new SaveIndex{head_, tail_};
  tail_ = nullptr;
}

void SaveQueue::drop_index_if_empty() noexcept {
  if (count_ != 0) return;
  delete index_;
  head_ = nullptr;
}

}  // namespace coppice::process
