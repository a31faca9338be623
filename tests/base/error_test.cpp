#include <coppice/base/error.hpp>

#include <cerrno>
#include <csignal>
#include <string>

#include <sys/wait.h>
#include <unistd.h>

#include <coppice/base/slot_table.hpp>

#include "catch.hpp"

namespace {

struct Ended {
  bool aborted;
  std::string said;
};

// Runs `action` in a child of its own and says how that ended.
template <class Action>
Ended in_child(Action action) {
  int ends[2];
  REQUIRE(::pipe(ends) == 0);
  const pid_t child = ::fork();
  REQUIRE(child >= 0);
  if (child == 0) {
    std::signal(SIGABRT, SIG_DFL);  // the test library's handler would report the child's end
    ::dup2(ends[1], STDERR_FILENO);
    action();
    ::_exit(0);
  }
  ::close(ends[1]);
  std::string said;
  char buffer[512];
  for (;;) {
    const auto got = ::read(ends[0], buffer, sizeof buffer);
    if (got <= 0) break;
    said.append(buffer, static_cast<std::size_t>(got));
  }
  ::close(ends[0]);
  int status = 0;
  REQUIRE(::waitpid(child, &status, 0) == child);
  return {WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT, said};
}

using Catch::Matchers::ContainsSubstring;

}  // namespace

TEST_CASE("check: one that holds does nothing and formats nothing", "[base][error]") {
  int evaluated = 0;
  const auto text = [&] {
    ++evaluated;
    return 1;
  };
  COPPICE_CHECK(true);
  COPPICE_CHECK(1 + 1 == 2, "never read: {}", text());
  CHECK(evaluated == 0);
}

TEST_CASE("check: one that fails aborts and says where, what and why", "[base][error]") {
  const Ended plain = in_child([] { COPPICE_CHECK(1 > 2); });
  CHECK(plain.aborted);
  CHECK_THAT(plain.said, ContainsSubstring("error_test.cpp"));
  CHECK_THAT(plain.said, ContainsSubstring("check failed: 1 > 2\n"));

  const Ended told = in_child([] { COPPICE_CHECK(1 > 2, "{} is not more than {}", 1, 2); });
  CHECK(told.aborted);
  CHECK_THAT(told.said, ContainsSubstring("check failed: 1 > 2: 1 is not more than 2\n"));
}

TEST_CASE("check: the slot table refuses what would corrupt it", "[base][error]") {
  using coppice::base::IndexPool;
  const Ended capacity = in_child([] { IndexPool pool{IndexPool::largest_capacity + 1}; });
  CHECK(capacity.aborted);
  CHECK_THAT(capacity.said, ContainsSubstring("a capacity of 16777217 is not in 1..16777216"));

  const Ended foreign = in_child([] {
    IndexPool pool{4};
    pool.release(3);
  });
  CHECK(foreign.aborted);
  CHECK_THAT(foreign.said, ContainsSubstring("slot 3 was never given"));

  const Ended space = in_child([] { coppice::base::reserve_address_space(std::size_t{1} << 60); });
  CHECK(space.aborted);
  CHECK_THAT(space.said, ContainsSubstring("cannot reserve"));
}

TEST_CASE("error text: what the system calls an error number", "[base][error]") {
  CHECK(coppice::base::error_text(EACCES) == "Permission denied");
}
