#include <coppice/base/block_pool.hpp>

#include <cstring>
#include <deque>
#include <memory>
#include <stdexcept>
#include <vector>

#include <coppice/base/random.hpp>
#include <coppice/base/sync.hpp>

#include "catch.hpp"
#include "expect.hpp"

using namespace coppice::base;

namespace {

// A block that knows what it was filled with.
struct Filled {
  void* block;
  std::size_t size;
  unsigned char pattern;
};

Filled fill(std::size_t size, std::uint64_t tag) {
  Filled filled{pool_allocate(size), size, static_cast<unsigned char>(tag)};
  std::memset(filled.block, filled.pattern, size);
  return filled;
}

bool is_intact(const Filled& filled) {
  const auto* bytes = static_cast<const unsigned char*>(filled.block);
  for (std::size_t i = 0; i < filled.size; ++i) {
    if (bytes[i] != filled.pattern) return false;
  }
  return true;
}

void check_and_free(const Filled& filled) {
  EXPECT(is_intact(filled));
  pool_free(filled.block, filled.size);
}

struct Baseline {
  PoolStats before = pool_stats();
  std::uint64_t blocks() const { return pool_stats().live_blocks - before.live_blocks; }
  std::uint64_t bytes() const { return pool_stats().live_bytes - before.live_bytes; }
  std::uint64_t chunks() const { return pool_stats().chunk_bytes - before.chunk_bytes; }
};

}  // namespace

TEST_CASE("pool: blocks of every size are aligned, whole and their own", "[base][pool]") {
  const Baseline baseline;
  std::vector<Filled> blocks;
  std::size_t asked = 0;
  for (std::size_t size = 0; size <= 2 * pool_largest; ++size) {
    blocks.push_back(fill(size, size));
    asked += size;
    REQUIRE(reinterpret_cast<std::uintptr_t>(blocks.back().block) % pool_alignment == 0);
  }
  CHECK(baseline.blocks() == blocks.size());
  CHECK(baseline.bytes() >= asked);
  for (const Filled& filled : blocks) check_and_free(filled);
  CHECK(baseline.blocks() == 0);
  CHECK(baseline.bytes() == 0);
}

TEST_CASE("pool: what is freed serves again", "[base][pool]") {
  std::vector<Filled> blocks;
  const auto round = [&] {
    for (int i = 0; i < 1000; ++i) blocks.push_back(fill(static_cast<std::size_t>(i), 1));
    while (!blocks.empty()) {
      check_and_free(blocks.back());
      blocks.pop_back();
    }
  };
  round();
  const Baseline baseline;
  for (int i = 0; i < 20; ++i) round();
  CHECK(baseline.chunks() == 0);
  CHECK(baseline.blocks() == 0);
}

TEST_CASE("pool: any order of sizes leaves every live block intact", "[base][pool]") {
  const auto seed = GENERATE(1u, 2u, 3u);
  Random random{seed};
  const Baseline baseline;
  std::vector<Filled> live;
  for (int step = 0; step < 50'000; ++step) {
    if (live.size() < 2 || random.chance(step / 5000 % 2 == 0 ? 0.6 : 0.4)) {
      live.push_back(fill(random.below(random.chance(0.05) ? 5000 : 1100), random.next()));
    } else {
      std::swap(live[random.below(live.size())], live.back());
      check_and_free(live.back());
      live.pop_back();
    }
  }
  CHECK(baseline.blocks() == live.size());
  for (const Filled& filled : live) check_and_free(filled);
  CHECK(baseline.blocks() == 0);
  CHECK(baseline.bytes() == 0);
}

TEST_CASE("pool: one thread allocates, another frees, and memory stays flat", "[base][pool]") {
  const Baseline baseline;
  constexpr int total = 200'000;
  constexpr std::size_t queue_limit = 500;
  Mutex lock;
  CondVar changed;
  std::deque<Filled> queue;
  Thread consumer{[&] {
    for (int i = 0; i < total; ++i) {
      Filled filled{};
      {
        UniqueLock guard{lock};
        changed.wait(guard, [&] { return !queue.empty(); });
        filled = queue.front();
        queue.pop_front();
      }
      changed.notify_one();
      check_and_free(filled);
    }
  }};
  for (int i = 0; i < total; ++i) {
    const Filled filled = fill(64 + static_cast<std::size_t>(i) % 64, static_cast<unsigned>(i));
    UniqueLock guard{lock};
    changed.wait(guard, [&] { return queue.size() < queue_limit; });
    queue.push_back(filled);
    guard.unlock();
    changed.notify_one();
  }
  consumer.join();
  CHECK(baseline.blocks() == 0);
  // 200,000 blocks of 96 or 128 bytes passed; without reuse they would have taken over 20 MiB.
  CHECK(baseline.chunks() <= std::uint64_t{4} << 20);
}

TEST_CASE("pool: threads that swap blocks among themselves never share one", "[base][pool]") {
  const Baseline baseline;
  constexpr std::size_t place_count = 256;
  struct Place {
    Mutex lock;
    Filled held{};
  };
  const auto places = std::make_unique<Place[]>(place_count);
  std::vector<Thread> threads;
  for (std::uint64_t t = 1; t <= 4; ++t) {
    threads.emplace_back([&, t] {
      Random random{t};
      for (int step = 0; step < 30'000; ++step) {
        Filled mine = fill(16 + random.below(600), random.next());
        {
          Place& place = places[random.below(place_count)];
          const LockGuard guard{place.lock};
          std::swap(mine, place.held);
        }
        if (mine.block != nullptr) check_and_free(mine);
      }
    });
  }
  // Reading the counts beside all this must disturb nobody.
  for (int i = 0; i < 200; ++i) (void)pool_stats();
  for (Thread& thread : threads) thread.join();
  std::uint64_t held = 0;
  for (std::size_t i = 0; i < place_count; ++i) held += places[i].held.block != nullptr ? 1 : 0;
  CHECK(baseline.blocks() == held);
  for (std::size_t i = 0; i < place_count; ++i) {
    if (places[i].held.block != nullptr) check_and_free(places[i].held);
  }
  CHECK(baseline.blocks() == 0);
  CHECK(baseline.bytes() == 0);
}

TEST_CASE("pool: what a thread leaves when it ends serves the next one", "[base][pool]") {
  const auto in_a_thread = [] {
    Thread thread{[] {
      std::vector<Filled> blocks;
      // Not a multiple of a batch, so that a part of one is left.
      for (int i = 0; i < 250; ++i) blocks.push_back(fill(1000, 1));
      for (const Filled& filled : blocks) check_and_free(filled);
    }};
    thread.join();
  };
  in_a_thread();
  const Baseline baseline;
  for (int i = 0; i < 100; ++i) in_a_thread();
  CHECK(baseline.blocks() == 0);
  CHECK(baseline.chunks() == 0);
}

TEST_CASE("pool: blocks outlive the thread that allocated them", "[base][pool]") {
  const Baseline baseline;
  std::vector<Filled> blocks;
  Thread thread{[&] {
    for (int i = 0; i < 300; ++i) blocks.push_back(fill(100, static_cast<unsigned>(i)));
  }};
  thread.join();
  CHECK(baseline.blocks() == 300);
  for (const Filled& filled : blocks) check_and_free(filled);
  CHECK(baseline.blocks() == 0);
}

namespace {

// Made before the thread's first use of the pool and so destroyed after the pool's own end there.
struct LastWords {
  std::vector<Filled> kept;
  void touch() {}
  ~LastWords() {
    for (const Filled& filled : kept) check_and_free(filled);
    std::vector<Filled> more;
    for (int i = 0; i < 300; ++i) more.push_back(fill(static_cast<std::size_t>(i) * 5, 3));
    for (const Filled& filled : more) check_and_free(filled);
  }
};
thread_local LastWords last_words;

}  // namespace

TEST_CASE("pool: serves destructors that run after its own end in a thread", "[base][pool]") {
  const auto in_a_thread = [] {
    Thread thread{[] {
      last_words.touch();
      for (int k = 0; k < 200; ++k) last_words.kept.push_back(fill(80, 9));
    }};
    thread.join();
  };
  in_a_thread();
  const Baseline baseline;
  for (int i = 0; i < 60; ++i) in_a_thread();
  CHECK(baseline.blocks() == 0);
  CHECK(baseline.bytes() == 0);
  // Nor does such a thread leave anything behind that nobody uses again.
  CHECK(baseline.chunks() == 0);
}

namespace {

struct Base : PoolAllocated {
  virtual ~Base() = default;
  std::uint64_t a = 1;
};
struct Derived : Base {
  char room[300] = {};
};
struct Refuses : PoolAllocated {
  Refuses() { throw std::runtime_error{"no"}; }
};
struct Plain {
  explicit Plain(int n) : value{n} {
    if (n < 0) throw std::runtime_error{"negative"};
  }
  int value;
};

}  // namespace

TEST_CASE("pool: a class takes its memory from it, derived ones by their own size",
          "[base][pool]") {
  const Baseline baseline;
  {
    const std::unique_ptr<Base> object = std::make_unique<Derived>();
    CHECK(baseline.blocks() == 1);
    CHECK(baseline.bytes() >= sizeof(Derived));
  }
  CHECK(baseline.blocks() == 0);
  CHECK(baseline.bytes() == 0);
  CHECK_THROWS_AS(std::make_unique<Refuses>(), std::runtime_error);
  CHECK(baseline.blocks() == 0);
  alignas(Derived) std::byte place[sizeof(Derived)];
  Derived* placed = ::new (place) Derived;
  placed->~Derived();
  placed = new (place) Derived;
  placed->~Derived();
  CHECK(baseline.blocks() == 0);
}

TEST_CASE("pool: pool_new frees the block when the constructor throws", "[base][pool]") {
  const Baseline baseline;
  Plain* plain = pool_new<Plain>(5);
  CHECK(plain->value == 5);
  CHECK(baseline.blocks() == 1);
  pool_delete(plain);
  CHECK_THROWS_AS(pool_new<Plain>(-1), std::runtime_error);
  pool_delete(static_cast<Plain*>(nullptr));
  {
    const std::unique_ptr<Plain, PoolDelete> owned{pool_new<Plain>(6)};
    CHECK(baseline.blocks() == 1);
  }
  CHECK(baseline.blocks() == 0);
}

namespace {

// Lets every second message have no memory.
class EverySecond final : public MessageWatch {
 public:
  unsigned asked = 0;
  void takes_message() override {
    if (++asked % 2 == 0) throw std::bad_alloc{};
  }
};

}  // namespace

TEST_CASE("pool: a watch is asked for each message of its thread, and for nothing else", "[base][pool]") {
  const PoolStats before = pool_stats();
  EverySecond watch;
  std::vector<std::pair<void*, std::size_t>> blocks;
  blocks.emplace_back(pool_allocate_message(32), 32);  // a thread that is not watched
  REQUIRE(exchange_message_watch(&watch) == nullptr);
  unsigned failed = 0;
  for (const std::size_t size : {std::size_t{1}, std::size_t{200}, pool_largest, pool_largest + 1})
    for (int i = 0; i < 200; ++i) try {
        blocks.emplace_back(pool_allocate_message(size), size);
      } catch (const std::bad_alloc&) {
        ++failed;
      }
  CHECK(watch.asked == 800);
  CHECK(failed == 400);
  for (int i = 0; i < 300; ++i) blocks.emplace_back(pool_allocate(64), 64);
  Thread{[&blocks] {
    for (int i = 0; i < 300; ++i) blocks.emplace_back(pool_allocate_message(64), 64);
  }}.join();
  CHECK(watch.asked == 800);
  CHECK(pool_stats().live_blocks == before.live_blocks + blocks.size());
  // Freed while there is a watch and after it, as they were taken before it and meanwhile.
  for (std::size_t i = 0; i < blocks.size() / 2; ++i) pool_free(blocks[i].first, blocks[i].second);
  CHECK(exchange_message_watch(nullptr) == &watch);
  for (std::size_t i = blocks.size() / 2; i < blocks.size(); ++i) pool_free(blocks[i].first, blocks[i].second);
  pool_free(pool_allocate_message(32), 32);
  CHECK(watch.asked == 800);
  CHECK(pool_stats().live_blocks == before.live_blocks);
}

TEST_CASE("pool: a thread that ends with a watch leaves all that it had", "[base][pool]") {
  const PoolStats before = pool_stats();
  EverySecond watch;
  Thread{[&watch] {
    exchange_message_watch(&watch);
    pool_free(pool_allocate(32), 32);
  }}.join();
  CHECK(pool_stats().live_blocks == before.live_blocks);
  CHECK(watch.asked == 0);
}
