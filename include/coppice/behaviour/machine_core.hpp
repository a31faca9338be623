// MachineCore: the part of a StateMachine's process that does not depend on its class: the order of events, postponing,
// timeouts, and the end of a transition.
//
// A machine is a server (ServerCore) with the same start, calls, system requests and end; what it adds is done after each
// event, in these steps (gen_statem's, in its order):
//   1 replies have gone out, while the handler ran or as it returned
//   2 the state is the new one; if it differs, or shall be repeated, its enter call runs, and what that asks for counts as
//     asked for by the handler, last
//   3 the event is put by if it is postponed
//   4 if the state has changed: what was postponed is retried before all that waits, and the state timeout is cancelled
//   5 next events are put before all that waits
//   6 the event timeout is cancelled; then the timeouts that were asked for are started, updated, cancelled, in order; of
//     several actions for one timeout only the last counts
//   7 the next event: one that is ready here, else a timeout of zero, else the mailbox
// Timers of more than zero are the library's own, so their events come through the mailbox in their place.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include <coppice/base/export.hpp>
#include <coppice/behaviour/event_queue.hpp>
#include <coppice/behaviour/server_core.hpp>
#include <coppice/process/atom.hpp>
#include <coppice/process/exit_reason.hpp>
#include <coppice/process/pid.hpp>
#include <coppice/process/type_id.hpp>
#include <coppice/time/instant.hpp>

namespace coppice::behaviour {

// Which timer of a machine: the event timeout, the state timeout, or one of the others, by name or by its event's type.
struct TimerKey {
  enum class Kind : std::uint8_t { event, state, named, typed };
  Kind kind = Kind::event;
  Atom name;             // named
  process::TypeId type;  // typed

  friend bool operator==(const TimerKey&, const TimerKey&) = default;
};

// When a timeout comes: after a time, or at a point of now()'s clock.
using TimeoutTime = std::variant<timing::Duration, timing::Instant>;

// What a handler wants of a timer.
struct TimerAction {
  enum class What : std::uint8_t { start, update, cancel };
  TimerKey key;
  What what = What::cancel;
  TimeoutTime time;
  Event event;  // none for cancel
};

// To start a timer. Throws ProcessError for a negative time: in the handler, so that the caller of a call hears it.
COPPICE_API TimerAction start_action(const TimerKey& key, const TimeoutTime& time, Event event);

// What a handler, or an enter call, asks for besides the next state.
struct MachineActions {
  bool repeat = false;
  bool postpone = false;
  std::optional<ExitReason> stop;
  std::vector<Event> next_events;
  std::vector<TimerAction> timers;
};

class COPPICE_API MachineCore : public ServerCore {
 public:
  ~MachineCore() override;
  // The mailbox has brought the event of a timer; an old one is dropped.
  void timer_fired(std::uint64_t id);
  void describe(ServerStatus& status) const override;

 protected:
  MachineCore(process::TypeId hosted, std::unique_ptr<Beginning> beginning) noexcept
      : ServerCore{hosted, std::move(beginning)} {}

  // Takes what the handler of `event` asks for, the new state being set already if it changed. False: the machine stops.
  // Then, if the state is to be entered, enter() and add() for what the enter call asks for; last conclude().
  [[nodiscard]] bool begin_transition(Event event, MachineActions&& actions, bool changed);
  // True if the machine goes on; false if the enter call stops it.
  [[nodiscard]] bool add(MachineActions&& actions);
  void conclude();  // steps 3 to 7
  void handle_continue(process::Signal* signal) final;
  void handle_timeout() final {}  // a GenServer's, never set here

 private:
  struct Timer {
    TimerKey key;
    std::uint64_t id;
    TimerRef ref;  // none: a timeout of zero, see zero_
    bool is_zero;
    Event event;
  };

  void run_timer_actions();
  void start_timer(const TimerKey& key, const TimeoutTime& time, Event event);
  Event take_timer(const TimerKey& key) noexcept;  // stops it
  Timer* find(const TimerKey& key) noexcept;
  Event next_zero() noexcept;
  void go_on();
  void handle_ready(Event event);

  EventQueue queue_;
  std::vector<Timer> timers_;       // in the order in which they were started
  std::uint64_t last_timer_ = 0;
  // The transition under way.
  Event event_;  // if it is postponed
  MachineActions actions_;
  bool changed_ = false;
};

}  // namespace coppice::behaviour
