#include <coppice/supervision/steps.hpp>

#include <coppice/process/current.hpp>

namespace coppice::supervision {

using process::ChildStep;

void tell_turn(ChildStep::What what, const Child& child) {
  process::Seam* const seam = process::seam_here();
  if (seam == nullptr) return;
  ChildStep step{.what = what, .supervisor = self()};
  if (what == ChildStep::What::stops && child.pid().has_value()) step.child = child.pid().value();
  for (const Child* later = child.next(); later != nullptr; later = later->next())
    if (later->pid().has_value()) step.later.push_back(later->pid().value());
  seam->child_step(step);
}

void tell_started(Pid child) {
  if (process::Seam* const seam = process::seam_here())
    seam->child_step({.what = ChildStep::What::started, .supervisor = self(), .child = child});
}

void tell_spent(const RestartBudget& budget, Budget verdict) {
  process::Seam* const seam = process::seam_here();
  if (seam == nullptr) return;
  const auto what = verdict == Budget::within ? ChildStep::What::restarts : ChildStep::What::gives_up;
  seam->child_step({.what = what, .supervisor = self(), .intensity = budget.intensity(), .period = budget.period()});
}

}  // namespace coppice::supervision
