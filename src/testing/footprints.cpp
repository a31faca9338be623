#include "footprints.hpp"

#include <algorithm>
#include <utility>

#include <coppice/base/random.hpp>

namespace coppice::testing {

bool conflict(const Step& a, const Step& b) noexcept {
  for (auto x = a.touches.begin(), y = b.touches.begin(); x != a.touches.end() && y != b.touches.end();) {
    if (x->object == y->object) {
      if (x->changes || y->changes) return true;
      ++x, ++y;
    } else {
      ++(x->object < y->object ? x : y);
    }
  }
  return false;
}

void Footprints::touch(std::uint64_t object, bool changes) {
  // A step touches a handful of things, mostly the last one again.
  for (Touch& touch : step_.touches)
    if (touch.object == object) return (void)(touch.changes |= changes);
  step_.touches.push_back({object, changes});
}

const Step& Footprints::end_step(Actor actor) {
  touch(everything, false);
  ended_ = std::exchange(step_, {});
  Step& ended = ended_;
  std::ranges::sort(ended.touches, {}, &Touch::object);
  ended.actor = actor;
  ended.hash = base::mix(actor);
  for (const Touch& touch : ended.touches) {
    const Known& known = known_[touch.object];
    ended.hash = base::mix(ended.hash ^ touch.object);
    ended.hash = base::mix(ended.hash ^ known.changed_by);
    if (touch.changes) ended.hash = base::mix(ended.hash ^ known.readers ^ 1);
    ended.depth = std::max({ended.depth, known.change_depth, touch.changes ? known.reader_depth : std::uint64_t{0}});
  }
  ++ended.depth;
  for (const Touch& touch : ended.touches) {
    Known& known = known_[touch.object];
    if (touch.changes) {
      known = {ended.hash, ended.depth, 0, 0};
    } else {
      known.readers += ended.hash;
      known.reader_depth = std::max(known.reader_depth, ended.depth);
    }
  }
  sum_ += ended.hash;
  return ended;
}

}  // namespace coppice::testing
