// A part of the library under the checker: its scenarios must hold as the code stands; and then
// each memory order in it is made weaker, one at a time, and some scenario must fail. What holds
// all the same is listed with the reason, and it is an error to list what fails.
#pragma once

#include <string>
#include <vector>

#include "checker.hpp"

namespace model {

struct Scenario {
  const char* name;
  Program program;
  Bounds bounds = {};
};

// An order that could be weaker as far as the checker sees. `function` is part of the function's
// name, `change` what is printed: "load seq_cst -> relaxed".
struct Harmless {
  const char* function;
  const char* change;
  const char* why;
  unsigned nth = 1;  // of the function's orders of that kind, from the top
};

struct Subject {
  const char* name;
  std::vector<const char*> files;  // whose orders are made weaker; by the end of their names
  std::vector<Scenario> scenarios;
  std::vector<Harmless> harmless = {};
};

// Prints what it went through and returns what is wrong, one line each; empty if nothing is.
std::string examine(const Subject&);

}  // namespace model
