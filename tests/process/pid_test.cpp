#include <coppice/process/pid.hpp>

#include <set>
#include <unordered_set>
#include <vector>

#include <coppice/base/sync.hpp>

#include "catch.hpp"

using namespace coppice;

TEST_CASE("pid: the default one names no process", "[process][pid]") {
  CHECK_FALSE(static_cast<bool>(Pid{}));
  CHECK(fmt::format("{}", Pid{}) == "<none>");
  CHECK(static_cast<bool>(Pid{0, 42, 1}));
}

TEST_CASE("pid: prints node, slot and generation", "[process][pid]") {
  CHECK(fmt::format("{}", Pid{0, 42, 7}) == "<0.42.7>");
}

TEST_CASE("pid: equal, ordered and hashed by all its parts", "[process][pid]") {
  CHECK(Pid{0, 1, 2} == Pid{0, 1, 2});
  CHECK(Pid{0, 1, 2} != Pid{0, 1, 3});
  CHECK(Pid{0, 1, 9} < Pid{0, 2, 1});
  const std::unordered_set<Pid> set{Pid{0, 1, 1}, Pid{0, 1, 3}, Pid{0, 2, 1}, Pid{0, 1, 1}};
  CHECK(set.size() == 3);
}

TEST_CASE("reference: no two are alike, whichever threads make them", "[process][pid]") {
  constexpr std::size_t each = 5'000;
  std::vector<std::vector<Reference>> made(4);
  std::vector<base::Thread> threads;
  for (auto& mine : made)
    threads.emplace_back([&mine] {
      for (std::size_t i = 0; i < each; ++i) mine.push_back(make_ref());
    });
  for (auto& thread : threads) thread.join();
  std::unordered_set<Reference> all;
  for (const auto& mine : made) all.insert(mine.begin(), mine.end());
  CHECK(all.size() == 4 * each);
  CHECK_FALSE(all.contains(Reference{}));
}

TEST_CASE("reference: its mark counts for its maker alone", "[process][pid]") {
  const Pid maker{0, 5, 3};
  const Reference ref{1, maker, 77};
  CHECK(ref.mark_for(maker) == 77);
  CHECK(ref.mark_for(Pid{0, 5, 5}) == 0);
  CHECK(ref.mark_for(Pid{0, 6, 3}) == 0);
  CHECK(Reference{}.mark_for(maker) == 0);
}

TEST_CASE("references and timers print and hash", "[process][pid]") {
  const Reference ref{12, Pid{}, 0};
  CHECK(fmt::format("{}", ref) == "#Ref<12>");
  CHECK(fmt::format("{}", MonitorRef{ref}) == "#Monitor<12>");
  CHECK(fmt::format("{}", TimerRef{3, 1}) == "#Timer<3.1>");
  const std::unordered_set<MonitorRef> monitors{MonitorRef{ref}, MonitorRef{ref}, MonitorRef{}};
  CHECK(monitors.size() == 2);
  const std::unordered_set<TimerRef> timers{TimerRef{1, 1}, TimerRef{1, 3}, TimerRef{1, 1}};
  CHECK(timers.size() == 2);
  const std::set<MonitorRef> ordered{MonitorRef{ref}, MonitorRef{}};
  CHECK(*ordered.begin() == MonitorRef{});
}
