#include <coppice/supervision/child_spec.hpp>

#include <chrono>
#include <string>
#include <utility>

#include "catch.hpp"

using namespace coppice;
using namespace std::chrono_literals;

namespace {

int starters = 0;

class Nothing final : public supervision::Starter {
 public:
  Nothing() { ++starters; }
  ~Nothing() override { --starters; }
  supervision::BegunStart begin(const ChildSpec&) const override {
    return supervision::StartOutcome{};
  }
};

ChildSpec spec(std::string_view id, ChildType type = ChildType::worker) {
  return ChildSpec{id, type, supervision::Shared<supervision::Starter>{new Nothing}};
}

}  // namespace

TEST_CASE("child spec: OTP's defaults") {
  const ChildSpec worker = spec("w");
  CHECK(worker.id() == "w");
  CHECK(worker.restart() == Restart::permanent);
  CHECK(worker.shutdown() == 5s);
  CHECK(worker.type() == ChildType::worker);
  CHECK(!worker.is_significant());
  CHECK(!worker.name());
  CHECK(worker.start_timeout() == timing::forever);
  CHECK(spec("s", ChildType::supervisor).shutdown() == infinity);
}

TEST_CASE("child spec: every setting can be chosen, in a chain or one by one") {
  ChildSpec chained = spec("w")
                          .named("alice")
                          .restart(Restart::transient)
                          .shutdown(2s)
                          .significant()
                          .start_timeout(1s);
  CHECK(chained.name() == Atom{"alice"});
  CHECK(chained.restart() == Restart::transient);
  CHECK(chained.shutdown() == 2s);
  CHECK(chained.is_significant());
  CHECK(chained.start_timeout() == 1s);
  chained.restart(Restart::temporary)
      .shutdown(brutal_kill)
      .significant(false)
      .type(ChildType::supervisor)
      .id("v");
  CHECK(chained.restart() == Restart::temporary);
  CHECK(chained.shutdown() == brutal_kill);
  CHECK(!chained.is_significant());
  CHECK(chained.type() == ChildType::supervisor);
  CHECK(chained.id() == "v");
}

TEST_CASE("child spec: a change never shows in another copy") {
  ChildSpec a = spec("a");
  ChildSpec b = a;
  b.restart(Restart::temporary);
  const ChildSpec c = ChildSpec{b}.id("c");
  CHECK(a.restart() == Restart::permanent);
  CHECK(b.restart() == Restart::temporary);
  CHECK(b.id() == "a");
  CHECK(c.id() == "c");
  CHECK(c.restart() == Restart::temporary);
}

TEST_CASE("child spec: copies share the start function, which goes with the last one") {
  REQUIRE(starters == 0);
  {
    ChildSpec a = spec("a");
    ChildSpec b = a;
    b.id("b");
    CHECK(starters == 1);
    CHECK(a.starter() == b.starter());
    a.forget_start();
    CHECK(starters == 1);
    CHECK(a.starter() == nullptr);
    b.forget_start();
    CHECK(starters == 0);
  }
}

TEST_CASE("child spec: equal settings may be shared, unequal ones are not") {
  const ChildSpec model = spec("a").restart(Restart::temporary);
  ChildSpec same = spec("a").restart(Restart::temporary);
  ChildSpec other = spec("b").restart(Restart::temporary);
  same.share_settings_with(model);
  other.share_settings_with(model);
  CHECK(&same.id() == &model.id());
  CHECK(other.id() == "b");
  same.id("c");
  CHECK(model.id() == "a");
}

TEST_CASE("child spec: prints") {
  CHECK(fmt::format("{}", spec("w")) == "w: permanent worker, shutdown 5000 ms");
  CHECK(fmt::format(
            "{}",
            spec("w").restart(Restart::transient).significant().named("n").shutdown(infinity)) ==
        "w: transient worker, shutdown infinity, significant, named n");
}
