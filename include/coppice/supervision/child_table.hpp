// ChildTable: the children of a supervisor with ids, in start order, found by id and by pid in
// constant time. Only book- keeping: nothing here starts or stops a process.
//
// Children stay at their address until erased. Not thread-safe; its supervisor owns it.
#pragma once

#include <cstddef>
#include <iterator>
#include <string_view>

#include <coppice/base/block_pool.hpp>
#include <coppice/base/dense_table.hpp>
#include <coppice/base/export.hpp>
#include <coppice/process/pid.hpp>
#include <coppice/supervision/child_info.hpp>
#include <coppice/supervision/child_spec.hpp>

namespace coppice::supervision {

class Child : public base::PoolAllocated {
 public:
  explicit Child(ChildSpec child_spec) : spec_{std::move(child_spec)} {}

  // Of a temporary child that has started, without the start function: it will not be started
  // again, so what it was started with need not be kept (OTP forgets the arguments likewise).
  const ChildSpec& spec() const noexcept { return spec_; }

  // The process, if any; ChildTable::set changes it.
  ChildPid pid() const noexcept { return pid_; }
  // The one that comes after it; null for the last.
  const Child* next() const noexcept { return next_; }

 private:
  friend class ChildTable;
  ChildSpec spec_;
  ChildPid pid_;
  Child* previous_ = nullptr;
  Child* next_ = nullptr;
};

class COPPICE_API ChildTable {
 public:
  // A position in start order; one past the last child is null. Erasing another child leaves it
  // valid.
  class Position {
   public:
    using value_type = Child;
    using difference_type = std::ptrdiff_t;
    using reference = Child&;
    using pointer = Child*;
    using iterator_category = std::forward_iterator_tag;

    constexpr Position() = default;
    explicit constexpr Position(Child* child) noexcept : child_{child} {}
    Child& operator*() const noexcept { return *child_; }
    Child* operator->() const noexcept { return child_; }
    Position& operator++() noexcept {
      child_ = child_->next_;
      return *this;
    }
    Position operator++(int) noexcept {
      const Position before = *this;
      ++*this;
      return before;
    }
    friend constexpr bool operator==(Position, Position) = default;

   private:
    Child* child_ = nullptr;
  };

  ChildTable() = default;
  ChildTable(const ChildTable&) = delete;
  ChildTable& operator=(const ChildTable&) = delete;
  ~ChildTable();

  Position begin() const noexcept { return Position{first_}; }
  Position end() const noexcept { return {}; }
  // The child started before `at`, or the last one for end(); null if there is none.
  Child* before(Position at) const noexcept { return at == end() ? last_ : at->previous_; }
  std::size_t size() const noexcept { return by_id_.size(); }

  Child* find(std::string_view id) const noexcept;
  // The child that runs as this process.
  Child* find(Pid pid) const noexcept;

  // Adds a child without a process behind all others; its id must be new.
  Child& append(ChildSpec spec);
  void erase(Child& child) noexcept;
  void set(Child& child, ChildPid pid);

  // How many significant children run or wait for their restart.
  std::size_t significant_present() const noexcept { return significant_present_; }

 private:
  struct IdKey {
    std::string_view id;
    friend bool operator==(const IdKey&, const IdKey&) = default;
    friend std::size_t hash_value(const IdKey& key) noexcept {
      return std::hash<std::string_view>{}(key.id);
    }
  };
  struct ById {
    Child* child;
    IdKey key() const noexcept { return {child->spec().id()}; }
  };
  struct ByPid {
    Pid pid;
    Child* child;
    Pid key() const noexcept { return pid; }
  };

  Child* first_ = nullptr;
  Child* last_ = nullptr;
  base::DenseTable<ById> by_id_;
  base::DenseTable<ByPid> by_pid_;
  std::size_t significant_present_ = 0;
};

}  // namespace coppice::supervision
