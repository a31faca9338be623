#include <coppice/base/spin_lock.hpp>

#include <chrono>
#include <vector>

#include "catch.hpp"
#include "expect.hpp"

using namespace coppice::base;
using namespace std::chrono_literals;

TEST_CASE("spin lock: one holder at a time, and each sees what the last one wrote",
          "[base][spin_lock]") {
  SpinLock lock;
  int plain = 0;
  std::vector<Thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&] {
      for (int i = 0; i < 20'000; ++i) {
        const SpinGuard guard{lock};
        ++plain;
      }
    });
  }
  for (Thread& thread : threads) thread.join();
  CHECK(plain == 80'000);
}

TEST_CASE("spin lock: try_lock does not wait", "[base][spin_lock]") {
  SpinLock lock;
  REQUIRE(lock.try_lock());
  CHECK_FALSE(lock.try_lock());
  lock.unlock();
  CHECK(lock.try_lock());
  lock.unlock();
}

TEST_CASE("spin lock: a waiter outlasts a long hold", "[base][spin_lock]") {
  SpinLock lock;
  lock.lock();
  int written = 0;
  Thread waiter{[&] {
    const SpinGuard guard{lock};
    EXPECT(written == 1);
  }};
  // Long enough that the waiter passes all of its stages; right or wrong does not depend on it.
  Parker pause;
  (void)pause.park_for(5ms);
  written = 1;
  lock.unlock();
  waiter.join();
}
