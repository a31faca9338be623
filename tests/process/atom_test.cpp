#include <coppice/process/atom.hpp>

#include <algorithm>
#include <string>
#include <unordered_set>
#include <vector>

#include <coppice/base/sync.hpp>

#include "catch.hpp"
#include "expect.hpp"

using coppice::Atom;

TEST_CASE("atom: the same text is the same atom", "[process][atom]") {
  const std::string made = std::string{"al"} + "ice";
  CHECK(Atom{"alice"} == Atom{made});
  CHECK(Atom{"alice"}.text().data() == Atom{made}.text().data());
  CHECK_FALSE(Atom{"alice"} == Atom{"bob"});
}

TEST_CASE("atom: empty text is the empty atom", "[process][atom]") {
  CHECK(Atom{""} == Atom{});
  CHECK_FALSE(static_cast<bool>(Atom{}));
  CHECK(static_cast<bool>(Atom{"x"}));
  CHECK(Atom{}.text().empty());
}

TEST_CASE("atom: ordered by text, hashable, printable", "[process][atom]") {
  std::vector<Atom> atoms{"zebra", "apple", "mango"};
  std::ranges::sort(atoms);
  CHECK(atoms == std::vector<Atom>{"apple", "mango", "zebra"});
  const std::unordered_set<Atom> set{"a", "b", "a"};
  CHECK(set.size() == 2);
  CHECK(fmt::format("<{}>", Atom{"mango"}) == "<mango>");
}

TEST_CASE("atom: threads that intern the same texts get the same atoms", "[process][atom]") {
  constexpr int count = 500;
  std::vector<std::vector<const char*>> seen(4);
  std::vector<coppice::base::Thread> threads;
  for (auto& mine : seen)
    threads.emplace_back([&mine] {
      for (int i = 0; i < count; ++i) mine.push_back(Atom{"atom " + std::to_string(i)}.text().data());
    });
  for (auto& thread : threads) thread.join();
  for (const auto& mine : seen) CHECK(mine == seen[0]);
}
