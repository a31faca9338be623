// What the callbacks of a server may return, and what then happens.
#include "in_process.hpp"

using namespace coppice;
using namespace coppice::test;
using namespace std::chrono_literals;

namespace {

struct Value {};
struct Nothing {};
struct Wrapped {};
struct Owned {
  explicit Owned(std::string t) : text{std::move(t)} {}
  std::string text;
};
struct Unique {};
struct Finish {};
struct FinishSilently {};
struct AnswerThenFinish {};
struct Order {};
struct Continue {
  int depth;
};
struct Quit {
  int code;
};
struct Note {
  int number;
};

// Writes what it does; `Continue` asks for handle_continue by each of the ways there are.
class Server : public GenServer {
 public:
  using Info = Messages<Note, Continue, Quit>;

  explicit Server(Journal* journal) : journal_{*journal} {}

  int handle_call(Value) { return 7; }
  void handle_call(Nothing) { journal_.write("nothing"); }
  Reply<int> handle_call(Wrapped) { return 8; }
  std::string handle_call(Owned owned) { return owned.text + owned.text; }
  std::unique_ptr<int> handle_call(Unique) { return std::make_unique<int>(9); }
  Reply<std::string> handle_call(Finish) {
    return Reply<std::string>::stop(ExitReason::custom(1), "finished");
  }
  Reply<int> handle_call(FinishSilently) { return Reply<int>::stop(ExitReason::custom(2)); }
  Reply<int> handle_call(AnswerThenFinish, From<int> from) {
    from.reply(3);
    return Reply<int>::stop(ExitReason::custom(3));
  }
  Reply<int> handle_call(Continue c) {
    journal_.write("call");
    return Reply<int>{c.depth}.continue_with(c);
  }
  std::string handle_call(Order) { return journal_.take(); }

  Next handle_cast(Continue c) {
    journal_.write("cast");
    return Next::continue_with(c);
  }
  Next handle_cast(Quit quit) { return Next::stop(ExitReason::custom(quit.code)); }
  void handle_cast(Note note) { journal_.write("note" + std::to_string(note.number)); }

  Next handle_info(Continue c) {
    journal_.write("info");
    return Next::continue_with(c);
  }
  Next handle_info(Quit quit) { return Next::stop(ExitReason::custom(quit.code)); }
  void handle_info(Note note) { journal_.write("note" + std::to_string(note.number)); }

  Next handle_continue(Continue c) {
    journal_.write("continue" + std::to_string(c.depth));
    if (c.depth == 0) return {};
    if (c.depth < 0) return Next::stop(ExitReason::custom(c.depth));
    return Next::continue_with(Continue{c.depth - 1});
  }

 private:
  Journal& journal_;
};

// Casts to itself while it initialises, and continues: the continuation comes first.
class ContinuesFromInit : public GenServer {
 public:
  explicit ContinuesFromInit(Journal* journal) : journal_{*journal} {}
  InitResult init() {
    ServerRef<ContinuesFromInit>{self()}.cast<Note>(1);
    return InitResult::continue_with(Continue{0});
  }
  void handle_cast(Note) { journal_.write("note"); }
  void handle_continue(Continue) { journal_.write("continue"); }
  std::string handle_call(Order) { return journal_.text(); }

 private:
  Journal& journal_;
};

class ManyContinues : public GenServer {
 public:
  using Continue = Messages<Note, Quit>;
  explicit ManyContinues(Journal* journal) : journal_{*journal} {}
  InitResult init() { return InitResult::continue_with(Note{4}); }
  Task<Next> handle_continue(Note note) {
    co_await sleep(0s);
    journal_.write("note" + std::to_string(note.number));
    co_return Next::continue_with(Quit{5});
  }
  void handle_continue(Quit quit) { journal_.write("quit" + std::to_string(quit.code)); }
  Next handle_cast(Note) { return Next::continue_with(std::string{"not listed"}); }
  std::string handle_call(Order) { return journal_.text(); }

 private:
  Journal& journal_;
};

}  // namespace

TEST_CASE("returns: handle_call answers by value, Reply, nothing, or a move-only value",
          "[returns]") {
  Journal journal;
  in_process([&journal]() -> Task<> {
    auto server = co_await start_link<Server>(&journal);
    EXPECT(co_await server.call<Value>() == 7);
    co_await server.call<Nothing>();
    EXPECT(journal.take() == "nothing");
    EXPECT(co_await server.call<Wrapped>() == 8);
    const std::string text(50, 'x');
    EXPECT(co_await server.call<Owned>(text) == text + text);
    const std::unique_ptr<int> nine = co_await server.call<Unique>();
    EXPECT(*nine == 9);
    EXPECT(co_await server.call(Value{}) == 7);
    std::expected<void, CallError> tried = co_await server.try_call<Nothing>();
    EXPECT(tried.has_value());
  });
}

TEST_CASE("returns: Reply::stop with a value answers, then ends the server", "[returns]") {
  Journal journal;
  in_process([&journal]() -> Task<> {
    auto server = co_await start<Server>(&journal);
    const MonitorRef end = monitor(server);
    EXPECT(co_await server.call<Finish>() == "finished");
    EXPECT(co_await end_of(end) == ExitReason::custom(1));
  });
}

TEST_CASE("returns: the caller of a stop with a reply has it before the Down", "[returns]") {
  Journal journal;
  in_process([&journal]() -> Task<> {
    for (int i = 0; i < 100; ++i) {
      auto server = co_await start<Server>(&journal);
      (void)monitor(server);
      auto request = server.send_request<Finish>();
      // The Down is in the mailbox; so the answer must be there too.
      (void)co_await next<Down>();
      auto answer = co_await request.response(0s);
      EXPECT(answer.has_value());
    }
  });
}

TEST_CASE("returns: Reply::stop without a value fails the call with the reason", "[returns]") {
  Journal journal;
  in_process([&journal]() -> Task<> {
    auto server = co_await start<Server>(&journal);
    auto failed = co_await server.try_call<FinishSilently>();
    EXPECT(!failed);
    EXPECT(failed.error().is_exit());
    EXPECT(failed.error().reason() == ExitReason::custom(2));
  });
}

TEST_CASE("returns: Reply::stop after the From was answered keeps that answer", "[returns]") {
  Journal journal;
  in_process([&journal]() -> Task<> {
    auto server = co_await start<Server>(&journal);
    const MonitorRef end = monitor(server);
    EXPECT(co_await server.call<AnswerThenFinish>() == 3);
    EXPECT(co_await end_of(end) == ExitReason::custom(3));
  });
}

TEST_CASE("returns: Next::stop from handle_cast and handle_info ends the server", "[returns]") {
  Journal journal;
  in_process([&journal]() -> Task<> {
    auto first = co_await start<Server>(&journal);
    const MonitorRef first_end = monitor(first);
    first.cast<Quit>(5);
    EXPECT(co_await end_of(first_end) == ExitReason::custom(5));
    auto second = co_await start<Server>(&journal);
    const MonitorRef second_end = monitor(second);
    second.send_info<Quit>(6);
    EXPECT(co_await end_of(second_end) == ExitReason::custom(6));
    auto third = co_await start<Server>(&journal);
    const MonitorRef third_end = monitor(third);
    send<Quit>(third, 7);
    EXPECT(co_await end_of(third_end) == ExitReason::custom(7));
  });
}

TEST_CASE("returns: a continuation runs before any message that waits", "[returns]") {
  Journal journal;
  in_process([&journal]() -> Task<> {
    auto server = co_await start_link<Server>(&journal);
    co_await server.suspend();
    server.cast<Continue>(2);
    server.cast<Note>(1);
    server.send_info<Continue>(0);
    server.cast<Note>(2);
    co_await server.resume();
    EXPECT(co_await server.call<Order>() ==
           "cast continue2 continue1 continue0 note1 info continue0 note2");
    auto request = server.send_request<Continue>(1);
    server.cast<Note>(3);
    EXPECT((co_await request.response()).value() == 1);
    EXPECT(co_await server.call<Order>() == "call continue1 continue0 note3");
  });
}

TEST_CASE("returns: a continuation may stop the server", "[returns]") {
  Journal journal;
  in_process([&journal]() -> Task<> {
    auto server = co_await start<Server>(&journal);
    const MonitorRef end = monitor(server);
    server.cast<Continue>(-4);
    EXPECT(co_await end_of(end) == ExitReason::custom(-4));
  });
}

TEST_CASE("returns: a continuation from init runs before what was sent meanwhile", "[returns]") {
  Journal journal;
  in_process([&journal]() -> Task<> {
    auto server = co_await start_link<ContinuesFromInit>(&journal);
    EXPECT(co_await server.call<Order>() == "continue note");
  });
}

TEST_CASE("returns: several handle_continue are told apart by type, and may be coroutines",
          "[returns]") {
  Journal journal;
  in_process([&journal]() -> Task<> {
    auto server = co_await start<ManyContinues>(&journal);
    EXPECT(co_await server.call<Order>() == "note4 quit5");
    const MonitorRef end = monitor(server);
    server.cast<Note>(0);
    const ExitReason reason = co_await end_of(end);
    EXPECT(reason.is_error());
    EXPECT(reason.text().find("no handle_continue") != std::string::npos);
  });
}

TEST_CASE("returns: a cast to a server that is gone is no error", "[returns]") {
  Journal journal;
  in_process([&journal]() -> Task<> {
    auto server = co_await start<Server>(&journal);
    co_await server.stop();
    const auto before = runtime().dead_letter_count();
    server.cast<Note>(1);
    server.send_info<Note>(2);
    EXPECT(runtime().dead_letter_count() == before + 2);
  });
}
