#include "rig.hpp"

#include <algorithm>
#include <stdexcept>

namespace coppice::test {

void World::plan(std::string actor, Plan plan) {
  const std::lock_guard guard{lock_};
  plans_[std::move(actor)] = std::move(plan);
}

Plan World::plan_of(const std::string& actor) const {
  const std::lock_guard guard{lock_};
  const auto found = plans_.find(actor);
  return found == plans_.end() ? Plan{} : found->second;
}

std::pair<int, std::string> World::enter(const std::string& actor, Pid pid) {
  const std::vector<std::string> starts = plan_of(actor).starts;
  const std::lock_guard guard{lock_};
  std::vector<Pid>& processes = processes_[actor];
  processes.push_back(pid);
  names_[pid] = fmt::format("{}#{}", actor, processes.size());
  return {static_cast<int>(processes.size()),
          starts[std::min(processes.size(), starts.size()) - 1]};
}

std::string World::name(Pid pid) const {
  const std::lock_guard guard{lock_};
  const auto found = names_.find(pid);
  return found == names_.end() ? "?" : found->second;
}

Pid World::latest(const std::string& actor) const {
  const std::lock_guard guard{lock_};
  const auto found = processes_.find(actor);
  return found == processes_.end() ? Pid{} : found->second.back();
}

int World::starts(const std::string& actor) const {
  const std::lock_guard guard{lock_};
  const auto found = processes_.find(actor);
  return found == processes_.end() ? 0 : static_cast<int>(found->second.size());
}

void World::log(std::string line) {
  const std::lock_guard guard{lock_};
  lines_.push_back(std::move(line));
}

std::string World::take() {
  const std::lock_guard guard{lock_};
  const std::string all = fmt::format("{}", fmt::join(lines_, "; "));
  lines_.clear();
  return all;
}

bool World::saw(std::string_view part) const {
  const std::lock_guard guard{lock_};
  return std::any_of(lines_.begin(), lines_.end(), [part](const std::string& line) {
    return line.find(part) != std::string::npos;
  });
}

std::string World::last_words() const {
  const std::lock_guard guard{lock_};
  return last_words_;
}

void World::supervised(const process::SupervisorReport& report) noexcept {
  using Context = process::SupervisorReport::Context;
  const char* context = nullptr;
  switch (report.context) {
    case Context::start_error: context = "start_error"; break;
    case Context::child_terminated: context = "child_terminated"; break;
    case Context::shutdown_error: context = "shutdown_error"; break;
    case Context::shutdown: context = "shutdown"; break;
    default: return;
  }
  std::string line = fmt::format("report {} {} {}", context, report.reason, report.child_id);
  if (report.children > 1) line += fmt::format(" x{}", report.children);
  log(std::move(line));
  if (report.context != Context::shutdown) return;
  const std::lock_guard guard{lock_};
  last_words_ = report.detail;
}

void World::unhandled(Pid, std::string_view, std::string_view message_type) noexcept {
  log(fmt::format("unhandled {}", message_type));
}

// ---- Actor

Actor::Actor(World* world, std::string id) : world_{world}, id_{std::move(id)} {
  auto [number, outcome] = world_->enter(id_, coppice::self());
  self_ = fmt::format("{}#{}", id_, number);
  outcome_ = outcome;
  world_->log(fmt::format("start {} {}", self_, outcome_));
  if (outcome_.starts_with("throw:")) throw std::runtime_error{outcome_.substr(6)};
}

InitResult Actor::init() {
  trap_exit(world_->plan_of(id_).trap);
  if (outcome_ == "ignore") return InitResult::ignore();
  if (outcome_.starts_with("stop:")) return InitResult::stop(word(outcome_.substr(5)));
  return InitResult::ok();
}

std::string Actor::handle_call(Ping) { return self_; }
void Actor::handle_cast(Leave leave) { exit(std::move(leave.reason)); }
void Actor::handle_cast(Throw what) { throw std::runtime_error{what.text}; }
Next Actor::handle_cast(Quit quit) { return Next::stop(std::move(quit.reason)); }
void Actor::handle_call(UnlinkFromParent) {
  for (const Pid linked : process_info(coppice::self()).links) unlink(linked);
}
void Actor::handle_info(const Exit& exit) {
  world_->log(fmt::format("info {} {}", self_, exit.reason));
}

Task<> Actor::terminate(const ExitReason& reason) {
  world_->log(fmt::format("terminate {} {}", self_, reason));
  const Plan plan = world_->plan_of(id_);
  if (plan.hang) co_await receive<Ping>();
  if (!plan.end.empty()) exit(word(plan.end));
}

// ---- what tests do

Task<ExitReason> leave(World* world, std::string actor, ExitReason reason) {
  const Pid pid = world->latest(actor);
  const MonitorRef ref = monitor(pid);
  ServerRef<Actor>{pid}.cast<Leave>(std::move(reason));
  co_return co_await receive(on(ref, [](Down d) { return std::move(d.reason); }));
}

Task<ExitReason> signal(World* world, std::string actor, ExitReason reason) {
  const Pid pid = world->latest(actor);
  const MonitorRef ref = monitor(pid);
  exit(pid, std::move(reason));
  co_return co_await receive(on(ref, [](Down d) { return std::move(d.reason); }));
}

Task<ExitReason> kill(World* world, std::string actor) {
  return signal(world, std::move(actor), ExitReason::kill());
}

std::string picture(const World& world, const std::vector<ChildInfo>& children) {
  std::vector<std::string> out;
  for (const ChildInfo& c : children)
    out.push_back(c.pid.has_value() ? world.name(c.pid.value())
                                    : fmt::format("{}:{}", c.id, c.pid));
  return fmt::format("{}", fmt::join(out, " "));
}

}  // namespace coppice::test
