// Which kind of process the saboteur kills next: a shuffled deck of cards, dealt again when it is used up, so that even a
// short run sees every kind in about the right measure.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <random>
#include <string_view>
#include <utility>
#include <vector>

namespace bank {

enum class Target { account, teller, supervisor, ledger };

constexpr std::size_t target_kinds = 4;
inline constexpr std::array<std::string_view, target_kinds> target_names{"account", "teller", "supervisor", "ledger"};

class Deck {
 public:
  // In 240 cards. A supervisor's death takes all below it, and the ledger's makes every teller wait.
  static constexpr std::array<std::size_t, target_kinds> cards{191, 42, 6, 1};

  explicit Deck(std::uint64_t seed) : random_{seed} {}

  Target next() {
    if (deck_.empty()) deal();
    Target card = deck_.back();
    deck_.pop_back();
    return card;
  }

  // A number below n, which is not 0, for who of the kind it is.
  std::size_t below(std::size_t n) { return static_cast<std::size_t>(random_() % n); }

 private:
  void deal() {
    for (std::size_t kind = 0; kind < target_kinds; ++kind)
      deck_.insert(deck_.end(), cards[kind], static_cast<Target>(kind));
    for (std::size_t left = deck_.size(); left > 1; --left) std::swap(deck_[left - 1], deck_[below(left)]);
  }

  std::mt19937_64 random_;  // its numbers are the same everywhere; those of std::shuffle are not
  std::vector<Target> deck_;
};

}  // namespace bank
