#define main selective_receive_main
#include "examples/selective_receive/main.cpp"
#undef main

#include "example.hpp"

TEST_CASE("example selective_receive in simulation: serves in its order, whoever is ready first", "[examples]") {
  simulated::prints_the_same("selective_receive", waiter);
}
