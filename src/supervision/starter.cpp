#include <coppice/supervision/starter.hpp>

namespace coppice::supervision {

Starter::~Starter() = default;

StartOutcome outcome_of(std::expected<Pid, StartError> started) {
  if (started) return StartedChild{*started};
  const StartError& error = started.error();
  if (error.is_ignored()) return StartedChild{};
  return std::unexpected{
      StartFailure{error.reason(), error.is_already_started() ? error.running() : Pid{}}};
}

}  // namespace coppice::supervision
