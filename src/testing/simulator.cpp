#include "simulator.hpp"

#include <algorithm>
#include <utility>

#include <fmt/core.h>

#include <coppice/behaviour/verbs.hpp>
#include <coppice/process/control_signals.hpp>
#include <coppice/process/seam.hpp>
#include <coppice/process/table.hpp>

namespace coppice::testing {
namespace {

using Kind = SimulationFailure::Kind;

constinit thread_local Simulator* here_runs = nullptr;
constinit base::Atomic<bool> one_runs{false};

// Streams of random numbers of one seed.
constexpr std::uint64_t slots_stream = 0x51075;
constexpr std::uint64_t drawn_stream = 0xd3a30;

constexpr timing::Instant first_instant{std::chrono::hours{1}};
constexpr timing::Duration grace = std::chrono::seconds{5};
// Of an abandoned program, before it is said to be past help.
constexpr std::uint64_t most_steps_to_abandon = 2'000'000;

// Where a slice may be cut: the budgets besides the ordinary one.
constexpr std::uint8_t ordinary_budget = 200;
constexpr std::uint8_t budgets[] = {ordinary_budget, 0, 1, 2, 5};

}  // namespace

Simulator::Turn::Turn() {
  if (schedule::Scheduler::current() != nullptr)
    throw std::logic_error{"a Simulation was run inside a process: it needs a thread of its own"};
  if (one_runs.exchange(true, base::acq_rel))
    throw std::logic_error{"a Simulation was run while another one runs: a program has one at a time"};
}

Simulator::Turn::~Turn() {
  here_runs = nullptr;
  one_runs.store(false, base::release);
}

// Not inlined: a coroutine may be resumed by another thread, where the program is no simulation.
[[gnu::noinline]] Simulator* Simulator::current() noexcept { return here_runs; }

Simulator::Simulator(const SimulationOptions& options)
    : options_{options},
      now_{first_instant},
      began_{first_instant},
      chooser_{make_chooser(Scheduling::in_order(), 0)},
      drawn_{base::mix(options.seed ^ drawn_stream)},
      slots_{base::mix(options.seed ^ slots_stream)} {
  here_runs = this;
  outer_references_ = process::exchange_reference_numbers(references_of(options.seed, 0));
  process::seam_in_use.store(true, base::relaxed);
  process::set_thread_seam(this);
  lives_.emplace_back();  // 0: nobody
  RuntimeOptions runtime;
  runtime.schedulers = 1;
  runtime.slice_budget = ordinary_budget;
  runtime.detect_call_cycles = options.detect_call_cycles;
  runtime.events = options.events == nullptr ? this : options.events;
  runtime.director = this;
  runtime.clock = this;
  runtime.seam = this;
  runtime_ = std::make_unique<Runtime>(runtime);
  here_.emplace(host().scheduler());
}

Simulator::~Simulator() {
  here_.reset();
  runtime_.reset();
  (void)base::exchange_message_watch(nullptr);
  (void)process::exchange_reference_numbers(outer_references_);
  process::seam_in_use.store(false, base::relaxed);
  process::set_thread_seam(nullptr);
}

SimulationResult Simulator::run(std::unique_ptr<process::Body> main) {
  result_.seed = options_.seed;
  result_.scheduling = options_.scheduling;
  result_.with_faults = options_.faults.any();
  boot();
  run_main(std::move(main));
  finish_search();
  // The stop is no part of what a systematic search goes through.
  if (options_.scheduling.rule() == Scheduling::Rule::systematic) choose_in_order();
  if (!failed_) stop();
  if (!failed_) judge(invariants_.all_ended(host()));
  if (!failed_) (void)other_has_sent();
  choose_in_order();
  result_.steps = steps_;
  result_.time = now_ - began_;
  if (failed_) abandon();
  here_.reset();
  runtime_.reset();
  return std::move(result_);
}

void Simulator::boot() {
  Runtime* const runtime = runtime_.get();
  hosting::Stages::spawn(*runtime, process::make_function_body([runtime]() -> Task<> {
    SupervisorSpec spec = hosting::Stages::root_spec();
    const ServerRef<StaticSupervisor> root = co_await start<StaticSupervisor>(std::move(spec));
    const ChildInfo info = co_await root.which_child("user");
    hosting::Stages::set_tree(*runtime, root, ServerRef<StaticSupervisor>{info.pid.value()});
  }));
  while (!ready_.empty()) (void)step(now_);
  for (Life& life : lives_) life.is_own = true;
  result_.trace.clear_events();
}

void Simulator::run_main(std::unique_ptr<process::Body> main) {
  stage_ = Stage::main;
  faults_ = options_.faults;
  plans_done_.assign(faults_.kill_plans.size(), false);
  messages_seen_.assign(faults_.messages.size(), 0);
  allocations_seen_.assign(faults_.allocations.size(), 0);
  // Each message's memory is asked for only if one may be missing.
  if (std::ranges::any_of(faults_.allocations, [](const AllocationFault& fault) { return fault.point == "send"; }))
    (void)base::exchange_message_watch(this);
  chooser_ = make_chooser(options_.scheduling, options_.seed);
  search_ = options_.scheduling.search();
  if (options_.scheduling.rule() == Scheduling::Rule::systematic) footprints_.emplace();
  began_ = now_;
  steps_ = 0;
  const Pid pid = hosting::Stages::spawn(*runtime_, std::move(main));
  lives_[known(pid)].is_own = true;
  const process::Process& process = process::slot_at(pid.slot());
  while (!failed_ && process.life.is_present(pid.generation())) {
    if (too_long()) return;
    if (step(timing::never)) {
      // What the conditions look at is the main process's as a rule, and goes with it.
      if (!always_.empty() && is_alive(pid)) look_at_conditions();
      continue;
    }
    std::vector<Pid> live;
    std::vector<std::uint32_t> numbers;
    for (const Actor actor : live_) {
      if (lives_[actor].is_own && lives_[actor].pid != pid) continue;
      learn_names(process::slot_at(lives_[actor].pid.slot()), result_.trace.actors()[actor]);
      live.push_back(lives_[actor].pid);
      numbers.push_back(actor);
    }
    return fail(Kind::waits_for_ever, "nothing can run, no timer is set, and the main process has not ended:\n" +
                                          describe_waiting(live, result_.trace, numbers, places_));
  }
}

// As Runtime::stop() does, in virtual time.
void Simulator::stop() {
  stage_ = Stage::stop;
  heal();
  const timing::Instant end = timing::after(now_, grace);
  std::vector<std::uint32_t> asked;
  while (!live_.empty() && !failed_) {
    hosting::Stages::ask_roots(host(), asked);
    bool went_on = true;
    while (!ready_.empty() && went_on && !failed_ && !too_long()) went_on = step(now_);
    if (live_.empty() || failed_) break;
    if (now_ >= end || !jump(end)) break;
  }
  if (!live_.empty() && !failed_) host().kill_all();
  while (!live_.empty() && !failed_) {
    if (too_long()) return;
    if (step(timing::never)) continue;
    std::string text;
    for (const Actor actor : live_) text += "  " + result_.trace.actors()[actor].text(actor) + "\n";
    return fail(Kind::left_behind, "killed at the end, these processes do not end:\n" + text);
  }
}

// After a failure: everything is killed, and those whose wake-up was lost are woken.
void Simulator::abandon() {
  stage_ = Stage::abandon;
  heal();
  for (Ready& ready : ready_) ready.not_before = now_;
  host().kill_all();
  const std::uint64_t last_step = steps_ + most_steps_to_abandon;
  unsigned rounds = 100;  // a wake-up that is lost once is lost again
  while (!live_.empty() && steps_ < last_step) {
    if (step(timing::never)) continue;
    if (rounds-- == 0) break;
    for (const Actor actor : std::vector<Actor>{live_}) {
      process::Process& process = process::slot_at(lives_[actor].pid.slot());
      // Parked, or left with signals that nobody woke it for: it is in nobody's hands.
      if (process.inbox.unpark() || process::has_arrivals(process)) schedule(process);
    }
  }
  COPPICE_CHECK(live_.empty(), "a simulation failed, and {} processes cannot be ended: {}", live_.size(),
                result_.failures.empty() ? std::string{} : result_.failures.front().text);
}

// The choices that were made are the result's; what follows is done without any.
void Simulator::choose_in_order() {
  if (!std::exchange(choices_taken_, true)) {
    result_.schedule = chooser_->schedule();
    if (options_.scheduling.search() != nullptr) result_.scheduling = Scheduling::systematic(result_.schedule);
  }
  chooser_ = make_chooser(Scheduling::in_order(), 0);
}

void Simulator::look_at_conditions() {
  for (const auto& [text, holds] : always_)
    if (!holds()) return fail(Kind::invariant, text);
}

bool Simulator::too_long() {
  if (failed_) return true;
  if (other_has_sent()) return true;
  if (steps_ > options_.max_steps)
    fail(Kind::too_long, fmt::format("not at its end after {} steps", steps_));
  else if (now_ - began_ > options_.max_time)
    fail(Kind::too_long, fmt::format("not at its end after {} hours of virtual time",
                                     std::chrono::duration_cast<std::chrono::hours>(now_ - began_).count()));
  return failed_;
}

void Simulator::fail(SimulationFailure::Kind kind, std::string text) {
  failed_ = true;
  if (stage_ != Stage::abandon && !result_.given_up) result_.failures.push_back({kind, std::move(text)});
}

// One slice, or a jump of the time, but not beyond `limit`. False: there is nothing to do before that.
bool Simulator::step(timing::Instant limit) {
  if (timers_are_due()) {
    if (!may_let_time_go_on()) return true;
    fire_timers();
  }
  let_go([this](const Held& held) { return held.until <= now_; });
  strike_any();
  strike_by_plan(0, 0);
  const std::vector<std::size_t>& now = runnable_now(true);
  if (now.empty()) return !may_let_time_go_on() || jump(limit);
  const bool searches = search_ != nullptr;
  const std::uint32_t chosen = choose_who(Choice::next);
  if (!searches || search_ != nullptr) run_ready(now[chosen]);
  return true;
}

bool Simulator::jump(timing::Instant limit) {
  if (stage_ == Stage::main && ready_.empty() && held_.empty()) {
    judge(invariants_.quiet([this](Actor actor) { return lives_[actor].pid; }));
    if (failed_) return true;
  }
  const timing::Instant timer = host().timers().next_expiry();
  timing::Instant target = timer;
  for (const Ready& ready : ready_) target = std::min(target, ready.not_before);
  target = std::min({target, next_let_go(), next_plan()});
  if (target > limit) {
    if (limit != timing::never) now_ = std::max(now_, limit);
    return false;
  }
  if (target == timing::never) return false;
  if (target == timer) target = strike_timer(target);
  now_ = std::max(now_, target);
  steps_since_jump_ = 0;
  fire_timers();
  return true;
}

bool Simulator::timers_are_due() noexcept { return host().timers().next_expiry() <= now_; }

void Simulator::fire_timers() {
  polling_ = true;
  host().timers().poll(now_);
  polling_ = false;
  touch(everything, true);
  end_step(0);
}

void Simulator::run_ready(std::size_t at) {
  const Ready ready = ready_[at];
  ready_.erase(ready_.begin() + static_cast<std::ptrdiff_t>(at));
  ++steps_;
  pass_time();
  if (ready.job != nullptr) {
    ready.job->run(*ready.job);
    touch(everything, true);
    end_step(ready.actor);
  } else {
    run_slice(ready);
  }
}

void Simulator::run_slice(const Ready& ready) {
  const auto& process = static_cast<const process::Process&>(*ready.runnable);
  learn_names(process, result_.trace.actors()[ready.actor]);
  const std::uint32_t cut =
      stage_ == Stage::boot ? 0 : chooser_->choose(Choice::cut, static_cast<std::uint32_t>(std::size(budgets)));
  host().set_slice_budget(budgets[cut]);
  running_.push_back(ready.actor);
  const process::ReferenceNumbers outer = process::exchange_reference_numbers(lives_[ready.actor].references);
  host().scheduler().hooks().run(*ready.runnable);
  lives_[ready.actor].references = process::exchange_reference_numbers(outer);
  running_.pop_back();
  end_step(ready.actor);
  if (lives_[ready.actor].live_at != nowhere) strike_by_plan(++lives_[ready.actor].suspensions, ready.actor);
}

}  // namespace coppice::testing
