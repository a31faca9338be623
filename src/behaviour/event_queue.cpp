#include <coppice/behaviour/event_queue.hpp>

#include <iterator>

namespace coppice::behaviour {

void EventQueue::put_first(std::vector<Event>& events) {
  ready_.insert(ready_.begin(), std::make_move_iterator(events.begin()), std::make_move_iterator(events.end()));
  events.clear();
}

}  // namespace coppice::behaviour
