#define main lifecycle_main
#include "examples/lifecycle/main.cpp"
#undef main

#include "example.hpp"

TEST_CASE("example lifecycle in simulation: the hooks come in their order under any seed", "[examples]") {
  simulated::prints_the_same("lifecycle", lifecycle, [] { lives = 0; });
}
