#include <coppice/base/block_pool.hpp>

#include <array>

#include <sys/mman.h>

#include <coppice/base/sync.hpp>

#include "pool_bypass.hpp"

#if !COPPICE_POOL_BYPASSED

namespace coppice::base {

MessageWatch::~MessageWatch() = default;

namespace {

// Size classes: steps of 16 bytes up to 128, where what most processes keep is (a server's body, a
// link), of 32 up to 256, then four to a doubling.
constexpr std::size_t granule = 16;
constexpr std::array<std::uint32_t, 20> class_bytes{
    16, 32, 48, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320, 384, 448, 512, 640, 768, 896, 1024};
constexpr std::size_t class_count = class_bytes.size();
static_assert(class_bytes.back() == pool_largest);

// How many blocks make a batch: enough that the central store's lock is rare, few enough that the
// two batches a thread keeps of a large class stay below 64 KiB.
constexpr std::uint32_t batch_of(std::size_t size_class) {
  return class_bytes[size_class] <= 256 ? 64 : 32;
}

// The class of a size by its number of granules, rounded up.
constexpr auto class_of_granules = [] {
  std::array<std::uint8_t, pool_largest / granule + 1> table{};
  std::uint8_t size_class = 0;
  for (std::size_t i = 0; i < table.size(); ++i) {
    if (i * granule > class_bytes[size_class]) ++size_class;
    table[i] = size_class;
  }
  return table;
}();

std::size_t class_of(std::size_t size) { return class_of_granules[(size + granule - 1) / granule]; }

struct FreeBlock {
  FreeBlock* next;        // in the same batch
  FreeBlock* next_batch;  // in the central store: head of the next full batch
};
static_assert(sizeof(FreeBlock) <= granule);

// A thread's free blocks of one class: `current` is a list of batch - room blocks, `spare` a full
// batch or null. The owner alone writes; room and spare are read by pool_stats().
struct Bin {
  FreeBlock* current = nullptr;
  Atomic<FreeBlock*> spare{nullptr};
  Atomic<std::uint32_t> room{0};
};

struct ThreadCache {
  std::array<Bin, class_count> bins;
  ThreadCache* next_known = nullptr;  // all caches ever made
  ThreadCache* next_unused = nullptr;
};

// What is live beyond the classes.
constinit Atomic<std::uint64_t> large_blocks{0}, large_bytes{0};

// The state of a thread that has no cache yet, or no more: nothing to take, no room to give, so
// that the fast paths need no test of their own for it.
constinit ThreadCache no_cache;

// What a thread with a watch shows in place of its own: all that it takes and gives comes by the slow paths.
constinit ThreadCache watched_cache;

// The central store of one class.
struct alignas(64) Depot {
  Mutex lock;
  FreeBlock* full = nullptr;   // full batches, through next_batch
  FreeBlock* loose = nullptr;  // what ended threads left, below one batch
  std::uint32_t loose_count = 0;
  std::uint64_t handed_out = 0;  // blocks given to caches and not returned
};

// All of this is constant-initialised and never destroyed: it works before the first and after the
// last static object of the program.
constinit std::array<Depot, class_count> depots;

constexpr std::size_t chunk_size = std::size_t{4} << 20;
struct Chunks {
  Mutex lock;
  std::byte* at = nullptr;
  std::byte* end = nullptr;
  std::uint64_t total = 0;
};
constinit Chunks chunks;

struct Registry {
  Mutex lock;
  ThreadCache* known = nullptr;
  ThreadCache* unused = nullptr;
};
constinit Registry registry;

// What threads use whose own cache is gone already (from a destructor of a thread-local or static
// object).
struct Orphans {
  Mutex lock;
  ThreadCache* cache = nullptr;
};
constinit Orphans orphans;

// Only a pointer lives in the thread's own storage, so that a program that loads the library while
// it runs finds room for it in the small reserve that the fast access model needs.
[[gnu::tls_model("initial-exec")]] constinit thread_local ThreadCache* own_cache = &no_cache;
[[gnu::tls_model("initial-exec")]] constinit thread_local bool thread_ended = false;
constinit thread_local ThreadCache* cache_behind_watch = nullptr;
constinit thread_local MessageWatch* message_watch = nullptr;

// Memory from the chunks; never given back. Untouched chunk memory costs address space only.
std::byte* carve(std::size_t bytes) {
  const LockGuard guard{chunks.lock};
  if (static_cast<std::size_t>(chunks.end - chunks.at) < bytes) {
    void* fresh = ::mmap(nullptr, chunk_size, PROT_READ | PROT_WRITE,
                         MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (fresh == MAP_FAILED) throw std::bad_alloc{};
    chunks.at = static_cast<std::byte*>(fresh);
    chunks.end = chunks.at + chunk_size;
    chunks.total += chunk_size;
  }
  std::byte* begin = chunks.at;
  chunks.at += (bytes + 63) / 64 * 64;
  return begin;
}

FreeBlock* carve_batch(std::size_t size_class) {
  const std::size_t bytes = class_bytes[size_class];
  const std::uint32_t count = batch_of(size_class);
  std::byte* memory = carve(bytes * count);
  FreeBlock* list = nullptr;
  for (std::uint32_t i = count; i-- > 0;) {
    list = ::new (memory + i * bytes) FreeBlock{list, nullptr};
  }
  return list;
}

// Fills an empty bin from the central store.
void refill(Bin& bin, std::size_t size_class) {
  Depot& depot = depots[size_class];
  const std::uint32_t batch = batch_of(size_class);
  FreeBlock* list = nullptr;
  std::uint32_t count = batch;
  {
    const LockGuard guard{depot.lock};
    if (depot.full != nullptr) {
      list = depot.full;
      depot.full = list->next_batch;
    } else if (depot.loose != nullptr) {
      list = std::exchange(depot.loose, nullptr);
      count = std::exchange(depot.loose_count, 0u);
    }
    if (list != nullptr) depot.handed_out += count;
  }
  if (list == nullptr) {
    list = carve_batch(size_class);
    const LockGuard guard{depot.lock};
    depot.handed_out += count;
  }
  bin.current = list;
  bin.room.store(batch - count, relaxed);
}

void return_batch(FreeBlock* list, std::size_t size_class) noexcept {
  Depot& depot = depots[size_class];
  const LockGuard guard{depot.lock};
  list->next_batch = depot.full;
  depot.full = list;
  depot.handed_out -= batch_of(size_class);
}

// Returns a bin's list that need not be full.
void return_loose(FreeBlock* list, std::size_t size_class) noexcept {
  Depot& depot = depots[size_class];
  const std::uint32_t batch = batch_of(size_class);
  const LockGuard guard{depot.lock};
  while (list != nullptr) {
    FreeBlock* block = std::exchange(list, list->next);
    block->next = depot.loose;
    depot.loose = block;
    --depot.handed_out;
    if (++depot.loose_count == batch) {
      depot.loose->next_batch = depot.full;
      depot.full = std::exchange(depot.loose, nullptr);
      depot.loose_count = 0;
    }
  }
}

void prepare(ThreadCache& cache) noexcept {
  for (std::size_t c = 0; c < class_count; ++c) cache.bins[c].room.store(batch_of(c), relaxed);
}

ThreadCache* make_cache() {
  {
    const LockGuard guard{registry.lock};
    if (registry.unused != nullptr) {
      ThreadCache* cache = registry.unused;
      registry.unused = cache->next_unused;
      return cache;
    }
  }
  auto* cache = ::new (carve(sizeof(ThreadCache))) ThreadCache;
  prepare(*cache);
  const LockGuard guard{registry.lock};
  cache->next_known = registry.known;
  registry.known = cache;
  return cache;
}

void end_thread() noexcept {
  exchange_message_watch(nullptr);
  thread_ended = true;
  ThreadCache* cache = std::exchange(own_cache, &no_cache);
  if (cache == &no_cache) return;
  for (std::size_t c = 0; c < class_count; ++c) {
    Bin& bin = cache->bins[c];
    if (FreeBlock* spare = bin.spare.load(relaxed)) return_batch(spare, c);
    bin.spare.store(nullptr, relaxed);
    return_loose(std::exchange(bin.current, nullptr), c);
    bin.room.store(batch_of(c), relaxed);
  }
  const LockGuard guard{registry.lock};
  cache->next_unused = registry.unused;
  registry.unused = cache;
}

struct ThreadEnd {
  bool watched = false;
  ~ThreadEnd() { end_thread(); }
};
thread_local ThreadEnd thread_end;

// Calls `action` with the calling thread's cache, made now if it had none, or with the shared one
// under its lock if the thread's is gone.
template <class Action>
auto with_cache(Action action) {
  if (own_cache == &watched_cache) return action(*cache_behind_watch);
  if (own_cache != &no_cache) return action(*own_cache);
  if (!thread_ended) {
    ThreadCache* cache = make_cache();
    thread_end.watched = true;  // the first use has the destructor run at the thread's end
    own_cache = cache;
    return action(*cache);
  }
  const LockGuard guard{orphans.lock};
  if (orphans.cache == nullptr) orphans.cache = make_cache();
  return action(*orphans.cache);
}

void* take(Bin& bin) {
  FreeBlock* block = bin.current;
  bin.current = block->next;
  bin.room.store(bin.room.load(relaxed) + 1, relaxed);
  return block;
}

void put(Bin& bin, void* block) noexcept {
  auto* freed = ::new (block) FreeBlock;  // next_batch is set when it is needed
  freed->next = bin.current;
  bin.current = freed;
  bin.room.store(bin.room.load(relaxed) - 1, relaxed);
}

[[gnu::noinline]] void* allocate_slow(std::size_t size_class) {
  return with_cache([&](ThreadCache& cache) {
    Bin& bin = cache.bins[size_class];
    if (bin.current == nullptr) {
      if (FreeBlock* spare = bin.spare.load(relaxed)) {
        bin.current = spare;
        bin.room.store(0, relaxed);
        bin.spare.store(nullptr, relaxed);
      } else {
        refill(bin, size_class);
      }
    }
    return take(bin);
  });
}

// Making a cache may fail for want of memory; the block then goes straight to the central store.
[[gnu::noinline]] void free_slow(void* block, std::size_t size_class) noexcept try {
  with_cache([&](ThreadCache& cache) {
    Bin& bin = cache.bins[size_class];
    if (bin.room.load(relaxed) == 0) {
      if (FreeBlock* spare = bin.spare.load(relaxed)) return_batch(spare, size_class);
      bin.spare.store(bin.current, relaxed);
      bin.current = nullptr;
      bin.room.store(batch_of(size_class), relaxed);
    }
    put(bin, block);
  });
} catch (const std::bad_alloc&) {
  return_loose(::new (block) FreeBlock{nullptr, nullptr}, size_class);
}

[[gnu::noinline]] void* allocate_large(std::size_t size) {
  void* block = ::operator new(size);
  large_blocks.fetch_add(1, relaxed);
  large_bytes.fetch_add(size, relaxed);
  return block;
}

// Out of line, so that the fast path of a message is that of any block.
[[gnu::noinline]] void* allocate_message_slow(std::size_t size_class) {
  if (own_cache == &watched_cache) message_watch->takes_message();
  return allocate_slow(size_class);
}

[[gnu::noinline]] void* allocate_large_message(std::size_t size) {
  if (own_cache == &watched_cache) message_watch->takes_message();
  return allocate_large(size);
}

// The fast path of any block; what is not on it lies in `slow` and `large`.
template <void* (&slow)(std::size_t size_class), void* (&large)(std::size_t size)>
[[gnu::always_inline]] inline void* allocate(std::size_t size) {
  if (size > pool_largest) [[unlikely]]
    return large(size);
  const std::size_t size_class = class_of(size);
  Bin& bin = own_cache->bins[size_class];
  if (bin.current == nullptr) [[unlikely]]
    return slow(size_class);
  return take(bin);
}

[[gnu::noinline]] void free_large(void* block, std::size_t size) noexcept {
  ::operator delete(block, size);
  large_blocks.fetch_sub(1, relaxed);
  large_bytes.fetch_sub(size, relaxed);
}

}  // namespace

[[gnu::noinline]] void* pool_allocate(std::size_t size) {
  return allocate<allocate_slow, allocate_large>(size);
}

[[gnu::noinline]] void* pool_allocate_message(std::size_t size) {
  return allocate<allocate_message_slow, allocate_large_message>(size);
}

// A thread whose cache is gone, at its end, is not watched.
MessageWatch* exchange_message_watch(MessageWatch* watch) {
  if (message_watch == nullptr && watch != nullptr && !thread_ended)
    with_cache([](ThreadCache& cache) {
      cache_behind_watch = &cache;
      own_cache = &watched_cache;
    });
  if (message_watch != nullptr && watch == nullptr && own_cache == &watched_cache)
    own_cache = std::exchange(cache_behind_watch, nullptr);
  return std::exchange(message_watch, watch);
}

[[gnu::noinline]] void pool_free(void* block, std::size_t size) noexcept {
  if (size > pool_largest) [[unlikely]]
    return free_large(block, size);
  const std::size_t size_class = class_of(size);
  Bin& bin = own_cache->bins[size_class];
  if (bin.room.load(relaxed) == 0) [[unlikely]]
    return free_slow(block, size_class);
  put(bin, block);
}

PoolStats pool_stats() {
  PoolStats stats;
  const LockGuard known_guard{registry.lock};
  for (std::size_t c = 0; c < class_count; ++c) {
    std::uint64_t live = 0;
    {
      const LockGuard guard{depots[c].lock};
      live = depots[c].handed_out;
    }
    for (const ThreadCache* cache = registry.known; cache != nullptr; cache = cache->next_known) {
      const Bin& bin = cache->bins[c];
      live -= batch_of(c) - bin.room.load(relaxed);
      if (bin.spare.load(relaxed) != nullptr) live -= batch_of(c);
    }
    stats.live_blocks += live;
    stats.live_bytes += live * class_bytes[c];
  }
  stats.live_blocks += large_blocks.load(relaxed);
  stats.live_bytes += large_bytes.load(relaxed);
  const LockGuard chunk_guard{chunks.lock};
  stats.chunk_bytes = chunks.total;
  return stats;
}

}  // namespace coppice::base

#endif
