// Which of an account's postings it has: all up to a number, and some after it that came early, since postings are
// delivered by many tellers and in no order.
#pragma once

#include <cstdint>
#include <set>

namespace bank {

class Postings {
 public:
  explicit Postings(std::uint64_t all_up_to = 0) : all_up_to_{all_up_to} {}

  // Whether this posting is new; it counts as had from now on.
  [[nodiscard]] bool take(std::uint64_t posting) {
    if (posting <= all_up_to_ || !early_.insert(posting).second) return false;
    while (early_.erase(all_up_to_ + 1) == 1) ++all_up_to_;
    return true;
  }

  std::uint64_t all_up_to() const { return all_up_to_; }
  bool has_gap() const { return !early_.empty(); }

 private:
  std::uint64_t all_up_to_;
  std::set<std::uint64_t> early_;
};

}  // namespace bank
