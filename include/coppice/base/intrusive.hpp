// A first-in first-out list threaded through a `next` pointer of its elements: no allocation, no
// ownership.
//
//     struct Job { Job* next = nullptr; };
//     base::Fifo<&Job::next> waiting;
//
// Thread safety: none; guard it with a lock. An element is in at most one list per link at a time
// and must outlive its stay there. A link has no meaning outside of a list.
#pragma once

#include <cstddef>

namespace coppice::base {

template <class Member>
struct LinkOwner;

template <class T>
struct LinkOwner<T * T::*> {
  using type = T;
};

template <auto Link>
class Fifo {
 public:
  using Element = typename LinkOwner<decltype(Link)>::type;

  Fifo() = default;
  Fifo(const Fifo&) = delete;
  Fifo& operator=(const Fifo&) = delete;
  Fifo(Fifo&& other) noexcept { splice(other); }
  // Assigning over a list with elements forgets them.
  Fifo& operator=(Fifo&& other) noexcept {
    if (this != &other) {
      clear();
      splice(other);
    }
    return *this;
  }

  bool empty() const noexcept { return first_ == nullptr; }
  std::size_t size() const noexcept { return size_; }
  Element* front() const noexcept { return first_; }

  void push_back(Element& element) noexcept {
    element.*Link = nullptr;
    (first_ == nullptr ? first_ : last_->*Link) = &element;
    last_ = &element;
    ++size_;
  }

  void push_front(Element& element) noexcept {
    element.*Link = first_;
    first_ = &element;
    if (last_ == nullptr) last_ = &element;
    ++size_;
  }

  // The oldest element, or null.
  Element* pop_front() noexcept {
    Element* const element = first_;
    if (element == nullptr) return nullptr;
    first_ = element->*Link;
    if (first_ == nullptr) last_ = nullptr;
    element->*Link = nullptr;
    --size_;
    return element;
  }

  // Appends all of `other` in its order and leaves that one empty; constant time.
  void splice(Fifo& other) noexcept {
    if (other.first_ == nullptr) return;
    (first_ == nullptr ? first_ : last_->*Link) = other.first_;
    last_ = other.last_;
    size_ += other.size_;
    other.clear();
  }

  void clear() noexcept {
    first_ = last_ = nullptr;
    size_ = 0;
  }

 private:
  Element* first_ = nullptr;
  Element* last_ = nullptr;
  std::size_t size_ = 0;
};

}  // namespace coppice::base
