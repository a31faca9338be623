// Loads that give a value which is stored later in the run (Bounds::foresight). The load is made as
// if the store were there; a run in which it does not come, or in which it would have to come
// before the load, is none.
#include <algorithm>

#include "run.hpp"

namespace model {

// Those that others store there, and that it could not have read.
const List<Bits>* Run::foreseen(unsigned location, std::uint32_t oldest) {
  if (!bounds_.foresight || foreseen_.made || current().fresh != 0 || location >= stored_.size())
    return nullptr;
  const List<Store>& stores = locations[location].stores;
  candidates_.clear();
  for (const Stored& one : stored_[location]) {
    const auto is_it = [&](const Store& other) { return other.value == one.value; };
    if (one.thread != now && std::none_of(stores.begin() + oldest, stores.end(), is_it))
      candidates_.push_back(one.value);
  }
  return &candidates_;
}

void Run::foresee(unsigned location, Bits value) {
  foreseen_ = {true, true, now, location, current().clock[now], value};
}

// Whether the current thread knows of the load that was given a value too early.
bool Run::after_foreseen(unsigned location) noexcept {
  return foreseen_.open && foreseen_.location == location &&
         current().clock[foreseen_.thread] >= foreseen_.time;
}

void Run::stored(unsigned location, std::uint32_t index, bool plainly) {
  const Bits value = locations[location].stores[index].value;
  if (foreseen_.open && foreseen_.location == location && foreseen_.value == value) {
    foreseen_.open = false;
    locations[location].seen.push_back({foreseen_.thread, foreseen_.time, index});
    if (!failure_.empty()) {
      end_ = End::failed;
      leave();
    }
  }
  if (!plainly || alive_ < 2) return;
  use_arena(false);
  if (location >= stored_.size()) stored_.resize(location + 1);
  const auto is_it = [&](const Stored& one) { return one.value == value && one.thread == now; };
  if (std::ranges::none_of(stored_[location], is_it)) {
    stored_[location].push_back({value, now});
    new_value_ = true;
  }
  use_arena(true);
}

}  // namespace model
