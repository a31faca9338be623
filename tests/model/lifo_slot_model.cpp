// The LIFO slot, filled and emptied by its worker while the stall watch takes what waits there to
// the spares.
#include <coppice/schedule/lifo_slot.hpp>

#include "subjects.hpp"

namespace model {
namespace {

using namespace coppice;

struct Work : schedule::Runnable {
  Plain<int> value{0, "what is to be run"};
  int runs = 0;
};

void run(schedule::Runnable* runnable) {
  if (runnable == nullptr) return;
  auto& work = static_cast<Work&>(*runnable);
  check(work.value.get() == 1, "it is run before it was woken");
  work.value = 2;
  check(++work.runs == 1, "it is run twice");
}

// The owner wakes three, two of them in a row, and runs what is left to it; the watch comes `looks`
// times.
void rescued(int looks, bool barrier) {
  schedule::LifoSlot slot{barrier};
  Work works[3];
  schedule::RunList ring;
  const auto wake = [&](Work& work) {
    work.value = 1;
    if (slot.put(work)) return;
    if (schedule::Runnable* const previous = slot.displace(work)) ring.push_back(*previous);
  };
  together({[&] {
              wake(works[0]);
              wake(works[1]);
              if (slot.full()) run(slot.take());
              wake(works[2]);
              while (schedule::Runnable* const next = ring.pop_front()) run(next);
            },
            [&] {
              for (int i = 0; i < looks; ++i)
                if (slot.full()) run(slot.rescue());
            }});
  run(slot.take());
  for (const Work& work : works) check(work.runs == 1, "it was not run");
}

}  // namespace

Subject lifo_slot() {
  return {
      .name = "LIFO slot",
      .files = {"lifo_slot.hpp"},
      .scenarios = {{"the watch comes", [] { rescued(3, true); }},
                    {"the watch comes, stores before loads",
                     [] { rescued(2, true); },
                     {.foresight = true}},
                    {"the watch comes where there is no barrier", [] { rescued(3, false); }}},
      .harmless = {{"take", "store release -> relaxed",
                    "the order of modification is that of the run here, so that an exchange finds "
                    "what is taken gone"}}};
}

}  // namespace model
