// DynamicSupervisor: for children that come and go while the program runs (the successor of OTP's
// simple_one_for_one, after Elixir's DynamicSupervisor).
//
//   auto sessions = co_await start_link<DynamicSupervisor>();
//   ChildSpec spec = child<Session>("session", user).restart(Restart::temporary);
//   StartedChild session = co_await sessions.start_child(spec);
//
// Or with a template, a public member function `child_spec` of a subclass that makes all specs from
// what they differ in; it runs in the supervisor's process:
//
//   class Sessions : public DynamicSupervisor {
//    public:
//     ChildSpec child_spec(std::string user) { return child<Session>("session",
//     user).restart(Restart::temporary); }
//   };
//   auto sessions = co_await start_link<Sessions>();
//   StartedChild session = co_await sessions.start_child("alice");
//
// Children are known by their pids; ids need not differ. A failed child is restarted alone. When
// the supervisor ends it stops all children at once, each with its own deadline, in no order.
// Significant children are refused, since nothing would come of them. Starting, ending, restarting
// and giving up are as in Supervisor; what it can be asked is in supervisor_ref.hpp.
//
// 100,000 children and more are fine: look-ups take constant time, alike children share their
// settings, and of temporary ones the arguments are not kept.
#pragma once

#include <concepts>
#include <cstdint>
#include <limits>
#include <memory>
#include <utility>

#include <coppice/base/block_pool.hpp>
#include <coppice/base/export.hpp>
#include <coppice/supervision/definition.hpp>
#include <coppice/supervision/supervisor.hpp>
#include <coppice/time/instant.hpp>

namespace coppice {

struct DynamicSpec {
  int intensity = 1;  // so many restarts are allowed within the period; 0: none
  timing::Duration period = std::chrono::seconds{5};
  std::int64_t max_children =
      std::numeric_limits<std::int64_t>::max();  // those that wait for their restart count too
  bool ignored = false;                          // see ignore()

  // The supervisor shall not run, and that is no failure.
  static constexpr DynamicSpec ignore() { return {.ignored = true}; }
};

class COPPICE_API DynamicSupervisor : public base::PoolAllocated {
 public:
  explicit DynamicSupervisor(DynamicSpec spec = {}) noexcept;
  DynamicSupervisor(const DynamicSupervisor&) = delete;
  DynamicSupervisor& operator=(const DynamicSupervisor&) = delete;
  virtual ~DynamicSupervisor();

  // Called once, in the supervisor's process: what was given to the constructor, unless a subclass
  // says otherwise.
  virtual DynamicSpec init();

 private:
  DynamicSpec spec_;
};

namespace supervision {

template <class S>
  requires std::derived_from<S, DynamicSupervisor>
inline constexpr bool is_supervisor<S> = true;

}  // namespace supervision

template <class S>
  requires std::derived_from<S, DynamicSupervisor>
struct behaviour::ServerTraits<S> {
  using Server = supervision::DynamicServer;
  template <class... Args>
  static std::unique_ptr<behaviour::ServerCore> make(Args&&... args) {
    return supervision::host_dynamic_supervisor(
        supervision::make_definition<DynamicSupervisor, S>(std::forward<Args>(args)...));
  }
};

}  // namespace coppice
