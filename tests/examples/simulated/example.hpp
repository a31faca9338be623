// Examples in simulation: an example's main.cpp is included as it is, with its main() out of the way.
#pragma once

#include <coppice/coppice.hpp>
#include <coppice/testing.hpp>

#include <unistd.h>

#include <cstdint>
#include <cstdio>
#include <fstream>
#include <functional>
#include <iterator>
#include <string>

#include "support/catch.hpp"
#include "testing/seeds.hpp"

namespace simulated {

// What a function prints on standard output.
inline std::string printed_by(const std::function<void()>& function) {
  std::fflush(stdout);
  const int before = ::dup(STDOUT_FILENO);
  std::FILE* const file = std::tmpfile();
  REQUIRE(file != nullptr);
  ::dup2(::fileno(file), STDOUT_FILENO);
  function();
  std::fflush(stdout);
  ::dup2(before, STDOUT_FILENO);
  ::close(before);
  std::string out;
  std::rewind(file);
  for (int c = std::fgetc(file); c != EOF; c = std::fgetc(file)) out += static_cast<char>(c);
  std::fclose(file);
  return out;
}

// What is printed beside an example as what it prints.
inline std::string expected_of(const std::string& example) {
  std::ifstream in{EXAMPLES_FOLDER "/" + example + "/expected.txt"};
  return {std::istreambuf_iterator<char>{in}, {}};
}

// Processes that are held up and timers that are late; an example's waits for each other are a second.
inline coppice::testing::Faults delays() {
  coppice::testing::Faults faults;
  faults.stall = 0.02;
  faults.late_timer = 0.1;
  return faults;
}

// That an example prints the same, leaves nothing and ends, under any seed.
template <class F>
void prints_the_same(const std::string& example, F program, const std::function<void()>& begin = [] {}) {
  const std::string expected = expected_of(example);
  REQUIRE_FALSE(expected.empty());
  for (std::uint64_t seed = 1; seed <= seeds(200); ++seed) {
    begin();
    coppice::testing::SimulationResult result;
    const std::string printed =
        printed_by([&] { result = coppice::testing::Simulation{{.seed = seed, .faults = delays()}}.run(program); });
    INFO(result.report());
    REQUIRE(result.ok());
    REQUIRE(printed == expected);
  }
}

}  // namespace simulated
