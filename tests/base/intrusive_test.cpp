#include <utility>
#include <vector>

#include <coppice/base/braid.hpp>
#include <coppice/base/intrusive.hpp>

#include "tests/support/catch.hpp"

namespace {

struct Item {
  int value = 0;
  Item* next = nullptr;
};
using List = coppice::base::Fifo<&Item::next>;

std::vector<int> drained(List& list) {
  std::vector<int> values;
  while (Item* const item = list.pop_front()) values.push_back(item->value);
  return values;
}

}  // namespace

TEST_CASE("a list gives back its elements in the order they came") {
  Item a{1}, b{2}, c{3};
  List list;
  CHECK(list.empty());
  CHECK(list.pop_front() == nullptr);
  list.push_back(a);
  list.push_back(b);
  CHECK(list.front() == &a);
  CHECK(list.pop_front() == &a);
  list.push_back(c);
  list.push_back(a);
  CHECK(list.size() == 3);
  CHECK(drained(list) == std::vector{2, 3, 1});
  CHECK(list.empty());
  CHECK(list.size() == 0);
  list.push_back(b);
  CHECK(drained(list) == std::vector{2});
}

TEST_CASE("what is put in front comes first") {
  Item a{1}, b{2}, c{3};
  List list;
  list.push_front(a);
  list.push_back(b);
  list.push_front(c);
  CHECK(list.size() == 3);
  CHECK(drained(list) == std::vector{3, 1, 2});
}

TEST_CASE("splicing appends in order and empties the other list") {
  Item a{1}, b{2}, c{3}, d{4};
  List first;
  List second;
  first.splice(second);
  CHECK(first.empty());
  second.push_back(a);
  second.push_back(b);
  first.splice(second);
  CHECK(second.empty());
  CHECK(second.size() == 0);
  second.push_back(c);
  first.splice(second);
  first.push_back(d);
  CHECK(first.size() == 4);
  CHECK(drained(first) == std::vector{1, 2, 3, 4});
}

TEST_CASE("a moved list takes the elements along") {
  Item a{1}, b{2}, c{3};
  List list;
  list.push_back(a);
  list.push_back(b);
  List moved{std::move(list)};
  CHECK(list.empty());
  List target;
  target.push_back(c);
  target = std::move(moved);
  CHECK(moved.empty());
  CHECK(drained(target) == std::vector{1, 2});
}

TEST_CASE("a braid gives back its elements in the order they came, however they come and go") {
  coppice::base::Braid<&Item::next> braid;
  CHECK(braid.pop_front() == nullptr);
  std::vector<Item> items(100);
  for (std::size_t i = 0; i < items.size(); ++i) items[i].value = static_cast<int>(i);
  // In bouts of all lengths, so that it is empty, short and long, and begins at each chain.
  std::size_t pushed = 0;
  std::size_t taken = 0;
  for (std::size_t bout = 1; bout <= 40; ++bout) {
    for (std::size_t i = 0; i < bout && pushed - taken < items.size(); ++i)
      braid.push_back(items[pushed++ % items.size()]);
    CHECK(braid.size() == pushed - taken);
    for (std::size_t i = 0; i < bout / (bout % 3 + 1) + bout % 2; ++i) {
      Item* const item = braid.pop_front();
      if (taken == pushed) {
        REQUIRE(item == nullptr);
        continue;
      }
      REQUIRE(item == &items[taken++ % items.size()]);
    }
  }
  while (Item* const item = braid.pop_front()) REQUIRE(item == &items[taken++ % items.size()]);
  CHECK(taken == pushed);
  CHECK(braid.empty());
  CHECK(braid.pushed() == pushed);
}
