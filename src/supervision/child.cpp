#include <coppice/supervision/child.hpp>

#include <coppice/behaviour/server_core.hpp>
#include <coppice/process/exit.hpp>
#include <coppice/process/links.hpp>
#include <coppice/process/names.hpp>

namespace coppice::supervision {

StartOptions start_options(const ChildSpec& spec) {
  return {.name = spec.name(), .timeout = spec.start_timeout(), .thread = spec.thread()};
}

StartOutcome spawn_child(const ChildSpec& spec, std::unique_ptr<process::Body> body) {
  if (spec.name())
    if (const std::optional<Pid> holder = whereis(spec.name()))
      return std::unexpected{
          StartFailure{ExitReason::custom(behaviour::AlreadyStarted{*holder}), *holder}};
  const Pid pid =
      process::give_birth_here(std::move(body), {.link = true, .thread = spec.thread()}).pid;
  if (!spec.name()) return StartedChild{pid};
  const auto named = register_name(spec.name(), pid);
  // One that has ended already has started all the same: its Exit comes.
  if (named || named.error() == NameError::process_dead) return StartedChild{pid};
  // Somebody was faster: it is as if it had never started.
  unlink(pid, flush);
  exit(pid, ExitReason::kill());
  const Pid holder = whereis(spec.name()).value_or(Pid{});
  return std::unexpected{
      StartFailure{ExitReason::custom(behaviour::AlreadyStarted{holder}), holder}};
}

}  // namespace coppice::supervision
