// Very many processes: linked ones that all end when one does, and a runtime full of them that stops.
#include <chrono>
#include <cstdint>
#include <vector>

#include <coppice/coppice.hpp>

#include "processes.hpp"

using namespace coppice;
using namespace coppice::test;
using namespace std::chrono_literals;

namespace {

struct Never {};
struct Ready {};
struct Built {
  Pid pid;
};
struct Get {};

class Idle : public GenServer {
 public:
  std::int64_t handle_call(Get) { return value_; }

 private:
  std::int64_t value_ = 1;
};

constexpr int linked = static_cast<int>(scaled(100'000, 5'000));

// Each one's end is counted.
struct Ends {
  base::Atomic<int> born{0};
  base::Atomic<int> ended{0};
};
struct Ended {
  explicit Ended(Ends& e) : ends{e} { ++ends.born; }
  ~Ended() { ++ends.ended; }
  Ends& ends;
};
Task<> member(Ends& ends) {
  const Ended ended{ends};
  co_await receive([](Never) {});
}
Task<> link_of_chain(Ends& ends, int left, Pid owner) {
  const Ended ended{ends};
  if (left > 0)
    spawn_link([&ends, left, owner]() { return link_of_chain(ends, left - 1, owner); });
  else
    send(owner, Ready{});
  co_await receive([](Never) {});
}
Task<> kill_one_and_wait(Pid one, Ends& ends) {
  EXPECT(ends.born == linked);
  EXPECT(ends.ended == 0);
  exit(one, ExitReason::custom("enough"));
  while (ends.ended < linked) co_await sleep(1ms);
}

}  // namespace

TEST_CASE("a chain of 100,000 linked processes ends when one is killed", "[rivals]") {
  in_process([]() -> Task<> {
    Ends ends;
    const Pid me = self();
    const Pid first = spawn([&ends, me]() { return link_of_chain(ends, linked - 1, me); });
    co_await receive([](Ready) {});
    co_await kill_one_and_wait(first, ends);
  });
}

TEST_CASE("a star of 100,000 linked processes ends when its center or a point of it is killed", "[rivals]") {
  const bool center_first = GENERATE(false, true);
  in_process([center_first]() -> Task<> {
    Ends ends;
    const Pid me = self();
    Pid point;
    const Pid center = spawn([&ends, &point, me]() -> Task<> {
      const Ended ended{ends};
      for (int i = 0; i < linked - 1; ++i) point = spawn_link([&ends]() { return member(ends); });
      send(me, Ready{});
      co_await receive([](Never) {});
    });
    co_await receive([](Ready) {});
    while (ends.born < linked) co_await sleep(1ms);
    co_await kill_one_and_wait(center_first ? center : point, ends);
  });
}

TEST_CASE("a ring of 100,000 linked processes ends when one is killed", "[rivals]") {
  in_process([]() -> Task<> {
    Ends ends;
    std::vector<Pid> ring;
    for (int i = 0; i < linked; ++i)
      ring.push_back(spawn([&ends](Pid before, Pid owner) -> Task<> {
        const Ended ended{ends};
        if (before) link(before);
        const Pid last = co_await receive<Pid>();
        if (last != self()) link(last);
        send(owner, Ready{});
        co_await receive([](Never) {});
      }, ring.empty() ? Pid{} : ring.back(), self()));
    for (std::size_t i = 0; i < ring.size(); ++i) send(ring[i], i == 0 ? ring.back() : ring[i]);
    for (int i = 0; i < linked; ++i) co_await receive([](Ready) {});
    co_await kill_one_and_wait(ring[ring.size() / 2], ends);
  });
}

TEST_CASE("a runtime stops with a million processes, a third each in receive, sleep and as idle servers", "[rivals]") {
  constexpr int third = static_cast<int>(scaled(333'334, 5'000));
  const LeavesNothing check;
  Runtime rt{quiet()};
  rt.run([]() -> Task<> {
    for (int i = 0; i < third; ++i) {
      spawn([]() -> Task<> { co_await receive([](Never) {}); });
      spawn([]() -> Task<> { co_await sleep(24h); });
      (void)co_await start<Idle>();
    }
  });
  CHECK(rt.process_count() >= 3 * std::uint64_t{third});
  rt.stop();
  CHECK(rt.process_count() == 0);
}
