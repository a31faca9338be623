// Supervisor: starts its children in order, restarts them as its strategy says, and stops them in
// reverse (OTP's supervisor).
//
//   class Bank : public Supervisor {
//    public:
//     SupervisorSpec init() override {
//       return {.strategy = Strategy::rest_for_one, .intensity = 3, .children =
//       {child<Ledger>("ledger"), child<Teller>("teller")}};
//     }
//   };
//   ServerRef<Bank> bank = co_await start_link<Bank>();      // or child<Bank>("bank") in another
//   supervisor
//
// The rules, all OTP's:
// - It traps exits. Its parent's exit ends it, whatever the reason; other exits matter only if they
// are children's.
// - Its start fails with shutdown(failed to start child ...) when a child's start does, after it
// has stopped those that were
//   started; with the SpecError when its spec makes no sense; with what init() throws.
// - More than `intensity` restarts within `period` end it with `shutdown`, after it has stopped its
// children; the report
//   says why, with the last crashes.
// - A restart whose start fails is tried again by way of its own inbox, so it goes on answering
// meanwhile; each try counts.
// - One whose auto_shutdown says so ends with `shutdown` when its significant children have ended.
//
// The object is constructed in the supervisor's process and lives as long; only init() is ever
// called, once. A supervisor has no handlers of its own: what it can be asked is in
// supervisor_ref.hpp.
#pragma once

#include <concepts>
#include <memory>
#include <string_view>
#include <utility>
#include <vector>

#include <coppice/base/block_pool.hpp>
#include <coppice/base/export.hpp>
#include <coppice/behaviour/server_body.hpp>
#include <coppice/behaviour/traits.hpp>
#include <coppice/supervision/auto_shutdown.hpp>
#include <coppice/supervision/child.hpp>
#include <coppice/supervision/child_spec.hpp>
#include <coppice/supervision/definition.hpp>
#include <coppice/supervision/strategy.hpp>
#include <coppice/time/instant.hpp>

namespace coppice {

struct SupervisorSpec {
  Strategy strategy = Strategy::one_for_one;
  int intensity = 1;  // so many restarts are allowed within the period; 0: none
  timing::Duration period = std::chrono::seconds{5};
  AutoShutdown auto_shutdown = AutoShutdown::never;
  std::vector<ChildSpec> children = {};
  bool ignored = false;  // see ignore()

  // The supervisor shall not run, and that is no failure.
  static SupervisorSpec ignore() { return {.ignored = true}; }
};

class COPPICE_API Supervisor : public base::PoolAllocated {
 public:
  Supervisor(const Supervisor&) = delete;
  Supervisor& operator=(const Supervisor&) = delete;
  virtual ~Supervisor();

  virtual SupervisorSpec init() = 0;

 protected:
  Supervisor() = default;
};

// A supervisor that needs no class of its own: start_link<StaticSupervisor>(std::move(spec)).
class COPPICE_API StaticSupervisor final : public Supervisor {
 public:
  explicit StaticSupervisor(SupervisorSpec spec);
  ~StaticSupervisor() override;
  SupervisorSpec init() override;

 private:
  SupervisorSpec spec_;
};

// The same as a child of another supervisor.
COPPICE_API ChildSpec child_supervisor(std::string_view id, SupervisorSpec spec);

namespace supervision {

template <class S>
  requires std::derived_from<S, Supervisor>
inline constexpr bool is_supervisor<S> = true;

}  // namespace supervision

template <class S>
  requires std::derived_from<S, Supervisor>
struct behaviour::ServerTraits<S> {
  using Server = supervision::SupervisorServer;
  template <class... Args>
  static std::unique_ptr<behaviour::ServerCore> make(Args&&... args) {
    return supervision::host_supervisor(
        supervision::make_definition<Supervisor, S>(std::forward<Args>(args)...));
  }
};

}  // namespace coppice
