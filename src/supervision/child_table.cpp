#include <coppice/supervision/child_table.hpp>

#include <utility>

namespace coppice::supervision {

ChildTable::~ChildTable() {
  while (first_ != nullptr) delete std::exchange(first_, first_->next_);
}

Child* ChildTable::find(std::string_view id) const noexcept {
  const ById* entry = by_id_.find(IdKey{id});
  return entry == nullptr ? nullptr : entry->child;
}

Child* ChildTable::find(Pid pid) const noexcept {
  const ByPid* entry = by_pid_.find(pid);
  return entry == nullptr ? nullptr : entry->child;
}

Child& ChildTable::append(ChildSpec spec) {
  auto* child = new Child{std::move(spec)};
  by_id_.insert({child});
  child->previous_ = last_;
  (last_ == nullptr ? first_ : last_->next_) = child;
  last_ = child;
  return *child;
}

void ChildTable::erase(Child& child) noexcept {
  set(child, {});
  by_id_.erase({child.spec().id()});
  (child.previous_ == nullptr ? first_ : child.previous_->next_) = child.next_;
  (child.next_ == nullptr ? last_ : child.next_->previous_) = child.previous_;
  delete &child;
}

void ChildTable::set(Child& child, ChildPid pid) {
  if (child.pid_.has_value()) by_pid_.erase(child.pid_.value());
  if (pid.has_value()) by_pid_.insert({pid.value(), &child});
  if (child.spec().is_significant()) {
    if (!child.pid_.is_none()) --significant_present_;
    if (!pid.is_none()) ++significant_present_;
  }
  child.pid_ = pid;
  if (pid.has_value() && child.spec_.restart() == Restart::temporary) child.spec_.forget_start();
}

}  // namespace coppice::supervision
