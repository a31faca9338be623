// What the tests of races share: a process that ends when it is told to, and a program in every order that a few delays give.
#pragma once

#include <functional>
#include <set>
#include <string>

#include <coppice/coppice.hpp>
#include <coppice/testing.hpp>

#include "catch.hpp"

namespace coppice::test {

struct Go {};

// What came of a race, in every schedule.
using Outcomes = std::set<std::string>;

inline Task<> ends_when_told() {
  co_await receive<Go>();
  exit(ExitReason::custom(std::string{"over"}));
}

// Every order may give the same trace.
inline testing::Exploration explored(const std::function<Task<>()>& program, unsigned delays) {
  const testing::Exploration all = testing::explore_all([&program]() -> Task<> { return program(); }, {.delays = delays});
  INFO(all.report());
  CHECK(all.ok());
  CHECK(all.complete);
  CHECK(all.runs > 1);
  return all;
}

inline void in_every_order(const std::function<Task<>()>& program, unsigned delays = 2) {
  CHECK(explored(program, delays).different > 1);
}

}  // namespace coppice::test
