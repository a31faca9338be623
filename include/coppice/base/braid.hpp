// A first-in first-out list, as Fifo, for elements that nobody has touched for long: a braid of
// several chains, so that reading one element's link does not wait until the one before has come
// from memory. Each element's successor in its chain is asked for when it becomes the chain's
// first, some elements before its turn.
//
// Thread safety: none; guard it with a lock. An element is in at most one list per link at a time
// and must outlive its stay there.
#pragma once

#include <array>
#include <cstddef>

#include <coppice/base/intrusive.hpp>

namespace coppice::base {

template <auto Link>
class Braid {
 public:
  using Element = typename Fifo<Link>::Element;

  bool empty() const noexcept { return size() == 0; }
  std::size_t size() const noexcept { return pushed_ - taken_; }
  // How many were ever pushed.
  std::size_t pushed() const noexcept { return pushed_; }

  void push_back(Element& element) noexcept { chains_[pushed_++ % chain_count].push_back(element); }

  // The oldest element, or null.
  Element* pop_front() noexcept {
    if (empty()) return nullptr;
    Fifo<Link>& chain = chains_[taken_++ % chain_count];
    Element* const oldest = chain.pop_front();
    __builtin_prefetch(chain.front());
    return oldest;
  }

 private:
  static constexpr std::size_t chain_count = 8;

  std::array<Fifo<Link>, chain_count> chains_;
  std::size_t pushed_ = 0;  // both count for ever; their difference is right even when they wrap
  std::size_t taken_ = 0;
};

}  // namespace coppice::base
