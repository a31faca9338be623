#include <coppice/supervision/starting.hpp>

#include <exception>
#include <utility>

#include <coppice/process/current.hpp>
#include <coppice/process/exit.hpp>
#include <coppice/process/links.hpp>
#include <coppice/supervision/stopping.hpp>

namespace coppice::supervision {

namespace {

StartOutcome failed(ExitReason reason) { return std::unexpected{StartFailure{std::move(reason)}}; }

}  // namespace

Task<StartOutcome> start_child_process(const ChildSpec& spec) {
  if (spec.starter() == nullptr)
    co_return failed(ExitReason::error("the child's start function was forgotten"));
  StartOutcome outcome;
  try {
    BegunStart begun = spec.starter()->begin(spec);
    if (auto* pending = std::get_if<behaviour::PendingStart>(&begun)) {
      std::expected<Pid, StartError> started = co_await behaviour::await_start(*pending);
      outcome = outcome_of(std::move(started));
    } else if (auto* task = std::get_if<Task<StartOutcome>>(&begun)) {
      outcome = co_await *task;
    } else {
      outcome = std::move(std::get<StartOutcome>(begun));
    }
  } catch (const ExitSignal& signal) {
    co_return failed(signal.reason());
  } catch (...) {
    co_return failed(ExitReason::error(std::current_exception()));
  }
  if (!outcome || !outcome->has_value()) co_return outcome;
  const Pid pid = outcome->value();
  if (is_linked(pid)) co_return outcome;
  if (is_alive(pid)) co_return failed(ExitReason::custom(NotLinked{pid}));
  // It has ended already: if it was linked, its Exit is in the mailbox; if it never was, this makes
  // one.
  link(pid);
  co_return outcome;
}

SupervisorError as_error(std::string_view child, const StartFailure& failure) {
  if (failure.already_started)
    return SupervisorError::already_started(child, failure.already_started);
  return SupervisorError::start_failed(child, failure.reason);
}

}  // namespace coppice::supervision
