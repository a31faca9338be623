// The unit tests' main: runs the cases in random order, prints the seed that repeats it, and ends with one line
// `N passed, M failed` that the test runner adds up. The seed comes from --rng-seed, else from COPPICE_TEST_SEED, else
// from the clock; --order lex or decl switches the shuffling off. If COPPICE_TEST_REPORT names a file, each case adds a line
// to it: how many of its assertions held, how many did not, and its name.
#define CATCH_CONFIG_RUNNER
#if __has_include(<catch2/catch_session.hpp>)
#include <catch2/catch_session.hpp>
#include <catch2/catch_test_run_info.hpp>
#include <catch2/interfaces/catch_interfaces_reporter.hpp>
#include <catch2/reporters/catch_reporter_event_listener.hpp>
#include <catch2/reporters/catch_reporter_registrars.hpp>
using ListenerBase = Catch::EventListenerBase;
constexpr auto random_order = Catch::TestRunOrder::Randomized;
#else
#include <catch2/catch.hpp>
using ListenerBase = Catch::TestEventListenerBase;
constexpr auto random_order = Catch::RunTests::InRandomOrder;
#endif

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <string>
#include <type_traits>

namespace {

unsigned long cases_passed = 0;
unsigned long cases_failed = 0;

// Catch2 2.x keeps the case's data by value, 3.x by pointer.
template <class Info>
const std::string& name_of(const Info& info) {
  if constexpr (std::is_pointer_v<Info>)
    return info->name;
  else
    return info.name;
}

class Tally : public ListenerBase {
 public:
  using ListenerBase::ListenerBase;
  void testCaseEnded(const Catch::TestCaseStats& stats) override {
    ++(stats.totals.testCases.failed > 0 ? cases_failed : cases_passed);
    if (const char* path = std::getenv("COPPICE_TEST_REPORT")) {
      std::ofstream report{path, std::ios::app};
      const Catch::Counts& assertions = stats.totals.assertions;
      report << assertions.passed << ' ' << assertions.failed << ' ' << name_of(stats.testInfo) << '\n';
    }
  }
};
CATCH_REGISTER_LISTENER(Tally)

unsigned chosen_seed() {
  if (const char* given = std::getenv("COPPICE_TEST_SEED"))
    return static_cast<unsigned>(std::strtoul(given, nullptr, 10));
  return static_cast<unsigned>(std::chrono::system_clock::now().time_since_epoch().count() % 1'000'000 + 1);
}

}  // namespace

int main(int argc, char** argv) {
  Catch::Session session;
  session.configData().runOrder = random_order;
  session.configData().rngSeed = chosen_seed();
  if (int wrong = session.applyCommandLine(argc, argv)) return wrong;
  if (session.config().runOrder() == random_order)
    std::printf("random order; repeat with --rng-seed %u\n", session.configData().rngSeed);
  int result = session.run();
  if (cases_passed + cases_failed > 0) std::printf("%lu passed, %lu failed\n", cases_passed, cases_failed);
  return result;
}
