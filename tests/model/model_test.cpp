// The library's lock-free parts, each with all its interleavings; see subject.hpp.
#include "subjects.hpp"
#include "support/catch.hpp"

TEST_CASE("inbox: push, park, close") { CHECK(examine(model::inbox()) == ""); }
TEST_CASE("ring with stealing") { CHECK(examine(model::ring()) == ""); }
TEST_CASE("park and wake of one thread") { CHECK(examine(model::parker()) == ""); }
TEST_CASE("spin lock") { CHECK(examine(model::spin_locks()) == ""); }
TEST_CASE("LIFO slot") { CHECK(examine(model::lifo_slot()) == ""); }
TEST_CASE("workers that sleep and are woken") { CHECK(examine(model::crew()) == ""); }
