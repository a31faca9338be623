// How long transfers took from when they were first handed to a teller until they were answered.
#pragma once

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <vector>

namespace bank {

class Availability {
 public:
  using Time = std::chrono::microseconds;
  static constexpr Time in_time{100'000};

  void answered_after(Time time) { times_.push_back(time); }

  std::size_t answered() const { return times_.size(); }
  std::size_t answered_in_time() const {
    return static_cast<std::size_t>(std::ranges::count_if(times_, [](Time t) { return t <= in_time; }));
  }

  // Of all; 1 if there were none.
  double share_in_time() const {
    return times_.empty() ? 1.0 : static_cast<double>(answered_in_time()) / static_cast<double>(times_.size());
  }

  // The time that this share, from 0 to 1, of all answers took at most.
  Time at(double share) const {
    if (times_.empty()) return Time{0};
    std::vector<Time> sorted = times_;
    auto place = static_cast<std::ptrdiff_t>(share * static_cast<double>(sorted.size() - 1));
    std::ranges::nth_element(sorted, sorted.begin() + place);
    return sorted[static_cast<std::size_t>(place)];
  }

 private:
  std::vector<Time> times_;
};

}  // namespace bank
