// Aliases: what is sent to one arrives as long as it stands, and is a dead letter from then on.
#include <chrono>
#include <string>
#include <unordered_set>
#include <vector>

#include <coppice/coppice.hpp>

#include "processes.hpp"

using namespace coppice;
using namespace coppice::test;
using namespace std::chrono_literals;

namespace {

struct Go {};
struct Word {
  std::string text;
};
struct Answer {
  Alias to;
  int value;
};

Task<> idle() { co_await receive([](Go) {}); }
std::size_t queued() { return process_info(self()).message_queue_len; }
// What has been sent to oneself has been drained when this returns.
void drain_all() { (void)queued(); }

// Sends as many words as it is told, to wherever it is told.
struct Speak {
  Speak(Alias where, int number) noexcept : to{where}, count{number} {}
  Alias to;
  int count;
};
Task<> speaker(Pid boss) {
  for (;;) {
    const Speak speak = co_await receive<Speak>();
    for (int i = 0; i < speak.count; ++i) send<Word>(speak.to, std::to_string(i));
    send(boss, Go{});
  }
}

}  // namespace

TEST_CASE("alias: a message to it arrives as one to the pid", "[process][alias]") {
  in_process([]() -> Task<> {
    const Alias here = alias();
    EXPECT(here.owner() == self());
    send<Word>(here, "in place");
    send(here, Word{"moved"});
    EXPECT((co_await receive<Word>()).text == "in place");
    EXPECT((co_await receive<Word>()).text == "moved");
    EXPECT(queued() == 0);
    EXPECT(runtime().dead_letter_count() == 0);
  });
}

TEST_CASE("alias: a Message of any type that came through one is what it is", "[process][alias]") {
  in_process([]() -> Task<> {
    send<Word>(alias(), "any");
    const std::string text = co_await receive(on_any([](Message& m) { return m.get<Word>()->text; }));
    EXPECT(text == "any");
  });
}

TEST_CASE("alias: messages to pid and alias keep their sender's order", "[process][alias]") {
  in_process([]() -> Task<> {
    const Pid me = self();
    const Alias here = alias();
    const Pid sender = spawn([me, here]() -> Task<> {
      for (int i = 0; i < 100; ++i) {
        if (i % 2 == 0)
          send<int>(me, i);
        else
          send<int>(here, i);
      }
      co_return;
    });
    EXPECT(sender != me);
    for (int i = 0; i < 100; ++i) {
      const int got = co_await receive<int>();
      EXPECT(got == i);
    }
  });
}

TEST_CASE("alias: taken back, what has not come is a dead letter, what is in the mailbox stays", "[process][alias]") {
  in_turns([]() -> Task<> {
    const Alias here = alias();
    send<Word>(here, "before");
    drain_all();
    send<Word>(here, "under way");
    EXPECT(unalias(here));
    send<Word>(here, "after");
    EXPECT(queued() == 1);
    EXPECT((co_await receive<Word>()).text == "before");
    EXPECT(runtime().dead_letter_count() == 2);
    EXPECT(!unalias(here));
  });
}

TEST_CASE("alias: only its process can take it back", "[process][alias]") {
  in_process([]() -> Task<> {
    const Pid me = self();
    const Alias here = alias();
    spawn([me, here]() -> Task<> {
      send<bool>(me, unalias(here));
      co_return;
    });
    EXPECT(!co_await receive<bool>());
    send<Word>(here, "still");
    co_await receive<Word>();
    EXPECT(!unalias(Alias{}));
    EXPECT(!unalias(Alias{make_ref()}));
  });
}

TEST_CASE("alias: of a process that has ended drops, as one of nobody does", "[process][alias]") {
  in_process([]() -> Task<> {
    const Pid me = self();
    auto [other, ref] = spawn_monitor([me]() -> Task<> {
      send(me, alias());
      co_await receive([](Go) {});
    });
    const Alias there = co_await receive<Alias>();
    EXPECT(there.owner() == other);
    send(other, Go{});
    co_await receive(on(ref, [](const Down&) {}));
    const auto before = runtime().dead_letter_count();
    send<Word>(there, "too late");
    send<Word>(Alias{}, "nobody");
    EXPECT(runtime().dead_letter_count() == before + 2);
  });
}

TEST_CASE("alias: with reply, the first message that comes takes it back", "[process][alias]") {
  in_process([]() -> Task<> {
    const Pid other = spawn(speaker, self());
    const Alias once = alias(AliasMode::reply);
    send<Speak>(other, once, 3);
    co_await receive<Go>();
    EXPECT(queued() == 1);
    EXPECT((co_await receive<Word>()).text == "0");
    EXPECT(runtime().dead_letter_count() == 2);
    EXPECT(!unalias(once));
  });
}

TEST_CASE("alias: each is its own, whatever becomes of others", "[process][alias]") {
  in_process([]() -> Task<> {
    std::vector<Alias> many;
    for (int i = 0; i < 100; ++i) many.push_back(alias());
    for (std::size_t i = 0; i < many.size(); i += 2) EXPECT(unalias(many[i]));
    for (std::size_t i = 0; i < many.size(); ++i) send<std::size_t>(many[i], i);
    EXPECT(queued() == 50);
    for (std::size_t i = 1; i < many.size(); i += 2) EXPECT(co_await receive<std::size_t>() == i);
    EXPECT(std::unordered_set<Alias>(many.begin(), many.end()).size() == 100);
  });
}

TEST_CASE("alias: a receive bound to one finds its answer behind what waited", "[process][alias]") {
  in_process([]() -> Task<> {
    const Alias old = alias();
    for (int i = 0; i < 1000; ++i) send<Answer>(self(), old, i);
    drain_all();
    const Alias fresh = alias(AliasMode::reply);
    send<Answer>(fresh, fresh, -1);
    const int value = co_await receive(on<Answer>(field(&Answer::to) == fresh, [](Answer a) { return a.value; }));
    EXPECT(value == -1);
    EXPECT(queued() == 1000);
  });
}

TEST_CASE("monitor with alias: explicit_unalias stays after demonitor and after the Down", "[process][alias]") {
  in_process([]() -> Task<> {
    auto [ended, first] = monitor(Pid{}, MonitorAlias::explicit_unalias);
    co_await receive(on(ended, [](const Down& d) { EXPECT(d.reason.is_noproc()); }));
    auto [taken, second] = monitor(spawn(idle), MonitorAlias::explicit_unalias);
    EXPECT(demonitor(taken));
    send<int>(first, 1);
    send<int>(second, 2);
    EXPECT(co_await receive<int>() == 1);
    EXPECT(co_await receive<int>() == 2);
    EXPECT(unalias(first));
    EXPECT(unalias(second));
  });
}

TEST_CASE("monitor with alias: demonitor takes the alias back", "[process][alias]") {
  in_process([]() -> Task<> {
    for (const MonitorAlias mode : {MonitorAlias::demonitor, MonitorAlias::reply_demonitor}) {
      auto [ref, here] = monitor(spawn(idle), mode);
      EXPECT(demonitor(ref, flush));
      send<Word>(here, "late");
      EXPECT(queued() == 0);
      EXPECT(!unalias(here));
    }
    EXPECT(runtime().dead_letter_count() == 2);
    co_return;
  });
}

TEST_CASE("monitor with alias: the Down takes the alias back", "[process][alias]") {
  in_process([]() -> Task<> {
    for (const MonitorAlias mode : {MonitorAlias::demonitor, MonitorAlias::reply_demonitor}) {
      const Pid other = spawn(idle);
      auto [ref, here] = monitor(other, mode);
      send(other, Go{});
      co_await receive(on(ref, [](const Down&) {}));
      send<Word>(here, "late");
      EXPECT(queued() == 0);
    }
    EXPECT(runtime().dead_letter_count() == 2);
  });
}

TEST_CASE("monitor with alias: reply_demonitor ends with the first message, and the monitor with it", "[process][alias]") {
  in_process([]() -> Task<> {
    auto [other, ref] = spawn_monitor(MonitorAlias::reply_demonitor, speaker, self());
    send<Speak>(other, Alias{ref}, 2);
    co_await receive<Go>();
    EXPECT((co_await receive<Word>()).text == "0");
    EXPECT(runtime().dead_letter_count() == 1);
    EXPECT(process_info(self()).monitors.empty());
    const MonitorRef end = monitor(other);
    exit(other, ExitReason::kill());
    co_await receive(on(end, [](const Down&) {}));
    EXPECT(queued() == 0);
  });
}

TEST_CASE("monitor with alias: demonitor mode lets any number through until the Down", "[process][alias]") {
  in_process([]() -> Task<> {
    auto [other, ref] = spawn_monitor(MonitorAlias::demonitor, speaker, self());
    send<Speak>(other, Alias{ref}, 3);
    co_await receive<Go>();
    EXPECT(queued() == 3);
    for (int i = 0; i < 3; ++i) co_await receive<Word>();
    EXPECT(unalias(Alias{ref}));  // the monitor stays
    exit(other, ExitReason::kill());
    co_await receive(on(ref, [](const Down& d) { EXPECT(d.reason == ExitReason::killed()); }));
  });
}

TEST_CASE("monitor with alias: by name, the Down carries the name", "[process][alias]") {
  in_process([]() -> Task<> {
    auto [ref, here] = monitor(Atom{"nobody"}, MonitorAlias::demonitor);
    co_await receive(on(ref, [](const Down& d) { EXPECT(d.name == Atom{"nobody"}); }));
    EXPECT(!unalias(here));
  });
}

TEST_CASE("demonitor: of an alias that is no monitor does nothing to it", "[process][alias]") {
  in_process([]() -> Task<> {
    const Alias here = alias();
    EXPECT(!demonitor(MonitorRef{here.reference()}));
    EXPECT(!demonitor(MonitorRef{here.reference()}, flush));
    send<Word>(here, "comes");
    co_await receive<Word>();
  });
}

TEST_CASE("alias: what is left in a mailbox, came through one or not, is answered at the end", "[process][alias]") {
  in_turns([]() -> Task<> {
    const Pid me = self();
    auto [other, ref] = spawn_monitor([me]() -> Task<> {
      send(me, alias());
      co_await receive([](Go) {});
    });
    const Alias there = co_await receive<Alias>();
    const auto before = runtime().dead_letter_count();
    send(other, Go{});
    send<Word>(there, "never read");
    co_await receive(on(ref, [](const Down&) {}));
    EXPECT(runtime().dead_letter_count() == before + 1);
  });
}
