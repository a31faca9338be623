#include <coppice/supervision/dynamic_table.hpp>

namespace coppice::supervision {

ChildCounts DynamicTable::counts() const noexcept {
  return {.specs = size(),
          .active = size() - restarting_,
          .supervisors = supervisors_,
          .workers = size() - supervisors_};
}

void DynamicTable::add(Pid pid, ChildSpec spec) {
  // Children of one supervisor are mostly alike: the latest one is the model.
  if (!children_.empty()) spec.share_settings_with((children_.end() - 1)->spec);
  if (spec.restart() == Restart::temporary) spec.forget_start();
  if (spec.type() == ChildType::supervisor) ++supervisors_;
  children_.insert({pid, DynamicChild::State::running, std::move(spec)});
}

void DynamicTable::set_restarting(DynamicChild& child) noexcept {
  if (child.state == DynamicChild::State::restarting) return;
  child.state = DynamicChild::State::restarting;
  ++restarting_;
}

void DynamicTable::erase(Pid pid) noexcept {
  const DynamicChild* child = children_.find(pid);
  if (child == nullptr) return;
  if (child->state == DynamicChild::State::restarting) --restarting_;
  if (child->spec.type() == ChildType::supervisor) --supervisors_;
  children_.erase(pid);
}

}  // namespace coppice::supervision
