// The memory of one run. A run that is broken off leaves its objects behind without destroying
// them, so what it took from operator new goes back as a whole; the same addresses come again in
// the next run.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <new>

#include "engine.hpp"

namespace model {
namespace {

constexpr std::size_t arena_size = std::size_t{4} << 20;
alignas(64) char arena[arena_size];
std::size_t used = 0;
bool in_use = false;

bool in_arena(void* memory) {
  return memory >= static_cast<void*>(arena) && memory < static_cast<void*>(arena + arena_size);
}

void* take(std::size_t size, std::size_t alignment) {
  if (!in_use) {
    void* memory = nullptr;
    if (posix_memalign(&memory, alignment, size == 0 ? 1 : size) != 0) throw std::bad_alloc{};
    return memory;
  }
  const std::size_t at = (used + alignment - 1) & ~(alignment - 1);
  if (at + size > arena_size) std::abort();
  used = at + size;
  return arena + at;
}

void give_back(void* memory) noexcept {
  if (!in_arena(memory)) std::free(memory);
}

}  // namespace

void use_arena(bool on) noexcept { in_use = on; }
void reset_arena() noexcept { used = 0; }

}  // namespace model

void* operator new(std::size_t size) { return model::take(size, alignof(std::max_align_t)); }
void* operator new(std::size_t size, std::align_val_t alignment) {
  return model::take(size, static_cast<std::size_t>(alignment));
}
void operator delete(void* memory) noexcept { model::give_back(memory); }
void operator delete(void* memory, std::size_t) noexcept { model::give_back(memory); }
void operator delete(void* memory, std::align_val_t) noexcept { model::give_back(memory); }
void operator delete(void* memory, std::size_t, std::align_val_t) noexcept {
  model::give_back(memory);
}
