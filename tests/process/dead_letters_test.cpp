// Messages that reach nobody are counted, told to subscribers and to the event sink.
#include <chrono>
#include <mutex>
#include <string>
#include <vector>

#include <coppice/core.hpp>
#include <coppice/process/host.hpp>

#include "processes.hpp"

using namespace coppice;
using namespace coppice::test;
using namespace std::chrono_literals;

namespace {

struct Go {};
struct Lost {
  int n;
};
Task<> idle() { co_await receive([](Go) {}); }

class Letters final : public process::EventSink {
 public:
  bool wants_dead_letters() const noexcept override { return true; }
  bool wants_crash_reports() const noexcept override { return false; }
  void dead_letter(const process::DeadLetterReport& report) noexcept override {
    const std::lock_guard guard{lock_};
    reports_.push_back(report);
  }
  std::vector<process::DeadLetterReport> reports() {
    const std::lock_guard guard{lock_};
    return reports_;
  }

 private:
  std::mutex lock_;
  std::vector<process::DeadLetterReport> reports_;
};

}  // namespace

TEST_CASE("dead letter: a message to a dead process, to none, or left in a mailbox", "[process][dead_letters]") {
  in_process([]() -> Task<> {
    auto [dead, ref] = spawn_monitor(idle);
    send(dead, Lost{0});  // never received
    const auto before = runtime().dead_letter_count();
    send(dead, Go{});
    co_await receive(on(ref, [](const Down&) {}));
    EXPECT(runtime().dead_letter_count() == before + 1);
    send(dead, Lost{1});
    send(Pid{}, Lost{2});
    EXPECT(runtime().dead_letter_count() == before + 3);
    // Signals that are no messages are none.
    exit(dead, ExitReason::kill());
    unlink(dead);
    EXPECT(runtime().dead_letter_count() == before + 3);
  });
}

TEST_CASE("dead letter: subscribers get each, until they unsubscribe or end", "[process][dead_letters]") {
  in_process([]() -> Task<> {
    auto [dead, ref] = spawn_monitor([]() -> Task<> { co_return; });
    co_await receive(on(ref, [](const Down&) {}));
    runtime().subscribe_dead_letters(self());
    runtime().subscribe_dead_letters(self());  // twice is once
    auto [other, other_ref] = spawn_monitor([](Pid owner) -> Task<> {
      runtime().subscribe_dead_letters(self());
      send(owner, Go{});
      const DeadLetter letter = co_await receive<DeadLetter>();
      send(owner, letter.to);
    }, self());
    (void)other;
    co_await receive([](Go) {});
    send(dead, Lost{1});
    const DeadLetter letter = co_await receive<DeadLetter>();
    EXPECT(letter.to == dead);
    EXPECT(letter.type.find("Lost") != std::string::npos);
    EXPECT(co_await receive<Pid>() == dead);
    co_await receive(on(other_ref, [](const Down&) {}));
    // The other subscriber is gone: that is no dead letter of its own, and nothing piles up.
    send(dead, Lost{2});
    co_await receive<DeadLetter>();
    EXPECT(process_info(self()).message_queue_len == 0);
    runtime().unsubscribe_dead_letters(self());
    send(dead, Lost{3});
    EXPECT(process_info(self()).message_queue_len == 0);
  });
}

TEST_CASE("dead letter: a subscriber's own end does not feed itself", "[process][dead_letters]") {
  in_process([]() -> Task<> {
    const auto before = runtime().dead_letter_count();
    auto [other, ref] = spawn_monitor([]() -> Task<> {
      runtime().subscribe_dead_letters(self());
      co_await receive([](Go) {});
    });
    send(other, Go{});
    co_await receive(on(ref, [](const Down&) {}));
    for (int i = 0; i < 5; ++i) send(other, Lost{i});
    EXPECT(runtime().dead_letter_count() == before + 5);
  });
}

TEST_CASE("dead letter: the event sink that wants them gets each", "[process][dead_letters]") {
  Letters letters;
  RuntimeOptions options = quiet();
  options.events = &letters;
  in_runtime(options, []() -> Task<> {
    send(Pid{}, Lost{1});
    send<std::string>(Pid{}, "text");
    co_return;
  });
  const auto reports = letters.reports();
  REQUIRE(reports.size() == 2);
  CHECK(reports[0].to == Pid{});
  CHECK(reports[0].type.find("Lost") != std::string::npos);
  CHECK(reports[1].type.find("string") != std::string::npos);
}

TEST_CASE("dead letter: a message sent from a plain thread is counted too", "[process][dead_letters]") {
  const LeavesNothing check;
  Runtime rt{quiet()};
  rt.send(Pid{}, Lost{1});
  rt.send<Lost>(Pid{}, 2);
  CHECK(rt.dead_letter_count() == 2);
  rt.stop();
}
