#include "expect.hpp"

#include <mutex>

#include "catch.hpp"

namespace coppice::test {

void expect(bool ok, const char* what, const char* file, int line) {
  static std::mutex one_at_a_time;
  std::lock_guard lock{one_at_a_time};
  if (ok) {
    SUCCEED();
  } else {
    FAIL_CHECK(file << ':' << line << ": " << what);
  }
}

}  // namespace coppice::test
