// The LIFO slot on the real machine, whose barrier the model checker takes for granted.
#include <coppice/schedule/lifo_slot.hpp>

#include <array>

#include "catch.hpp"

using namespace coppice;
using schedule::LifoSlot;
using schedule::Runnable;

TEST_CASE("LIFO slot: what is put there is taken once, by its worker or by the watch",
          "[schedule]") {
  const bool barrier = GENERATE(true, false);
  if (barrier && !base::AsymmetricBarrier::available()) return;
  constexpr std::uint64_t most_rounds = 3'000'000;
  constexpr std::uint64_t enough = 20'000;
  std::array<Runnable, 8> works;
  LifoSlot slot{barrier};
  base::Atomic<bool> done{false};
  base::Atomic<std::uint64_t> rescued{0};
  base::Thread watch{[&] {
    for (unsigned wait = 0; !done.load(base::relaxed); wait = (wait + 1) % 64) {
      for (unsigned i = 0; i < wait; ++i) base::spin_pause();
      if (slot.full() && slot.rescue() != nullptr) rescued.fetch_add(1, base::relaxed);
    }
  }};
  std::uint64_t rounds = 0;
  std::uint64_t taken = 0;
  for (; rounds < most_rounds && rescued.load(base::relaxed) < enough; ++rounds) {
    Runnable& work = works[rounds % works.size()];
    if (!slot.put(work) && slot.displace(work) != nullptr) ++taken;
    // So that the watch comes before, while and after it is taken, or it is displaced.
    for (std::uint64_t i = 0; i < rounds % 8; ++i) base::spin_pause();
    if (rounds % 5 != 0 && slot.take() != nullptr) ++taken;
  }
  done.store(true, base::relaxed);
  watch.join();
  if (slot.take() != nullptr) ++taken;
  CHECK(slot.take() == nullptr);
  CHECK(taken + rescued.load(base::relaxed) == rounds);
}
