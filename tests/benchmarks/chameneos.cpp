// chameneos (Savina): --size creatures of three colours meet at a mall that admits two at a time;
// in a meeting both take the colour that the two colours make. The time of one meeting, which is
// four messages: two that come to the mall, one introduced to the other, and the new colour.
#include "bench.hpp"

using namespace coppice;

namespace {

enum class Color : std::uint8_t { blue, red, yellow };

// Equal ones stay; of two the third comes.
Color made_of(Color one, Color other) {
  if (one == other) return one;
  return static_cast<Color>(3 - static_cast<int>(one) - static_cast<int>(other));
}

struct Meet {
  Pid from;
  Color color;
};
struct Change {
  Color color;
};
struct Closed {};
struct Left {
  std::int64_t meetings;
};
struct Met {
  std::int64_t sum;
};

Task<> creature(Pid mall, Color color) {
  const Pid me = self();
  std::int64_t meetings = 0;
  for (bool open = true; open;) {
    send<Meet>(mall, me, color);
    open = co_await receive(
        [&](Meet other) {
          color = made_of(color, other.color);
          send<Change>(other.from, color);
          return true;
        },
        [&](Change change) {
          color = change.color;
          return true;
        },
        [](Closed) { return false; });
    if (open) ++meetings;
  }
  send<Left>(mall, meetings);
}

Task<> mall(Pid driver, std::int64_t creatures, std::int64_t meetings) {
  for (std::int64_t i = 0; i < creatures; ++i)
    spawn_link(creature, self(), static_cast<Color>(i % 3));
  Pid waiting;
  for (std::int64_t done = 0; done < meetings;) {
    const Meet arrived = co_await receive<Meet>();
    if (!waiting) {
      waiting = arrived.from;
      continue;
    }
    send<Meet>(waiting, arrived.from, arrived.color);
    waiting = Pid{};
    ++done;
  }
  std::int64_t sum = 0;
  for (std::int64_t left = 0; left < creatures;) {
    left += co_await receive([](Meet late) { return send<Closed>(late.from), 0; },
                             [&](Left one) { return sum += one.meetings, 1; });
  }
  send<Met>(driver, sum);
}

Task<> open_mall(std::int64_t creatures, std::int64_t meetings) {
  spawn_link(mall, self(), creatures, meetings);
  const Met met = co_await receive<Met>();
  bench::check(met.sum == 2 * meetings, "every meeting had two");
}

Task<double> measure(std::int64_t creatures, std::int64_t count) {
  co_await open_mall(creatures, count / 10);
  const bench::Stopwatch watch;
  co_await open_mall(creatures, count);
  co_return watch.nanoseconds_each(count);
}

}  // namespace

int main(int argc, char** argv) {
  const auto arguments = bench::parse(argc, argv, {.count = 1'000'000, .size = 100});
  Runtime runtime{bench::options(arguments)};
  const double value = runtime.run(measure, arguments.size, arguments.count);
  bench::print("chameneos", value, "ns/meeting", bench::Better::lower, arguments.workers);
}
