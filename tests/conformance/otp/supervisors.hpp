// What the tests after OTP's supervisor_SUITE share, besides tests/supervision/rig.hpp.
#pragma once

#include <utility>
#include <vector>

#include "supervision/rig.hpp"

namespace coppice::test {

using Static = ServerRef<StaticSupervisor>;
using Dynamic = ServerRef<DynamicSupervisor>;
using SpecKind = supervision::SpecError::Kind;

inline Task<Static> start_static(SupervisorSpec spec) {
  return start_link<StaticSupervisor>(std::move(spec));
}
// One that may end without taking the test along.
inline Task<Static> start_apart(SupervisorSpec spec) {
  return start<StaticSupervisor>(std::move(spec));
}
inline Task<Dynamic> start_dynamic(int intensity = 9) {
  return start_link<DynamicSupervisor>(DynamicSpec{.intensity = intensity, .period = 1h});
}
// Starts one that is expected to fail, and gives why.
inline Task<ExitReason> start_failure(SupervisorSpec spec) {
  auto started = co_await try_start_link<StaticSupervisor>(std::move(spec));
  EXPECT(!started);
  co_return started ? ExitReason{} : started.error().reason();
}
// The kind of a refused specification.
inline SpecKind kind_of(const ExitReason& reason) {
  const auto* error = reason.get<supervision::SpecError>();
  if (error == nullptr) throw std::runtime_error{"no SpecError: " + reason.text()};
  return error->kind();
}
// Ends the supervisor, as its parent if the caller is that, and gives its reason once it has ended.
template <class S>
Task<ExitReason> terminate(ServerRef<S> supervisor, ExitReason reason = ExitReason::shutdown()) {
  const MonitorRef m = monitor(supervisor);
  if (process::is_linked(supervisor)) {
    unlink(supervisor);
    exit(supervisor, reason);
  } else {
    co_await supervisor.stop(reason);
  }
  co_return co_await end_of(m);
}
constexpr ChildCounts counts(std::size_t specs, std::size_t active, std::size_t supervisors,
                             std::size_t workers) {
  return {.specs = specs, .active = active, .supervisors = supervisors, .workers = workers};
}

}  // namespace coppice::test
