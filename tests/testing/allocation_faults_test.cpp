// Want of memory where a message is sent.
#include <coppice/coppice.hpp>
#include <coppice/testing.hpp>

#include <functional>
#include <memory>
#include <new>
#include <string>
#include <vector>

#include "catch.hpp"
#include "seeds.hpp"

using namespace coppice;
using namespace coppice::testing;
using namespace std::chrono_literals;
using Catch::Matchers::ContainsSubstring;

namespace {

struct Parcel {
  std::unique_ptr<int> number;
};
struct Large {
  explicit Large(int n) : number{n} {}
  int number;
  char rest[2000] = {};
};
struct Count {};
struct Add {
  int number;
};

class Book : public GenServer {
 public:
  std::vector<int> handle_call(Count) { return numbers_; }
  void handle_cast(Add add) { numbers_.push_back(add.number); }
  void handle_info(Parcel parcel) { numbers_.push_back(*parcel.number); }
  void handle_info(Large large) { numbers_.push_back(large.number); }
  using Info = Messages<Parcel, Large>;

 private:
  std::vector<int> numbers_;
};

// One of the ways to send a number.
using Sender = std::function<void(ServerRef<Book>, int)>;

const std::vector<std::pair<const char*, Sender>> senders = {
    {"send to a pid", [](ServerRef<Book> book, int n) { send<Parcel>(book.pid(), std::make_unique<int>(n)); }},
    {"send to a name", [](ServerRef<Book>, int n) { send<Parcel>("book", std::make_unique<int>(n)); }},
    {"send of what is large", [](ServerRef<Book> book, int n) { send<Large>(book.pid(), n); }},
    {"cast", [](ServerRef<Book> book, int n) { book.cast<Add>(n); }},
    {"send_info", [](ServerRef<Book> book, int n) { book.send_info<Parcel>(std::make_unique<int>(n)); }},
};

Faults no_memory(AllocationFault fault) {
  Faults faults;
  faults.allocations = {fault};
  return faults;
}

}  // namespace

TEST_CASE("allocation faults: a message for which there is no memory is not sent, the others are", "[testing]") {
  for (const auto& [how, sender] : senders) {
    const SimulationResult result =
        Simulation{{.faults = no_memory({.point = "send", .nth = 2})}}.run([&sender]() -> Task<> {
          auto book = co_await start<Book>(StartOptions{.name = "book"});
          const SpawnedMonitor victim = spawn_monitor([&sender](ServerRef<Book> to) -> Task<> {
            int failed = 0;
            for (int i = 0; i < 3; ++i) try {
                sender(to, i);
              } catch (const std::bad_alloc&) {
                failed = i;
              }
            check(failed == 1, "the second fails");
            co_return;
          }, book);
          const Down down = co_await receive(on(victim.ref, [](const Down& d) { return d; }));
          check(down.reason.is_normal(), "no more than that");
          const std::vector<int> numbers = co_await book.call<Count>();
          check(numbers == std::vector<int>{0, 2}, "the others are there");
        });
    INFO(how << "\n" << result.report());
    CHECK(result.ok());
    CHECK_THAT(result.trace.text(), ContainsSubstring("has no memory at send"));
  }
}

TEST_CASE("allocation faults: an alias, too; and what was to be sent is where it was", "[testing]") {
  const SimulationResult result = Simulation{{.faults = no_memory({.point = "send", .nth = 1})}}.run([]() -> Task<> {
    const Alias mine = alias();
    const SpawnedMonitor victim = spawn_monitor([mine]() -> Task<> {
      Parcel parcel{std::make_unique<int>(7)};
      try {
        send(mine, std::move(parcel));
        check(false, "the first fails");
      } catch (const std::bad_alloc&) {
        check(parcel.number != nullptr, "the parcel is still here");  // NOLINT(bugprone-use-after-move)
      }
      send(mine, std::move(parcel));
      co_return;
    });
    const Parcel parcel = co_await receive<Parcel>();
    check(*parcel.number == 7, "it comes the second time");
    co_await receive(on(victim.ref, [](const Down&) {}));
  });
  INFO(result.report());
  CHECK(result.ok());
}

TEST_CASE("allocation faults: who does not catch it ends by it", "[testing]") {
  const SimulationResult result = Simulation{{.faults = no_memory({.point = "send", .nth = 1})}}.run([]() -> Task<> {
    const Pid me = self();
    const SpawnedMonitor victim = spawn_monitor([me]() -> Task<> {
      send<Add>(me, 1);
      co_return;
    });
    const Down down = co_await receive(on(victim.ref, [](const Down& d) { return d; }));
    check(down.reason.text().find("bad_alloc") != std::string::npos, down.reason.text());
    const std::optional<Add> none = co_await receive<Add>(1s);
    check(!none, "nothing was sent");
  });
  INFO(result.report());
  CHECK(result.ok());
}

// A tree whose children lose each message that they send: starts, links, exits, monitors, calls and restarts are the library's.
TEST_CASE("allocation faults: what the library sends by itself is never struck", "[testing]") {
  class Writer : public GenServer {
   public:
    int handle_call(Count) {
      try {
        send<Add>(self(), 1);
      } catch (const std::bad_alloc&) {
        ++lost_;
      }
      return lost_;
    }
    void handle_info(Add) { lost_ = -1000; }
    void handle_cast(Add) { throw std::runtime_error{"is crashed"}; }

   private:
    int lost_ = 0;
  };
  for (std::uint64_t seed = 1; seed <= seeds(100); ++seed) {
    const SimulationResult result =
        Simulation{{.seed = seed, .faults = no_memory({.point = "send", .probability = 1})}}.run([]() -> Task<> {
          SupervisorSpec spec;
          spec.intensity = 10;
          spec.children.push_back(child<Writer>("writer").named("writer"));
          spec.children.push_back(child_supervisor("below", SupervisorSpec{}));
          const auto supervisor = co_await start_link<StaticSupervisor>(std::move(spec));
          const Name<Writer> writer{"writer"};
          Pid latest = whereis("writer").value();
          for (int round = 1; round <= 3; ++round) {
            for (int i = 1; i <= 3; ++i) {
              const int lost = co_await writer.call<Count>();
              check(lost == i, "each of its messages is lost");
            }
            writer.cast<Add>(0);  // the main process is never struck
            latest = co_await expect_restart(supervisor, "writer", latest);
          }
        });
    INFO(result.report());
    REQUIRE(result.ok());
  }
}

TEST_CASE("allocation faults: heal() ends them, and so does the simulation", "[testing]") {
  const auto floods = [](Pid to, int& lost) -> Task<> {
    for (int i = 0; i < 100; ++i) try {
        send<Add>(to, i);
      } catch (const std::bad_alloc&) {
        ++lost;
      }
    co_return;
  };
  const auto run_floods = [floods](int& before, int& after) -> Task<> {
    for (int* const lost : {&before, &after}) {
      const SpawnedMonitor end = spawn_monitor([floods, lost](Pid to) { return floods(to, *lost); }, self());
      co_await receive(on(end.ref, [](const Down&) {}));
      for (int i = *lost; i < 100; ++i) co_await receive<Add>();
      heal();
    }
  };
  std::vector<int> with_seed;
  for (const std::uint64_t seed : {5u, 5u, 6u}) {
    int before = 0, after = 0;
    const SimulationResult result = Simulation{{.seed = seed, .faults = no_memory({.point = "send", .probability = 0.5})}}.run(
        [&]() -> Task<> { return run_floods(before, after); });
    INFO(result.report());
    CHECK(result.ok());
    CHECK(before > 20);
    CHECK(before < 80);
    CHECK(after == 0);
    with_seed.push_back(before);
  }
  CHECK(with_seed[0] == with_seed[1]);
  int before = 0, after = 0;
  CHECK(run([&]() -> Task<> { return run_floods(before, after); }) == 0);
  CHECK(before == 0);
}
