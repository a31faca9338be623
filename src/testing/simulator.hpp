// Simulator: the one thread behind a Simulation. It stands behind the seams of a Runtime (Director: what can run; ClockSource:
// the time; Seam: slots and signals) and drives it:
//
//   1 boot: the runtime's root tree is started, in order and untraced
//   2 the main process runs, with all that it starts, by the chooser's choices, until it has ended, something fails, or nothing
//     will ever run again
//   3 stop: the roots are asked to end, as Runtime::stop() does, for its grace; then what is left is killed
//   4 after a failure 3 is done in order and untraced
//
// In a systematic search (explore_all) a slice is cut into steps at its sends, and what each touches is noted: see search.hpp.
// Then plain turns, and the numbers of references, must not depend on the order of steps that have nothing to do with each other,
// and time stands still while anything can run.
//
// A slice of one process may run inside the sending of another's signal: that is how a process loses its processor there.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <source_location>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include <coppice/base/block_pool.hpp>
#include <coppice/base/random.hpp>
#include <coppice/base/sync.hpp>
#include <coppice/process/body.hpp>
#include <coppice/process/events.hpp>
#include <coppice/process/host.hpp>
#include <coppice/process/seam.hpp>
#include <coppice/schedule/director.hpp>
#include <coppice/schedule/scheduler.hpp>
#include <coppice/system/runtime.hpp>
#include <coppice/testing/simulation.hpp>

#include "chooser.hpp"
#include "footprints.hpp"
#include "invariants.hpp"
#include "search.hpp"
#include "slots.hpp"

namespace coppice::testing {

// Where coroutine frames await; never iterated.
using Places = std::unordered_map<const process::Frame*, std::source_location>;

class Simulator final : private schedule::Director,
                        private timing::ClockSource,
                        private process::Seam,
                        private process::EventSink,
                        private base::MessageWatch {
 public:
  // Throws std::logic_error where there can be no simulation.
  explicit Simulator(const SimulationOptions& options);
  ~Simulator() override;

  // The four stages. The result lacks what the main process returned.
  SimulationResult run(std::unique_ptr<process::Body> main);

  // The simulation that the calling thread runs; null outside.
  static Simulator* current() noexcept;

  void heal() noexcept;
  bool buggify(std::string_view name);
  // Fails, and throws std::logic_error.
  [[noreturn]] void refuse_io(std::string_view what, std::source_location where);
  void note(std::string text) { add({.what = TraceEvent::What::note, .from = runs(), .text = std::move(text)}); }
  void fail(SimulationFailure::Kind kind, std::string text);
  bool others_ready() noexcept {
    touched_everything();
    return !ready_.empty() || running_.size() > 1;  // or interrupted at a send
  }
  void always(std::string text, std::function<bool()> holds) { always_.emplace_back(std::move(text), std::move(holds)); }

 private:
  enum class Stage : std::uint8_t { boot, main, stop, abandon };
  // The place in plain turns of what was woken, in a systematic search: by what had to come before.
  struct Order {
    std::uint64_t depth = 0;  // of the step that woke it
    Actor by = 0;             // whose step that was
    std::uint32_t number = 0; // which one of those that it woke
    friend auto operator<=>(const Order&, const Order&) = default;
  };
  // What can run.
  struct Ready {
    schedule::Runnable* runnable;
    schedule::Job* job;
    Actor actor;
    timing::Instant not_before;
    bool placed = false;  // whether the step that woke it has ended
    Order order = {};
  };
  // What is known of a process beside what the trace knows.
  struct Life {
    Pid pid;
    std::uint32_t live_at;  // its place in live_; none once it has ended
    bool is_own;            // the runtime's own, or the main process: no fault strikes it
    process::ReferenceNumbers references = {};  // that it makes next
    std::uint32_t timers = 0;                   // that it has set
    std::uint64_t suspensions = 0;
  };
  static constexpr std::uint32_t nowhere = ~std::uint32_t{0};
  // The right to run a simulation: held by one at a time.
  struct Turn {
    Turn();
    ~Turn();
    Turn(const Turn&) = delete;
    Turn& operator=(const Turn&) = delete;
  };

  // ---- simulator.cpp: the stages
  void boot();
  void run_main(std::unique_ptr<process::Body> main);
  void stop();
  void abandon();
  bool step(timing::Instant limit);
  bool jump(timing::Instant limit);
  void run_ready(std::size_t at);
  void run_slice(const Ready& ready);
  bool timers_are_due() noexcept;
  void fire_timers();
  bool too_long();  // or failed
  void choose_in_order();
  void look_at_conditions();

  // ---- turns.cpp: whose turn it is
  std::vector<std::size_t>& runnable_now(bool jobs_too);
  std::uint32_t choose_who(Choice choice);
  bool may_let_time_go_on();
  void preempt();
  void end_step(Actor actor);
  void pass_time();
  void touch(std::uint64_t object, bool changes);
  void finish_search();

  // ---- strikes.cpp: what goes wrong
  void strike_newborn(Actor actor, Ready& ready);
  void strike_ready(Ready& ready);
  void strike_any();
  timing::Instant strike_timer(timing::Instant due);
  bool may_strike(Actor actor) const;
  void kill(Actor actor, const char* what);
  void strike_by_plan(std::uint64_t suspensions, Actor actor);
  timing::Instant next_plan() const;

  // ---- deliveries.cpp: messages that go wrong
  // A message that comes late.
  struct Held {
    Actor from;
    Pid to;
    process::SignalPtr<process::Signal> message;
    timing::Instant until;
  };
  Delivery strike_message(Pid to, process::Signal& message);
  void let_go(const std::function<bool(const Held&)>& which);
  timing::Instant next_let_go() const;
  timing::Duration part_of(timing::Duration whole);
  bool faults_on() const noexcept { return stage_ == Stage::main && !failed_; }

  // ---- seams.cpp: Director, ClockSource, Seam, EventSink
  void schedule(schedule::Runnable& runnable) override;
  void schedule_back(schedule::Runnable& runnable) override { schedule(runnable); }
  void submit(schedule::Job& job) override;
  bool try_cancel(schedule::Job& job) override;
  timing::Instant now() override { return now_; }
  std::uint32_t take_slot() noexcept override {
    touch(births, true);
    return slots_.take();
  }
  void give_back(std::uint32_t slot) noexcept override;
  process::SlotRange slots() const noexcept override { return slots_.range(); }
  TimerRef number_timer(TimerRef timer) override {
    const TimerRef number = timer_number(options_.seed, runs(), lives_[runs()].timers++);
    timer_numbers_.insert(number, timer);
    return number;
  }
  TimerRef timer_of(TimerRef number) const noexcept override { return timer_numbers_.timer(number); }
  void timer_ended(std::uint32_t slot) noexcept override { timer_numbers_.erase(slot); }
  std::uint64_t random(std::uint64_t below) noexcept override {
    touch(drawn_numbers, true);
    return drawn_.below(below);
  }
  Delivery sending(Pid to, process::Signal& signal) noexcept override;
  void allocates(std::string_view point) override;
  void takes_message() override { allocates("send"); }
  void waits(const process::Frame& frame, std::source_location where) noexcept override { places_[&frame] = where; }
  void touched(Pid process) noexcept override { touch(object_of(process), true); }
  void touched(Atom name, bool changed) noexcept override { touch(object_of(name), changed); }
  void touched_everything() noexcept override { touch(everything, true); }
  void child_step(const process::ChildStep& step) noexcept override { judge(invariants_.child_step(step, now_)); }
  void crashed(const process::CrashReport& report) noexcept override;
  void supervised(const process::SupervisorReport& report) noexcept override;
  void dead_letter(const process::DeadLetterReport& report) noexcept override;
  void unhandled(Pid server, std::string_view server_type, std::string_view message_type) noexcept override;
  bool wants_dead_letters() const noexcept override { return true; }
  // Fails the simulation if something is broken.
  void judge(std::optional<std::string> broken);
  Actor actor_of(const process::Process& process);
  Actor known(Pid pid) const noexcept;
  void learn_names(const process::Process& process, TraceActor& actor);
  void add(TraceEvent event);
  Actor runs() const noexcept { return running_.empty() ? 0 : running_.back(); }

  // ---- others.cpp: other threads and the world outside
  bool is_here() const noexcept override { return current() == this; }
  void only_here(std::string_view what, std::string_view of) const override;
  std::string why_not() const;
  void sent_by_other(Pid to, const process::Signal& signal);
  bool other_has_sent();

  process::Host& host() noexcept { return runtime_->host(); }

  Turn turn_;
  const SimulationOptions& options_;
  Faults faults_;
  Stage stage_ = Stage::boot;
  bool failed_ = false;
  bool choices_taken_ = false;
  bool polling_ = false;
  // The first signal that another thread has sent: written under the lock, once.
  struct Other {
    std::string thread;
    std::string type;
    Pid to;
  };
  base::Atomic<bool> has_other_{false};
  base::Mutex other_lock_;
  std::optional<Other> other_;
  timing::Instant now_;
  timing::Instant began_;
  std::unique_ptr<Chooser> chooser_;
  base::Random drawn_;
  Slots slots_;
  TimerNumbers timer_numbers_;
  Invariants invariants_{[this](Pid pid) { return known(pid); }};
  std::vector<Ready> ready_;
  std::vector<std::size_t> candidates_;
  std::vector<Actor> candidate_actors_;
  Search* search_ = nullptr;                // whose run this is
  std::optional<Footprints> footprints_;    // in a systematic search, while the main process lives
  std::uint64_t steps_since_jump_ = 0;
  std::vector<Actor> running_;         // whose slices are under way, the innermost last
  std::vector<Life> lives_;            // by actor
  std::vector<Actor> live_;            // who has not ended
  std::vector<Actor> actor_in_slot_;   // the latest, by slot from the first reserved one on
  std::vector<std::pair<std::string, std::function<bool()>>> always_;
  std::uint64_t kills_ = 0;
  std::vector<bool> plans_done_;             // by Faults::kill_plans
  std::vector<std::uint64_t> messages_seen_;  // by Faults::messages: how many of its type were sent
  std::vector<std::uint64_t> allocations_seen_;
  Places places_;                            // where each frame has awaited last
  std::vector<Held> held_;                   // in the order in which they were sent
  bool passes_ = false;                      // the signal that is sent next is no message to strike
  Actor sends_as_ = 0;                       // and this one's, if it is somebody's
  std::uint64_t steps_ = 0;
  SimulationResult result_;
  process::ReferenceNumbers outer_references_;
  std::unique_ptr<Runtime> runtime_;
  std::optional<schedule::Scheduler::Here> here_;
};

// The type of what a signal carries; of a call or its answer, the request's.
process::TypeId payload_of(const process::Signal& signal) noexcept;

// Who waits for what, for a report: one line a process.
std::string describe_waiting(const std::vector<Pid>& live, const Trace& trace,
                             const std::vector<std::uint32_t>& numbers, const Places& places);

}  // namespace coppice::testing
