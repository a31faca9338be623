// HandlerTable: the handlers of an EventManager, whatever its events' types: who is there, who is
// told when one goes.
//
// Used by the manager's process alone. What a handler throws ends here: it is reported and the
// handler removed.
#pragma once

#include <cstddef>
#include <cstdint>
#include <exception>
#include <memory>
#include <optional>
#include <vector>

#include <coppice/base/block_pool.hpp>
#include <coppice/base/export.hpp>
#include <coppice/behaviour/event_handler.hpp>
#include <coppice/process/pid.hpp>
#include <coppice/process/task.hpp>
#include <coppice/process/type_id.hpp>

namespace coppice::behaviour {

// How a handler took an event: not at all, at once, or in a coroutine that is still to be awaited.
struct Handled {
  HandlerNext next;
  std::optional<Task<HandlerNext>> later;
};

// A handler of any class.
class COPPICE_API HandlerBody : public base::PoolAllocated {
 public:
  HandlerBody() = default;
  HandlerBody(const HandlerBody&) = delete;
  HandlerBody& operator=(const HandlerBody&) = delete;
  virtual ~HandlerBody();

  virtual process::TypeId type() const noexcept = 0;
  virtual void* object() noexcept = 0;
  // `event` is the manager's event type with this index.
  virtual void handle(std::size_t index, const void* event, Handled& handled) = 0;
  // The handler's terminate(), if it has one; a coroutine is still to be awaited.
  virtual std::optional<Task<>> terminate(const HandlerEnd& end) = 0;

  std::uint64_t number = 0;
  Pid supervisor;  // none: not supervised
};

class COPPICE_API HandlerTable {
 public:
  // Takes its place behind the others. With a supervising process the manager is linked to that, as
  // OTP's is.
  std::uint64_t add(std::unique_ptr<HandlerBody> handler, Pid supervisor);
  // Null if it is gone or of another class.
  HandlerBody* find(std::uint64_t number, process::TypeId type) const noexcept;
  std::vector<HandlerInfo> list() const;

  // Gives the event to each handler in the order in which they were added.
  Task<> spread(std::size_t index, const void* event, process::TypeId event_type);
  // Ends one: terminate(), the report if it has crashed, the message to who supervises it.
  // `successor` is told of to that one.
  Task<> end(std::uint64_t number, HandlerEnd why, std::uint64_t successor = 0);
  // What a handler threw while it did what `doing` names.
  Task<ExitReason> crashed(std::uint64_t number, std::exception_ptr error, process::TypeId doing);
  // Those that were added for a process that has ended.
  Task<> supervisor_ended(Pid supervisor, ExitReason reason);
  // All, as the manager stops.
  Task<> end_all(ExitReason reason);

 private:
  struct Tie {
    Pid supervisor;
    std::size_t handlers;
    bool ours;  // the link was made here
  };
  std::unique_ptr<HandlerBody> take(std::uint64_t number) noexcept;
  void tie(Pid supervisor);
  void untie(Pid supervisor);

  std::vector<std::unique_ptr<HandlerBody>> handlers_;
  std::vector<Tie> ties_;
  std::uint64_t last_number_ = 0;
};

// The reason made of an exception that a handler threw.
COPPICE_API ExitReason reason_of_handler(std::exception_ptr error);

}  // namespace coppice::behaviour
