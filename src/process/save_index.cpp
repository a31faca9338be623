#include "save_index.hpp"

namespace coppice::process {

std::size_t SaveIndex::Lane::first_after(std::uint64_t number) const noexcept {
  if (entries_.empty() || entries_.back().number <= number) return entries_.size();
  const auto begin = entries_.begin() + static_cast<std::ptrdiff_t>(head_);
  const auto found = std::upper_bound(begin, entries_.end(), number,
                                      [](std::uint64_t n, const Entry& e) { return n < e.number; });
  return skip_holes(static_cast<std::size_t>(found - entries_.begin()));
}

Signal* SaveIndex::Lane::take(std::size_t at) noexcept {
  Signal* taken = entries_[at].signal;
  entries_[at].signal = nullptr;
  ++holes_;
  if (at == head_) head_ = skip_holes(head_);
  if (holes_ > 32 && holes_ * 2 > entries_.size()) squeeze();
  return taken;
}

void SaveIndex::Lane::squeeze() noexcept {
  std::erase_if(entries_, [](const Entry& e) { return e.signal == nullptr; });
  head_ = 0;
  holes_ = 0;
}

SaveIndex::Lane* SaveIndex::other_lane() noexcept {
  for (Lane& lane : lanes_)
    if (!lane.type()) return &lane;
  return nullptr;
}

SaveIndex::Lane& SaveIndex::lane_for(const Signal& signal) {
  const TypeId type = signal.kind() == SignalKind::message ? signal.type->payload : TypeId{};
  for (Lane& lane : lanes_)
    if (lane.type() == type) return lane;
  return lanes_.emplace_back(type);
}

}  // namespace coppice::process
