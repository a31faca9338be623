// The pool of a build under a sanitizer: every block from operator new, and counted.
#include <utility>

#include <coppice/base/block_pool.hpp>
#include <coppice/base/sync.hpp>

#include "pool_bypass.hpp"

#if COPPICE_POOL_BYPASSED

namespace coppice::base {

MessageWatch::~MessageWatch() = default;

namespace {

constinit thread_local MessageWatch* message_watch = nullptr;

void ask_watch() {
  if (message_watch != nullptr) message_watch->takes_message();
}

constinit Atomic<std::uint64_t> live_blocks{0};
constinit Atomic<std::uint64_t> live_bytes{0};

}  // namespace

void* pool_allocate(std::size_t size) {
  void* block = ::operator new(size);
  live_blocks.fetch_add(1, relaxed);
  live_bytes.fetch_add(size, relaxed);
  return block;
}

void pool_free(void* block, std::size_t size) noexcept {
  live_blocks.fetch_sub(1, relaxed);
  live_bytes.fetch_sub(size, relaxed);
  ::operator delete(block, size);
}

[[gnu::noinline]] void* pool_allocate_message(std::size_t size) {
  ask_watch();
  return pool_allocate(size);
}

MessageWatch* exchange_message_watch(MessageWatch* watch) { return std::exchange(message_watch, watch); }

PoolStats pool_stats() { return {live_blocks.load(relaxed), live_bytes.load(relaxed), 0}; }

}  // namespace coppice::base

#endif
