// A supervised server that ends when it is told to, and says whenever it has started.
#pragma once

#include <chrono>
#include <stdexcept>

#include <coppice/coppice.hpp>
#include <coppice/supervision/supervisor.hpp>
#include <coppice/supervision/supervisor_ref.hpp>

namespace bench {

struct Throw {};
struct Stop {};
struct Broken {};
struct Started {
  coppice::Pid pid;
};

class Fragile : public coppice::GenServer {
 public:
  explicit Fragile(coppice::Pid driver) { coppice::send<Started>(driver, coppice::self()); }
  void handle_cast(Throw) { throw std::runtime_error{"asked to"}; }
  coppice::Next handle_cast(Stop) {
    return coppice::Next::stop(coppice::ExitReason::custom(Broken{}));
  }
};

class Restarter : public coppice::Supervisor {
 public:
  explicit Restarter(coppice::Pid driver) : driver_{driver} {}
  coppice::SupervisorSpec init() override {
    return {.intensity = 1'000'000'000,
            .period = std::chrono::hours{24},
            .children = {coppice::child<Fragile>("fragile", driver_)}};
  }

 private:
  coppice::Pid driver_;
};

}  // namespace bench
