// ServerCore: the part of a server's process that does not depend on the server's class: the start handshake, the loop
// over messages, timeouts, suspension, stopping with terminate. (A StateMachine's has more of it: machine_core.hpp.)
//
// The phases of a server:
//   starting     takes its name, constructs the object, runs init; then the starter hears
//   running      one message at a time; while a handler is suspended in a coroutine, messages wait
//   terminating  terminate() runs (it may be a coroutine), the process still lives and can be killed
// and then the process ends (process/ending.hpp): a call that waits for its reply until after terminate() is answered as the
// body goes.
//
// A process that waits is this object and its slot, so each member is here because an idle server needs it: what only the
// start needs is in Beginning, which goes when the server has started; name and parent are the process's own; what a call
// that is deferred needs lives with its handler.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <utility>

#include <coppice/base/export.hpp>
#include <coppice/behaviour/next.hpp>
#include <coppice/behaviour/reply.hpp>
#include <coppice/process/atom.hpp>
#include <coppice/process/body.hpp>
#include <coppice/process/calls.hpp>
#include <coppice/process/process.hpp>
#include <coppice/process/task.hpp>

namespace coppice {
struct ServerStatus;
}

namespace coppice::behaviour {

class ServerCore;

// The type of a call, cast or system block: what to do with it in a server, and in which class of server.
struct ServerSignalType : process::SignalType {
  void (*dispatch)(ServerCore&, process::Signal*);  // takes ownership
  process::TypeId server;                           // none: any server
};

// What a starter waits for.
struct StartCall final : process::CallSignal {
  StartCall() noexcept;
  enum class Outcome : std::uint8_t { failed, started, ignored, name_taken };
  Outcome outcome = Outcome::failed;
  Pid taken_by;  // name_taken: who has the name
};

// Why a start fails when its name is taken.
struct AlreadyStarted {
  explicit AlreadyStarted(Pid who) noexcept : pid{who} {}
  Pid pid;
  friend bool operator==(const AlreadyStarted&, const AlreadyStarted&) = default;
};

// What a server's process has until it has started: how to make its object (see Maker), its name and who waits.
class COPPICE_API Beginning : public base::PoolAllocated {
 public:
  Beginning() = default;
  Beginning(const Beginning&) = delete;
  Beginning& operator=(const Beginning&) = delete;
  virtual ~Beginning();

  Atom name;
  process::SignalPtr<StartCall> start_call;
};

// Which call a handler was given; enough to tell that its answer is deferred, when the block has gone with the From.
struct CallId {
  CallId() = default;
  explicit CallId(const process::CallSignal& call) noexcept : caller{call.caller}, number{call.call_number} {}
  Pid caller;
  std::uint64_t number = 0;
};

class COPPICE_API ServerCore : public process::Body {
 public:
  ~ServerCore() override;

  process::Step step(process::Process& self) final;
  process::TypeId handling() const noexcept final { return handling_; }
  // The class that references to this server name: the hosted one, unless another stands for it (a Supervisor's subclass).
  process::TypeId what() const noexcept override { return hosted_; }
  process::TypeId server_type() const noexcept final { return what(); }
  bool answer_at_once(process::Process& self, process::Signal& signal) final;

  // Before the process is born.
  void set_name(Atom name) noexcept { beginning_->name = name; }
  void set_start_call(process::SignalPtr<StartCall> call) noexcept { beginning_->start_call = std::move(call); }
  // What what() says, for a body that can stand for another class.
  virtual void set_declared(process::TypeId) noexcept {}
  // The process that spawns it calls start_link, or owns it: its exit, when trapped, ends the server.
  void follow_parent() noexcept { follows_parent_ = true; }

  // ---- for dispatchers, in the process
  process::Process& process() const noexcept { return process::slot_at(slot_); }
  process::TypeId hosted() const noexcept { return hosted_; }
  // Goes on as a callback said.
  void apply(GoOn go_on);
  // Runs a callback that is a coroutine; messages wait until it is done.
  void run(Task<> activity);
  void begin_stop(ExitReason reason);

  // The call that is being handled.
  void begin_call(process::CallPtr call) noexcept;
  process::CallPtr take_call() noexcept {
    if (holding_ != Holding::call) return nullptr;
    holding_ = Holding::lent;
    return process::CallPtr{call_};
  }
  // Whether it is here, to be answered.
  bool has_call() const noexcept { return holding_ == Holding::call; }
  // The From of the call that is being handled was dropped by its handler: the dispatcher answers, if it has an answer.
  bool give_back(process::CallPtr& call) noexcept;
  // The handler has kept the From and returned no value.
  void call_deferred(const CallId& call) noexcept;
  // The handler has returned: a From that is dropped from now on is answered by that alone.
  void call_handled() noexcept {
    if (holding_ == Holding::lent) holding_ = Holding::nothing;
  }
  // Kept until terminate() has run.
  void answer_at_end(process::CallPtr call) noexcept;

  // A message that no handler takes.
  void unhandled(process::Signal* signal) noexcept;
  void suspend(bool on) noexcept { suspended_ = on; }
  bool is_suspended() const noexcept { return suspended_; }
  bool is_busy() const noexcept { return activity_.is_there(); }
  // Adds what a state machine says of itself.
  virtual void describe(ServerStatus&) const {}
  // Whom it follows; none if nobody.
  Pid parent() const noexcept { return follows_parent_ ? process().parent() : Pid{}; }

 protected:
  ServerCore(process::TypeId hosted, std::unique_ptr<Beginning> beginning) noexcept
      : hosted_{hosted}, beginning_{std::move(beginning)} {}

  Beginning& beginning() noexcept { return *beginning_; }
  // Whether the server object is there; for who holds it.
  bool has_object() const noexcept { return has_object_; }
  void object_is_made() noexcept { has_object_ = true; }

  // Constructs the server object; what it throws fails the start.
  virtual void construct() = 0;
  // Runs init, if the class has one; it ends in init_done().
  virtual void init() = 0;
  void init_done(InitResult result);
  // Calls handle_info or handle_continue for the message; takes ownership.
  virtual void handle_message(process::Signal* signal) = 0;
  virtual void handle_continue(process::Signal* signal) = 0;
  virtual void handle_timeout() = 0;
  // Calls terminate, if the class has one and an object is there.
  virtual void terminate(const ExitReason& reason) = 0;
  // What is being handled now, where ServerCore does not see it.
  void set_handling(process::TypeId type) noexcept { handling_ = type; }

 private:
  enum class Phase : std::uint8_t { unborn, initialising, running, stopping, terminating, ended };

  process::Step advance(process::Process& self);
  bool start();
  StartCall* start_call() const noexcept { return beginning_ == nullptr ? nullptr : beginning_->start_call.get(); }
  void started();
  void fail_start(process::Process& self, StartCall::Outcome outcome);
  bool next_message(process::Process& self);
  bool is_done(const process::Process& self) const noexcept;
  process::Signal* next_signal(process::Process& self);
  void dispatch(process::Signal* signal);
  bool is_parents_exit(const process::Signal& signal) const noexcept;
  process::Signal* take_parents_exit();
  void failed(ExitReason reason);

  enum class TimeoutSet : std::uint8_t { none, now, at_deadline };
  // What `call_` points to.
  enum class Holding : std::uint8_t {
    nothing,
    call,    // owned: being handled, or, when it stops without a value, to hear the reason
    lent,    // to a From: gone, perhaps freed, and kept only to know it again if the handler drops it
    answer,  // owned: goes out when terminate() has run
  };

  std::uint32_t slot_ = 0;  // of its process; none before the first step
  Phase phase_ = Phase::unborn;
  TimeoutSet timeout_ = TimeoutSet::none;
  Holding holding_ = Holding::nothing;
  bool suspended_ : 1 = false;
  bool follows_parent_ : 1 = false;
  bool has_object_ : 1 = false;
  process::TypeId hosted_;
  process::TypeId handling_;
  process::CallSignal* call_ = nullptr;
  Task<> activity_{nullptr};
  std::unique_ptr<Beginning> beginning_;  // null once it has started
  process::SignalPtr<process::Signal> continue_message_;
  ExitReason stop_;  // from Phase::stopping on
};

}  // namespace coppice::behaviour
