#include "fiber.hpp"

#include <cstdint>
#include <cstdlib>
#include <cstring>

#include <sys/mman.h>
#include <ucontext.h>

namespace model {
namespace {

constexpr std::size_t stack_size = 256 * 1024;
constexpr std::size_t guard = 4096;

}  // namespace

#ifdef __x86_64__

// The C library's switch makes two system calls, which is most of what a run would cost. What a
// function must keep is pushed, then the stack pointers change places.
extern "C" void model_switch(void** kept, void* next);
asm(R"(
.text
.p2align 4
.globl model_switch
.hidden model_switch
.type model_switch, @function
model_switch:
  pushq %rbp
  pushq %rbx
  pushq %r12
  pushq %r13
  pushq %r14
  pushq %r15
  movq %rsp, (%rdi)
  movq %rsi, %rsp
  popq %r15
  popq %r14
  popq %r13
  popq %r12
  popq %rbx
  popq %rbp
  ret
.size model_switch, .-model_switch
)");

static void prepare(void*& kept, char* stack, std::size_t size, void (*entry)()) {
  auto* top = reinterpret_cast<std::uintptr_t*>(stack + size);
  *--top = 0;  // where a return address would be: the stack is aligned as after a call
  *--top = reinterpret_cast<std::uintptr_t>(entry);
  for (int i = 0; i < 6; ++i) *--top = 0;
  kept = top;
}

static void jump(void*& from, void*& to) { model_switch(&from, to); }

#else

static ucontext_t& context(void*& kept) {
  if (kept == nullptr) kept = std::calloc(1, sizeof(ucontext_t));
  return *static_cast<ucontext_t*>(kept);
}

static void prepare(void*& kept, char* stack, std::size_t size, void (*entry)()) {
  ucontext_t& made = context(kept);
  getcontext(&made);
  made.uc_stack.ss_sp = stack;
  made.uc_stack.ss_size = size;
  made.uc_link = nullptr;
  makecontext(&made, entry, 0);
}

static void jump(void*& from, void*& to) { swapcontext(&context(from), &context(to)); }

#endif

Fiber::~Fiber() {
  if (stack_ != nullptr) munmap(stack_ - guard, size_ + guard);
#ifndef __x86_64__
  std::free(kept_);
#endif
}

void Fiber::restart(void (*entry)()) {
  if (stack_ == nullptr) {
    void* const memory = mmap(nullptr, stack_size + guard, PROT_READ | PROT_WRITE,
                              MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (memory == MAP_FAILED) std::abort();
    mprotect(memory, guard, PROT_NONE);
    stack_ = static_cast<char*>(memory) + guard;
    size_ = stack_size;
  }
  prepare(kept_, stack_, size_, entry);
}

void Fiber::change(Fiber& from, Fiber& to) {
  jump(from.kept_, to.kept_);
}

}  // namespace model
