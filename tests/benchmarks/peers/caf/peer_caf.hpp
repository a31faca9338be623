// What the workloads on CAF (0.17, package libcaf-dev) share.
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include <caf/all.hpp>

namespace peer {

using Go = caf::atom_constant<caf::atom("go")>;
using Done = caf::atom_constant<caf::atom("done")>;

using Number = std::int64_t;
using Actors = std::vector<caf::actor>;

struct Measured {
  double amount;  // seconds, or bytes
  Number operations;
};

// What a figure takes: the system, how many operations to time, and its size.
using Figure = Measured (*)(caf::actor_system&, Number, Number);
using Figures = std::map<std::string, Figure>;

Figures savina();  // savina.cpp

template <class Work>
double seconds(Work&& work) {
  const auto start = std::chrono::steady_clock::now();
  work();
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

inline void await_done(caf::scoped_actor& self, std::size_t times = 1) {
  for (std::size_t i = 0; i < times; ++i) self->receive([](Done) {});
}

// Each is told to go, and says when it is done.
inline void play(caf::scoped_actor& self, const Actors& players, Number rounds) {
  for (const caf::actor& player : players) self->send(player, Go::value, rounds);
  await_done(self, players.size());
}

}  // namespace peer
