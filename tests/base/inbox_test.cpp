#include <coppice/base/inbox.hpp>

#include <array>
#include <memory>
#include <vector>

#include <coppice/base/sync.hpp>

#include "catch.hpp"
#include "expect.hpp"

using namespace coppice::base;

namespace {

struct Numbered : InboxNode {
  int sender = 0;
  int number = 0;
};

std::size_t length(const InboxNode* first) {
  std::size_t n = 0;
  for (; first != nullptr; first = first->next) ++n;
  return n;
}

}  // namespace

TEST_CASE("inbox: one that was never opened refuses", "[base][inbox]") {
  Inbox inbox;
  InboxNode node;
  CHECK(inbox.push(node, 0) == Push::refused);
  CHECK(inbox.push(node, 1) == Push::refused);
  CHECK_FALSE(inbox.has_nodes());
  CHECK(inbox.take() == nullptr);
}

TEST_CASE("inbox: gives all nodes at once in the order of their pushes", "[base][inbox]") {
  Inbox inbox;
  inbox.open(1, Inbox::Start::running);
  std::array<InboxNode, 3> nodes;
  for (InboxNode& node : nodes) CHECK(inbox.push(node, 1) == Push::queued);
  CHECK(inbox.has_nodes());
  const InboxNode* first = inbox.take();
  CHECK(first == &nodes[0]);
  CHECK(first->next == &nodes[1]);
  CHECK(nodes[1].next == &nodes[2]);
  CHECK(nodes[2].next == nullptr);
  CHECK_FALSE(inbox.has_nodes());
  CHECK(inbox.take() == nullptr);
}

TEST_CASE("inbox: a push with another generation is refused", "[base][inbox]") {
  Inbox inbox;
  inbox.open(7, Inbox::Start::running);
  InboxNode node;
  CHECK(inbox.push(node, 5) == Push::refused);
  CHECK(inbox.push(node, 9) == Push::refused);
  CHECK_FALSE(inbox.has_nodes());
  CHECK(inbox.push(node, 7) == Push::queued);
}

TEST_CASE("inbox: only the low 16 bits of the generation are compared", "[base][inbox]") {
  // Why the receiver must look at the full generation that a node carries.
  Inbox inbox;
  inbox.open(0x1'0003, Inbox::Start::running);
  InboxNode node;
  CHECK(inbox.push(node, 3) == Push::queued);
}

TEST_CASE("inbox: the push that ends a park is told to wake and keeps its node, the next is not",
          "[base][inbox]") {
  Inbox inbox;
  inbox.open(1, Inbox::Start::running);
  CHECK(inbox.park());
  std::array<InboxNode, 2> nodes;
  CHECK(inbox.push(nodes[0], 1) == Push::wake);
  CHECK_FALSE(inbox.has_nodes());
  CHECK(inbox.push(nodes[1], 1) == Push::queued);
  CHECK(inbox.push(nodes[0], 1) == Push::queued);
  CHECK(inbox.take() == &nodes[1]);
}

TEST_CASE("inbox: opened as parked, its first push is told to wake", "[base][inbox]") {
  Inbox inbox;
  inbox.open(1, Inbox::Start::parked);
  InboxNode node;
  CHECK(inbox.push(node, 1) == Push::wake);
}

TEST_CASE("inbox: cannot be parked while something is in it", "[base][inbox]") {
  Inbox inbox;
  inbox.open(1, Inbox::Start::running);
  InboxNode node;
  (void)inbox.push(node, 1);
  CHECK_FALSE(inbox.park());
  (void)inbox.take();
  CHECK(inbox.park());
}

TEST_CASE("inbox: a park is taken back unless a push was faster", "[base][inbox]") {
  Inbox inbox;
  inbox.open(1, Inbox::Start::running);
  CHECK_FALSE(inbox.unpark());
  CHECK(inbox.park());
  CHECK(inbox.unpark());
  InboxNode node;
  CHECK(inbox.push(node, 1) == Push::queued);
  (void)inbox.take();
  CHECK(inbox.park());
  CHECK(inbox.push(node, 1) == Push::wake);
  CHECK_FALSE(inbox.unpark());
}

TEST_CASE("inbox: close gives the last nodes in order and refuses from then on", "[base][inbox]") {
  Inbox inbox;
  inbox.open(1, Inbox::Start::running);
  std::array<InboxNode, 3> nodes;
  (void)inbox.push(nodes[0], 1);
  (void)inbox.push(nodes[1], 1);
  const InboxNode* first = inbox.close();
  CHECK(first == &nodes[0]);
  CHECK(first->next == &nodes[1]);
  CHECK(length(first) == 2);
  CHECK(inbox.push(nodes[2], 1) == Push::refused);
  CHECK(inbox.close() == nullptr);
  inbox.open(3, Inbox::Start::running);
  CHECK(inbox.push(nodes[2], 1) == Push::refused);
  CHECK(inbox.push(nodes[2], 3) == Push::queued);
}

TEST_CASE("inbox: many senders lose nothing, keep their order and wake exactly once a park",
          "[base][inbox]") {
  constexpr int senders = 4;
  constexpr int each = 20'000;
  Inbox inbox;
  inbox.open(1, Inbox::Start::running);
  std::vector<std::unique_ptr<Numbered[]>> nodes;
  for (int s = 0; s < senders; ++s) nodes.push_back(std::make_unique<Numbered[]>(each));
  // What each park was ended with, which whoever ended it hands over.
  InboxNode* handed = nullptr;
  Parker parker;
  Atomic<int> wakes{0};
  std::vector<Thread> threads;
  for (int s = 0; s < senders; ++s)
    threads.emplace_back([&, s] {
      for (int i = 0; i < each; ++i) {
        Numbered& node = nodes[static_cast<std::size_t>(s)][static_cast<std::size_t>(i)];
        node.sender = s;
        node.number = i;
        const Push push = inbox.push(node, 1);
        EXPECT(push != Push::refused);
        if (push != Push::wake) continue;
        wakes.fetch_add(1, relaxed);
        handed = &node;
        parker.unpark();
      }
    });
  std::array<int, senders> next{};
  int parks = 0;
  int got = 0;
  const auto see = [&](const InboxNode& node) {
    const auto& numbered = static_cast<const Numbered&>(node);
    int& expected = next[static_cast<std::size_t>(numbered.sender)];
    if (numbered.number != expected) EXPECT(numbered.number == expected);
    ++expected;
    ++got;
  };
  while (got < senders * each) {
    InboxNode* node = inbox.take();
    if (node == nullptr) {
      if (!inbox.park()) continue;
      ++parks;
      parker.park();
      see(*handed);
      continue;
    }
    for (; node != nullptr; node = node->next) see(*node);
  }
  for (Thread& thread : threads) thread.join();
  CHECK(wakes.load() == parks);
  for (const int n : next) CHECK(n == each);
}

TEST_CASE("inbox: what a close does not yield was refused", "[base][inbox]") {
  constexpr int rounds = 2'000;
  for (int round = 0; round < rounds; ++round) {
    Inbox inbox;
    inbox.open(1, Inbox::Start::running);
    std::array<InboxNode, 16> nodes;
    Atomic<bool> go{false};
    std::size_t queued = 0;
    Thread sender{[&] {
      go.store(true, release);
      for (InboxNode& node : nodes)
        if (inbox.push(node, 1) == Push::queued) ++queued;
    }};
    while (!go.load(acquire)) spin_pause();
    const InboxNode* last = inbox.close();
    sender.join();
    if (length(last) != queued) REQUIRE(length(last) == queued);
  }
  SUCCEED();
}

TEST_CASE("inbox: a watched one takes nodes by push_watched alone", "[base][inbox]") {
  Inbox inbox;
  inbox.open(7, Inbox::Start::parked, Inbox::Watch::on);
  std::array<InboxNode, 3> nodes;
  CHECK(inbox.is_parked(7));
  CHECK(inbox.push(nodes[0], 7) == Push::watched);
  CHECK(inbox.push(nodes[0], 9) == Push::refused);
  CHECK(inbox.push_watched(nodes[0], 9) == Push::refused);
  CHECK_FALSE(inbox.has_nodes());
  CHECK(inbox.push_watched(nodes[0], 7) == Push::wake);
  CHECK_FALSE(inbox.has_nodes());
  CHECK(inbox.push_watched(nodes[0], 7) == Push::queued);
  CHECK(inbox.push_watched(nodes[1], 7) == Push::queued);
  CHECK(length(inbox.take()) == 2);
  // It stays so after take, park and unpark, and until it is closed.
  CHECK(inbox.push(nodes[0], 7) == Push::watched);
  CHECK(inbox.park());
  CHECK(inbox.is_parked(7));
  CHECK(inbox.unpark());
  CHECK(inbox.push_watched(nodes[2], 7) == Push::queued);
  CHECK(length(inbox.close()) == 1);
  CHECK(inbox.push(nodes[0], 7) == Push::refused);
  CHECK(inbox.push_watched(nodes[0], 7) == Push::refused);
  inbox.open(9, Inbox::Start::running);
  CHECK(inbox.push_watched(nodes[0], 9) == Push::refused);
  CHECK(inbox.push(nodes[0], 9) == Push::queued);
}
