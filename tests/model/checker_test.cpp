// The checker itself: the classic small programs, of which it is known what they may do.
#include <set>

#include <coppice/base/sync.hpp>

#include "checker.hpp"
#include "support/catch.hpp"

using namespace coppice::base;
using model::explore;
using model::together;

namespace {

// What a program of two or three threads gave in all its runs. Outside of the runs' own memory.
struct Results {
  bool seen[64] = {};
  void add(int a, int b, int c = 0, int d = 0) { seen[a + 2 * b + 4 * c + 8 * d] = true; }
  bool has(int a, int b, int c = 0, int d = 0) const { return seen[a + 2 * b + 4 * c + 8 * d]; }
};

struct Order2 {
  std::memory_order store;
  std::memory_order load;
};

// Each thread stores to one and loads the other.
Results store_buffering(Order2 order) {
  Results results;
  const auto outcome = explore([&] {
    Atomic<int> x{0};
    Atomic<int> y{0};
    int a = 0;
    int b = 0;
    together({[&] {
                x.store(1, order.store);
                a = y.load(order.load);
              },
              [&] {
                y.store(1, order.store);
                b = x.load(order.load);
              }});
    results.add(a, b);
  });
  CHECK(outcome.failure == "");
  return results;
}

// Two writers; two readers look in opposite order.
Results independent_writes(Order2 order) {
  Results results;
  const auto outcome = explore([&] {
    Atomic<int> x{0};
    Atomic<int> y{0};
    int seen[4] = {};
    together({[&] { x.store(1, order.store); }, [&] { y.store(1, order.store); },
              [&] {
                seen[0] = x.load(order.load);
                seen[1] = y.load(order.load);
              },
              [&] {
                seen[2] = y.load(order.load);
                seen[3] = x.load(order.load);
              }});
    results.add(seen[0], seen[1], seen[2], seen[3]);
  });
  CHECK(outcome.failure == "");
  return results;
}

std::string message_passing(Order2 order) {
  return explore([&] {
           Atomic<int> flag{0};
           model::Plain<int> data{0, "data"};
           together({[&] {
                       data = 1;
                       flag.store(1, order.store);
                     },
                     [&] {
                       if (flag.load(order.load) == 1) model::check(data.get() == 1, "old data");
                     }});
         })
      .failure;
}

}  // namespace

TEST_CASE("a store may be seen after a later load of the same thread, unless both are seq_cst") {
  const Results weak = store_buffering({release, acquire});
  CHECK(weak.has(0, 0));
  CHECK(weak.has(0, 1));
  CHECK(weak.has(1, 0));
  CHECK(weak.has(1, 1));
  const Results strong = store_buffering({seq_cst, seq_cst});
  CHECK_FALSE(strong.has(0, 0));
  CHECK(strong.has(0, 1));
  CHECK(strong.has(1, 0));
  CHECK(strong.has(1, 1));
}

TEST_CASE("two readers may see two writes in different order, unless all is seq_cst") {
  CHECK(independent_writes({release, acquire}).has(1, 0, 1, 0));
  CHECK_FALSE(independent_writes({seq_cst, seq_cst}).has(1, 0, 1, 0));
}

TEST_CASE("data is handed over by a release and an acquire, not by less") {
  CHECK(message_passing({release, acquire}) == "");
  CHECK(message_passing({seq_cst, seq_cst}) == "");
  CHECK(message_passing({relaxed, acquire}) == "data race on data");
  CHECK(message_passing({release, relaxed}) == "data race on data");
}

TEST_CASE("a release sequence goes on through read-modify-writes only") {
  const auto run = [](bool by_store) {
    return explore([=] {
             Atomic<int> flag{0};
             model::Plain<int> data{0, "data"};
             together({[&] {
                         data = 1;
                         flag.store(1, release);
                       },
                       [&] {
                         int one = 1;
                         if (by_store ? flag.load(relaxed) == 1
                                      : flag.compare_exchange_strong(one, 2, relaxed, relaxed))
                           if (by_store) flag.store(2, relaxed);
                       },
                       [&] {
                         if (flag.load(acquire) == 2) (void)data.get();
                       }});
           })
        .failure;
  };
  CHECK(run(false) == "");
  CHECK(run(true) == "data race on data");
}

TEST_CASE("no thread sees the values of one atomic in different order") {
  bool backwards = false;
  bool old_after_new = false;
  const auto outcome = explore([&] {
    Atomic<int> x{0};
    int seen[2] = {};
    together({[&] {
                x.store(1, relaxed);
                x.store(2, relaxed);
              },
              [&] {
                seen[0] = x.load(relaxed);
                seen[1] = x.load(relaxed);
              }});
    backwards |= seen[1] < seen[0];
    old_after_new |= x.load(relaxed) != 2;
  });
  CHECK(outcome.failure == "");
  CHECK_FALSE(backwards);
  CHECK_FALSE(old_after_new);
}

TEST_CASE("read-modify-writes lose nothing, a load and a store do") {
  const auto sums = [](bool atomically) {
    std::uint32_t sums_seen = 0;
    const auto outcome = explore([&] {
      Atomic<int> x{0};
      const auto add = [&] {
        if (atomically)
          x.fetch_add(1, relaxed);
        else
          x.store(x.load(relaxed) + 1, relaxed);
      };
      together({add, add, add});
      sums_seen |= 1U << x.load(relaxed);
    });
    CHECK(outcome.failure == "");
    return sums_seen;
  };
  CHECK(sums(true) == 0b1000);
  CHECK(sums(false) == 0b1110);
}

TEST_CASE("the number of interleavings is the number of different ones") {
  // Two stores to each of two places: 2 orders at either place, and the loads that see 0 to 2.
  const auto outcome = explore([] {
    Atomic<int> x{0};
    together({[&] { x.fetch_add(1, relaxed); }, [&] { x.fetch_add(1, relaxed); },
              [&] { x.fetch_add(1, relaxed); }});
  });
  CHECK(outcome.interleavings == 6);
  const auto apart = explore([] {
    Atomic<int> x{0};
    Atomic<int> y{0};
    const auto both = [](Atomic<int>& mine, Atomic<int>& other) {
      mine.fetch_add(1, relaxed);
      (void)other.load(relaxed);
    };
    together({[&] { both(x, y); }, [&] { both(y, x); }});
  });
  CHECK(apart.interleavings == 4);
}

TEST_CASE("a bound on preemptions leaves out what needs more") {
  const auto lost = [](unsigned preemptions) {
    bool seen = false;
    const auto outcome = explore(
        [&] {
          Atomic<int> x{0};
          const auto add = [&] { x.store(x.load(seq_cst) + 1, seq_cst); };
          together({add, add});
          seen |= x.load(relaxed) == 1;
        },
        {.preemptions = preemptions});
    CHECK(outcome.failure == "");
    return seen;
  };
  CHECK_FALSE(lost(0));
  CHECK(lost(1));
}

TEST_CASE("locks exclude, and hand over what they guard") {
  const auto outcome = explore([] {
    Mutex lock;
    model::Plain<int> sum{0, "sum"};
    const auto add = [&] {
      const LockGuard guard{lock};
      sum = sum.get() + 1;
    };
    together({add, add, add});
    model::check(sum.get() == 3, "an addition is lost");
  });
  CHECK(outcome.failure == "");
  CHECK(outcome.interleavings == 6);
}

TEST_CASE("what is done after an unlock is not handed over by it") {
  const auto outcome = explore([] {
    Mutex lock;
    model::Plain<int> data{0, "data"};
    together({[&] {
                {
                  const LockGuard guard{lock};
                }
                data = 1;
              },
              [&] {
                {
                  const LockGuard guard{lock};
                }
                (void)data.get();
              }});
  });
  CHECK(outcome.failure == "data race on data");
}

TEST_CASE("locks taken in opposite order are found") {
  const auto outcome = explore([] {
    Mutex first;
    Mutex second;
    together({[&] {
                const LockGuard one{first};
                const LockGuard two{second};
              },
              [&] {
                const LockGuard two{second};
                const LockGuard one{first};
              }});
  });
  CHECK_THAT(outcome.failure, Catch::Matchers::ContainsSubstring("nobody can go on"));
}

TEST_CASE("a wait for a condition ends when it is told, and hangs when it is not") {
  const auto run = [](bool tell) {
    return explore([=] {
             Mutex lock;
             CondVar changed;
             bool ready = false;
             together({[&] {
                         UniqueLock guard{lock};
                         changed.wait(guard, [&] { return ready; });
                       },
                       [&] {
                         const LockGuard guard{lock};
                         ready = true;
                         if (tell) changed.notify_one();
                       }});
           })
        .failure;
  };
  CHECK(run(true) == "");
  CHECK_THAT(run(false), Catch::Matchers::ContainsSubstring("nobody can go on"));
}

TEST_CASE("a run that does not end is found") {
  const auto outcome = explore(
      [] {
        Atomic<int> x{0};
        together({[&] {
                    while (x.load(relaxed) == 0) spin_pause();
                  },
                  [&] { x.store(0, relaxed); }});
      },
      {.steps = 200});
  CHECK(outcome.failure == "the run does not end");
}

TEST_CASE("a thread that spins sees in the end what it waits for") {
  const auto outcome = explore([] {
    Atomic<int> x{0};
    together({[&] {
                while (x.load(relaxed) == 0) spin_pause();
              },
              [&] { x.store(1, relaxed); }});
  });
  CHECK(outcome.failure == "");
}
