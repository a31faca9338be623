// Who is asked through an alias answers late, often, or never: nothing comes through one that does
// not stand any more.
#include <coppice/coppice.hpp>
#include <coppice/testing.hpp>

#include "catch.hpp"
#include "seeds.hpp"

using namespace coppice;
using namespace coppice::testing;
using namespace std::chrono_literals;

namespace {

struct Question {
  Alias to;
  int number;
};
struct Answer {
  int number;
};

std::chrono::milliseconds some_ms(std::uint64_t most) {
  return std::chrono::milliseconds{random_number(most)};
}

Task<> answers_often() {
  for (;;) {
    const Question question = co_await receive<Question>();
    const std::uint64_t times = random_number(4);
    for (std::uint64_t i = 0; i < times; ++i) {
      send<Answer>(question.to, question.number);
      if (random_number(2) == 0) co_await sleep(some_ms(4));
    }
  }
}

// How many answers to `number` come within a while; none to anything else.
Task<int> answers_to(int number, timing::Duration patience) {
  int count = 0;
  for (;;) {
    const std::optional<Answer> answer = co_await receive<Answer>(patience);
    if (!answer) co_return count;
    check(answer->number == number, "an answer to what was asked before");
    ++count;
  }
}

Task<> once(Pid server, int number) {
  const Alias here = alias(AliasMode::reply);
  send<Question>(server, here, number);
  const int count = co_await answers_to(number, some_ms(8));
  unalias(here);
  const int come = co_await answers_to(number, 0ms);  // what had come stays
  check(count + come <= 1, "one message through an alias for one");
  const int late = co_await answers_to(number, 30ms);
  check(late == 0, "an answer through an alias that was taken back");
}

Task<> until_taken_back(Pid server, int number) {
  const Alias here = alias();
  send<Question>(server, here, number);
  (void)co_await answers_to(number, some_ms(5));
  unalias(here);
  (void)co_await answers_to(number, 0ms);  // what had come stays
  const int late = co_await answers_to(number, 30ms);
  check(late == 0, "an answer through an alias that was taken back");
}

Task<> with_monitor(Pid server, int number) {
  const AliasedMonitor both = monitor(server, MonitorAlias::demonitor);
  send<Question>(server, both.alias, number);
  (void)co_await answers_to(number, some_ms(5));
  demonitor(both.ref, flush);
  (void)co_await answers_to(number, 0ms);
  const int late = co_await answers_to(number, 30ms);
  check(late == 0, "an answer through an alias whose monitor was taken back");
}

Task<> with_monitor_once(Pid server, int number) {
  const AliasedMonitor both = monitor(server, MonitorAlias::reply_demonitor);
  send<Question>(server, both.alias, number);
  const int count = co_await answers_to(number, 30ms);
  check(count <= 1, "one message through an alias for one");
  const bool monitored = demonitor(both.ref, flush);
  check(monitored == (count == 0), "an answer ends the monitor, and only that does");
}

Task<> aliases_main() {
  const Pid server = spawn(answers_often);
  for (int i = 0; i < 6; ++i) {
    switch (random_number(4)) {
      case 0: co_await once(server, i); break;
      case 1: co_await until_taken_back(server, i); break;
      case 2: co_await with_monitor(server, i); break;
      default: co_await with_monitor_once(server, i);
    }
  }
}

}  // namespace

TEST_CASE("aliases: nothing comes through one that does not stand any more", "[testing]") {
  const Exploration found = explore(aliases_main, {.seeds = seeds(500)});
  INFO(found.report());
  CHECK(found.ok());
}
