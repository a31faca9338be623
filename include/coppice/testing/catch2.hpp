// A thin face for Catch2 (2.13 or 3): test cases that are explored, and values that Catch prints.
//
//   COPPICE_EXPLORE_TEST("the savings are never overdrawn", "[bank]", {.seeds = 1000}) {
//     auto savings = co_await start_link<Account>(100);      // the body is the main process, a coroutine of type Task<>
//     ...
//     check(left >= 0, "overdrawn");
//   }
//
// A failing case shows the exploration's report. Inside of a process use check(), not Catch's assertions: what they throw would
// end that process only, and a failing schedule is run again and again while it is made short.
#pragma once

#if __has_include(<catch2/catch_test_macros.hpp>)
#include <catch2/catch_test_macros.hpp>
#include <catch2/catch_tostring.hpp>
#else
#include <catch2/catch.hpp>
#endif

#include <string>

#include <fmt/core.h>

#include <coppice/process/exit_reason.hpp>
#include <coppice/process/pid.hpp>
#include <coppice/process/task.hpp>
#include <coppice/testing/commands.hpp>
#include <coppice/testing/explore.hpp>
#include <coppice/testing/simulation.hpp>

namespace coppice::testing {

// So that a macro may be given options in braces, or none.
template <class Options>
Options options_of(Options options = {}) {
  return options;
}

}  // namespace coppice::testing

// REQUIRE(found) and the like print the report, a pid or a reason as the library writes them.
namespace Catch {

template <>
struct StringMaker<coppice::testing::Exploration> {
  static std::string convert(const coppice::testing::Exploration& found) { return found.report(); }
};
template <>
struct StringMaker<coppice::testing::SimulationResult> {
  static std::string convert(const coppice::testing::SimulationResult& result) { return result.report(); }
};
template <>
struct StringMaker<coppice::testing::CommandsResult> {
  static std::string convert(const coppice::testing::CommandsResult& result) { return result.report(); }
};
template <>
struct StringMaker<coppice::Pid> {
  static std::string convert(const coppice::Pid& pid) { return fmt::format("{}", pid); }
};
template <>
struct StringMaker<coppice::ExitReason> {
  static std::string convert(const coppice::ExitReason& reason) { return fmt::format("{}", reason); }
};

}  // namespace Catch

#define COPPICE_JOIN_(a, b) a##b
#define COPPICE_JOIN(a, b) COPPICE_JOIN_(a, b)

// A test case whose body explore() runs, with ExploreOptions.
#define COPPICE_EXPLORE_TEST(name, tags, ...)                                                           \
  COPPICE_PROGRAM_TEST(COPPICE_JOIN(coppice_explored_, __LINE__), explore, ExploreOptions, name, tags, \
                       __VA_ARGS__)
// The same with explore_all() and ExploreAllOptions.
#define COPPICE_EXPLORE_ALL_TEST(name, tags, ...)                                                              \
  COPPICE_PROGRAM_TEST(COPPICE_JOIN(coppice_explored_, __LINE__), explore_all, ExploreAllOptions, name, tags, \
                       __VA_ARGS__)

#define COPPICE_PROGRAM_TEST(function, search, Options, name, tags, ...)                                  \
  static ::coppice::Task<> function();                                                                    \
  TEST_CASE(name, tags) {                                                                                 \
    CHECK(::coppice::testing::search(function, ::coppice::testing::options_of<::coppice::testing::Options>(__VA_ARGS__))); \
  }                                                                                                       \
  static ::coppice::Task<> function()
