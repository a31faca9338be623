// Shared<T>: a pointer to an object that counts its users; one word, copied at the cost of one
// increment. T derives from Countable. Any thread may copy and drop; what is shared is not changed,
// see unique().
#pragma once

#include <cstdint>
#include <utility>

#include <coppice/base/block_pool.hpp>
#include <coppice/base/sync.hpp>

namespace coppice::supervision {

template <class T>
class Shared;

class Countable : public base::PoolAllocated {
 public:
  Countable() noexcept = default;
  // A copy is an object of its own, with users of its own.
  Countable(const Countable&) noexcept {}
  Countable& operator=(const Countable&) = delete;

 protected:
  ~Countable() = default;

 private:
  template <class T>
  friend class Shared;
  mutable base::Atomic<std::uint32_t> users_{1};
};

template <class T>
class Shared {
 public:
  constexpr Shared() noexcept = default;
  // Takes over the one use that a new object has.
  explicit Shared(T* made) noexcept : object_{made} {}
  Shared(const Shared& other) noexcept : object_{other.object_} {
    if (object_ != nullptr) object_->users_.fetch_add(1, base::relaxed);
  }
  Shared(Shared&& other) noexcept : object_{std::exchange(other.object_, nullptr)} {}
  Shared& operator=(Shared other) noexcept {
    std::swap(object_, other.object_);
    return *this;
  }
  // The last user sees what the others did before it destroys the object: release pairs with
  // acquire.
  ~Shared() {
    if (object_ != nullptr && object_->users_.fetch_sub(1, base::acq_rel) == 1) delete object_;
  }

  explicit operator bool() const noexcept { return object_ != nullptr; }
  const T& operator*() const noexcept { return *object_; }
  const T* operator->() const noexcept { return object_; }
  const T* get() const noexcept { return object_; }

  // For writing: the object if this is its only user, else a copy that this then uses alone.
  T& unique() {
    // Acquire: what former users did with it came before.
    if (object_->users_.load(base::acquire) != 1) *this = Shared{new T(*object_)};
    return *object_;
  }

 private:
  T* object_ = nullptr;
};

}  // namespace coppice::supervision
