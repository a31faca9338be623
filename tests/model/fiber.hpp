// A stack of its own that code runs on until it switches to another one.
#pragma once

#include <cstddef>

namespace model {

class Fiber {
 public:
  Fiber() = default;  // the stack of the thread itself
  Fiber(const Fiber&) = delete;
  Fiber& operator=(const Fiber&) = delete;
  ~Fiber();

  // Where the next switch to it begins; whatever was left on its stack is forgotten. `entry` never
  // returns.
  void restart(void (*entry)());
  // Goes on there, until somebody switches back.
  static void change(Fiber& from, Fiber& to);

 private:
  struct Other;  // where the processor is not known
  void* kept_ = nullptr;
  char* stack_ = nullptr;
  std::size_t size_ = 0;
};

}  // namespace model
