#include <coppice/process/exit_reason.hpp>

#include <stdexcept>
#include <vector>

#include <coppice/process/signal_rules.hpp>
#include <coppice/base/sync.hpp>

#include "catch.hpp"

using namespace coppice;
using process::ReasonKind;

namespace {

struct Boom {
  int code;
  friend bool operator==(const Boom&, const Boom&) = default;
};
struct Opaque {
  int code;
};
struct Counted {
  static inline base::Atomic<int> live{0};
  Counted() { ++live; }
  Counted(const Counted&) { ++live; }
  ~Counted() { --live; }
};

}  // namespace

TEST_CASE("exit reason: the plain ones are constants of one word", "[process][exit_reason]") {
  struct Row {
    ExitReason reason;
    ReasonKind kind;
    const char* text;
  };
  const std::vector<Row> rows{
      {ExitReason::normal(), ReasonKind::normal, "normal"},
      {ExitReason::shutdown(), ReasonKind::shutdown, "shutdown"},
      {ExitReason::kill(), ReasonKind::kill, "kill"},
      {ExitReason::killed(), ReasonKind::killed, "killed"},
      {ExitReason::noproc(), ReasonKind::noproc, "noproc"},
      {ExitReason::noconnection(), ReasonKind::noconnection, "noconnection"},
      {ExitReason::calling_self(), ReasonKind::calling_self, "calling_self"},
      {ExitReason::timeout(), ReasonKind::timeout, "timeout"},
  };
  const std::uint64_t before = base::pool_stats().live_blocks;
  for (const Row& a : rows) {
    CHECK(a.reason.kind() == a.kind);
    CHECK(a.reason.text() == a.text);
    for (const Row& b : rows) CHECK((a.reason == b.reason) == (&a == &b));
    CHECK(a.reason.get<int>() == nullptr);
    CHECK(a.reason.error_info() == nullptr);
  }
  CHECK(ExitReason{} == ExitReason::normal());
  CHECK(base::pool_stats().live_blocks == before);
}

TEST_CASE("exit reason: normal and shutdown are orderly, the rest is not", "[process][exit_reason]") {
  CHECK(ExitReason::normal().is_orderly());
  CHECK(ExitReason::shutdown().is_orderly());
  CHECK(ExitReason::shutdown(5).is_orderly());
  CHECK_FALSE(ExitReason::killed().is_orderly());
  CHECK_FALSE(ExitReason::noproc().is_orderly());
  CHECK_FALSE(ExitReason::custom("x").is_orderly());
  CHECK_FALSE(ExitReason::error("x").is_orderly());
}

TEST_CASE("exit reason: a payload is read by its exact type", "[process][exit_reason]") {
  const ExitReason reason = ExitReason::custom(Boom{7});
  REQUIRE(reason.get<Boom>() != nullptr);
  CHECK(reason.get<Boom>()->code == 7);
  CHECK(reason.get<int>() == nullptr);
  CHECK(reason.get<Opaque>() == nullptr);
  const ExitReason text = ExitReason::custom("out of paper");
  REQUIRE(text.get<std::string>() != nullptr);
  CHECK(*text.get<std::string>() == "out of paper");
  CHECK(ExitReason::shutdown(std::string_view{"done"}).get<std::string>() != nullptr);
}

TEST_CASE("exit reason: equal if kind and payload are", "[process][exit_reason]") {
  CHECK(ExitReason::custom(Boom{1}) == ExitReason::custom(Boom{1}));
  CHECK_FALSE(ExitReason::custom(Boom{1}) == ExitReason::custom(Boom{2}));
  CHECK_FALSE(ExitReason::custom(Boom{1}) == ExitReason::shutdown(Boom{1}));
  CHECK_FALSE(ExitReason::custom(1) == ExitReason::custom(1L));
  CHECK_FALSE(ExitReason::shutdown() == ExitReason::shutdown(1));
  // Without == a payload is equal to its own copies alone.
  const ExitReason opaque = ExitReason::custom(Opaque{1});
  const ExitReason copy = opaque;
  CHECK(opaque == copy);
  CHECK_FALSE(opaque == ExitReason::custom(Opaque{1}));
}

TEST_CASE("exit reason: an error is its exception's type and message", "[process][exit_reason]") {
  const auto made = [](auto e) { return ExitReason::error(std::make_exception_ptr(e)); };
  const ExitReason a = made(std::runtime_error{"no ink"});
  CHECK(a.is_error());
  CHECK(a == made(std::runtime_error{"no ink"}));
  CHECK_FALSE(a == made(std::runtime_error{"no paper"}));
  CHECK_FALSE(a == made(std::logic_error{"no ink"}));
  REQUIRE(a.error_info() != nullptr);
  CHECK(a.error_info()->type_name() == "std::runtime_error");
  CHECK(a.text().find("no ink") != std::string::npos);
  CHECK(a.text().find("std::runtime_error") != std::string::npos);
  CHECK_THROWS_AS(std::rethrow_exception(a.error_info()->exception), std::runtime_error);
  // Its information is not a payload.
  CHECK(a.get<process::ErrorInfo>() == nullptr);
}

TEST_CASE("exit reason: a thrown value that is no exception is an error that names its type", "[process][exit_reason]") {
  const ExitReason reason = ExitReason::error(std::make_exception_ptr(Boom{3}));
  REQUIRE(reason.is_error());
  CHECK(reason.text().find("Boom") != std::string::npos);
}

TEST_CASE("exit reason: an error made from text says it", "[process][exit_reason]") {
  const ExitReason reason = ExitReason::error("bad luck");
  CHECK(reason.text() == "error: bad luck");
  CHECK(reason.error_info()->exception == nullptr);
  CHECK(reason == ExitReason::error("bad luck"));
}

TEST_CASE("exit reason: prints its payload, else the payload's type", "[process][exit_reason]") {
  CHECK(fmt::format("{}", ExitReason::custom(42)) == "42");
  CHECK(fmt::format("{}", ExitReason::shutdown("later")) == "shutdown: later");
  CHECK(fmt::format("{}", ExitReason::custom(Opaque{1})).find("Opaque") != std::string::npos);
}

TEST_CASE("exit reason: copies share one payload, the last one ends it", "[process][exit_reason]") {
  {
    const ExitReason first = ExitReason::custom(Counted{});
    CHECK(Counted::live == 1);
    std::vector<base::Thread> threads;
    for (int t = 0; t < 4; ++t)
      threads.emplace_back([first] {
        for (int i = 0; i < 10'000; ++i) {
          ExitReason copy = first;
          const ExitReason moved = std::move(copy);
          copy = moved;
        }
      });
    for (auto& thread : threads) thread.join();
    CHECK(Counted::live == 1);
    CHECK(first.get<Counted>() != nullptr);
  }
  CHECK(Counted::live == 0);
}

TEST_CASE("exit reason: assignment, to itself too", "[process][exit_reason]") {
  ExitReason reason = ExitReason::custom(Boom{1});
  const ExitReason& same = reason;
  reason = same;
  CHECK(reason.get<Boom>()->code == 1);
  reason = ExitReason::killed();
  CHECK(reason == ExitReason::killed());
  ExitReason moved = std::move(reason);
  CHECK(moved == ExitReason::killed());
}
