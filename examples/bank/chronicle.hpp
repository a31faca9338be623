// What the desk hears of the bank's processes: how often each kind was started and killed.
#pragma once

#include <array>
#include <cstddef>
#include <vector>

#include "news.hpp"

namespace bank {

class Chronicle {
 public:
  explicit Chronicle(std::size_t branches) : started_(branches) {}

  void note(const Started& started) { ++count(started.role, started.branch); }
  void note(const Killed& killed) { ++killed_[static_cast<std::size_t>(killed.kind)]; }

  // Since the first `processes` of this role, in this branch if it has one.
  std::size_t restarts(Role role, std::size_t processes = 1, std::size_t branch = 0) const {
    std::size_t starts = started_.at(branch)[static_cast<std::size_t>(role)];
    return starts > processes ? starts - processes : 0;
  }

  std::size_t killed(Target kind) const { return killed_[static_cast<std::size_t>(kind)]; }
  std::size_t killed() const {
    std::size_t sum = 0;
    for (std::size_t kind : killed_) sum += kind;
    return sum;
  }

 private:
  static constexpr std::size_t roles = static_cast<std::size_t>(Role::teller) + 1;

  std::size_t& count(Role role, std::size_t branch) { return started_.at(branch)[static_cast<std::size_t>(role)]; }

  std::vector<std::array<std::size_t, roles>> started_;  // a row a branch; what is in none is in the first
  std::array<std::size_t, target_kinds> killed_{};
};

}  // namespace bank
