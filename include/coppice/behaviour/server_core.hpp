// ServerCore: the part of a server's process that does not depend on the server's class: the start handshake, the loop
// over messages, timeouts, suspension, stopping with terminate. (A StateMachine's has more of it: machine_core.hpp.)
//
// The phases of a server:
//   starting     takes its name, constructs the object, runs init; then the starter hears
//   running      one message at a time; while a handler is suspended in a coroutine, messages wait
//   terminating  terminate() runs (it may be a coroutine), the process still lives and can be killed
// and then the process ends (process/ending.hpp): a call that waits for its reply until after terminate() is answered as the
// body goes.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

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

class COPPICE_API ServerCore : public process::Body {
 public:
  ~ServerCore() override;

  process::Step step(process::Process& self) final;
  process::TypeId handling() const noexcept final { return handling_; }
  process::TypeId what() const noexcept final { return declared_; }
  process::TypeId server_type() const noexcept final { return declared_; }
  bool answer_at_once(process::Process& self, process::Signal& signal) final;

  // Before the process is born.
  void set_name(Atom name) noexcept { name_ = name; }
  void set_start_call(process::SignalPtr<StartCall> call) noexcept { start_call_ = std::move(call); }
  // The class that references to this server name, if it is not the hosted one (a Supervisor's subclass).
  void set_declared(process::TypeId type) noexcept { declared_ = type; }
  // The process that start_link was called from, or that owns it: its exit, when trapped, ends the server.
  void set_parent(Pid parent) noexcept { parent_ = parent; }

  // ---- for dispatchers, in the process
  process::Process& process() noexcept { return *self_; }
  process::TypeId hosted() const noexcept { return hosted_; }
  // Goes on as a callback said.
  void apply(GoOn go_on);
  // Runs a callback that is a coroutine; messages wait until it is done.
  void run(Task<> activity);
  void begin_stop(ExitReason reason);

  // The call that is being handled.
  void begin_call(process::CallPtr call) noexcept;
  process::CallPtr take_call() noexcept;
  // Whether it is here, to be answered.
  bool has_call() const noexcept { return call_ != nullptr; }
  // The From of the call that is being handled was dropped by its handler: the dispatcher answers, if it has an answer.
  bool give_back(process::CallPtr& call) noexcept;
  // The handler has kept the From and returned no value.
  void call_deferred() noexcept;
  // The handler has returned: a From that is dropped from now on is answered by that alone.
  void call_handled() noexcept { call_number_ = 0; }
  // Kept until terminate() has run.
  void answer_at_end(process::CallPtr call) noexcept;

  // A message that no handler takes.
  void unhandled(process::Signal* signal) noexcept;
  void suspend(bool on) noexcept { suspended_ = on; }
  bool is_suspended() const noexcept { return suspended_; }
  bool is_busy() const noexcept { return activity_.has_value(); }
  // Adds what a state machine says of itself.
  virtual void describe(ServerStatus&) const {}
  Atom name() const noexcept { return name_; }
  Pid parent() const noexcept { return parent_; }

 protected:
  explicit ServerCore(process::TypeId hosted) noexcept : hosted_{hosted}, declared_{hosted} {}

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

  process::Step advance();
  bool start();
  void started();
  void fail_start(process::Process& self, StartCall::Outcome outcome);
  bool next_message();
  bool is_done() const noexcept;
  process::Signal* next_signal();
  void dispatch(process::Signal* signal);
  bool is_parents_exit(const process::Signal& signal) const noexcept;
  process::Signal* take_parents_exit();
  void failed(ExitReason reason);

  process::Process* self_ = nullptr;
  process::TypeId hosted_;
  process::TypeId declared_;
  process::TypeId handling_;
  Phase phase_ = Phase::unborn;
  bool suspended_ = false;
  bool has_timeout_ = false;
  bool timeout_is_now_ = false;
  Atom name_;
  Pid parent_;
  std::optional<Task<>> activity_;
  process::SignalPtr<process::Signal> continue_message_;
  process::SignalPtr<StartCall> start_call_;
  process::CallPtr call_;         // being handled; null once answered, deferred or lent to a From
  process::CallPtr last_answer_;  // goes out when terminate() has run
  std::uint64_t call_number_ = 0;
  Pid caller_;
  std::optional<ExitReason> stop_;
};

}  // namespace coppice::behaviour
