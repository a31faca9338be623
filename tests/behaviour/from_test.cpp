// From: callers that are answered later, from anywhere, or never.
#include "in_process.hpp"

using namespace coppice;
using namespace coppice::test;
using namespace std::chrono_literals;

namespace {

using Text = From<std::string>;

struct Keep {};
struct Release {
  std::string text;
};
struct Drop {};
struct DropLater {};
struct Hand {
  Pid to;
};
struct GiveBack {
  bool as_value;
};
struct Twice {};
struct Throw {};
struct End {};
struct Who {};
struct Slowly {};

// What is handed to another process.
struct Handed {
  explicit Handed(Text f) : from{std::move(f)} {}
  Text from;
};

class Keeper : public GenServer {
 public:
  Reply<std::string> handle_call(Keep, Text from) {
    kept_.push_back(std::move(from));
    return no_reply;
  }
  Reply<std::string> handle_call(Drop, Text) { return no_reply; }
  Reply<std::string> handle_call(Hand hand, Text from) {
    send<Handed>(hand.to, std::move(from));
    return no_reply;
  }
  // The From is still there when a value is returned: the value is the answer.
  Reply<std::string> handle_call(GiveBack how, Text from) {
    if (how.as_value) return std::string{"returned"};
    from.reply("replied");
    return std::string{"too late"};
  }
  Reply<std::string> handle_call(Twice, Text from) {
    const bool open = from.is_open();
    from.reply("first");
    from.reply("second");
    if (!open || from.is_open() || from.pid()) std::abort();
    return no_reply;
  }
  Reply<std::string> handle_call(Throw, Text from) {
    kept_.push_back(std::move(from));
    throw std::runtime_error{"with a caller in hand"};
  }
  Reply<Pid> handle_call(Who, From<Pid> from) { return from.pid(); }
  // A coroutine that keeps its From itself and answers before it ends.
  Task<Reply<std::string>> handle_call(Slowly, Text from) {
    co_await sleep(0s);
    from.reply("slowly");
    co_await sleep(0s);
    co_return no_reply;
  }
  void handle_cast(Release m) {
    for (Text& from : kept_) from.reply(m.text);
    kept_.clear();
  }
  void handle_cast(DropLater) { kept_.clear(); }
  Next handle_cast(End) { return Next::stop(ExitReason::custom(4)); }

 private:
  std::vector<Text> kept_;
};

}  // namespace

TEST_CASE("from: a caller that is kept is answered later", "[from]") {
  in_process([]() -> Task<> {
    auto keeper = co_await start_link<Keeper>();
    auto first = keeper.send_request<Keep>();
    auto second = keeper.send_request<Keep>();
    keeper.cast<Release>("now");
    EXPECT((co_await first.response()).value() == "now");
    EXPECT((co_await second.response()).value() == "now");
  });
}

TEST_CASE("from: handed to another process it is answered from there", "[from]") {
  in_process([]() -> Task<> {
    auto keeper = co_await start_link<Keeper>();
    const Pid clerk = spawn([]() -> Task<> {
      Handed handed = co_await receive([](Handed h) { return h; });
      handed.from.reply("from the clerk");
    });
    EXPECT(co_await keeper.call<Hand>(clerk) == "from the clerk");
  });
}

TEST_CASE("from: answered by a plain thread", "[from]") {
  in_process([]() -> Task<> {
    auto keeper = co_await start_link<Keeper>();
    const Pid clerk = spawn([]() -> Task<> {
      Handed handed = co_await receive([](Handed h) { return h; });
      auto answer = [](Handed h) { h.from.reply("from a thread"); };
      co_await blocking(answer, std::move(handed));
    });
    EXPECT(co_await keeper.call<Hand>(clerk) == "from a thread");
  });
}

TEST_CASE("from: dropped by the handler, later, or by another process, the caller hears it",
          "[from]") {
  in_process([]() -> Task<> {
    auto keeper = co_await start_link<Keeper>();
    auto now = co_await keeper.try_call<Drop>();
    EXPECT(!now);
    EXPECT(now.error().kind() == CallError::Kind::dropped);

    auto request = keeper.send_request<Keep>();
    keeper.cast<DropLater>();
    auto later = co_await request.response();
    EXPECT(later.error().kind() == CallError::Kind::dropped);

    const Pid clerk = spawn([]() -> Task<> { (void)co_await next<Handed>(); });
    auto elsewhere = co_await keeper.try_call<Hand>(clerk);
    EXPECT(elsewhere.error().kind() == CallError::Kind::dropped);

    // In the mailbox of a process that ends, or has ended.
    const Pid idle = spawn([]() -> Task<> { co_await receive([](End) {}); });
    auto queued_there = keeper.send_request<Hand>(idle);
    (void)co_await keeper.call<Who>();
    exit(idle, ExitReason::kill());
    EXPECT((co_await queued_there.response()).error().kind() == CallError::Kind::dropped);
    auto to_the_dead = co_await keeper.try_call<Hand>(idle);
    EXPECT(to_the_dead.error().kind() == CallError::Kind::dropped);
    EXPECT(is_alive(keeper));
  });
}

TEST_CASE("from: the second answer does nothing", "[from]") {
  in_process([]() -> Task<> {
    auto keeper = co_await start_link<Keeper>();
    EXPECT(co_await keeper.call<Twice>() == "first");
    EXPECT(co_await keeper.call<GiveBack>(false) == "replied");
    EXPECT(queued() == 0);
  });
}

TEST_CASE("from: a handler that still has it may return the value", "[from]") {
  in_process([]() -> Task<> {
    auto keeper = co_await start_link<Keeper>();
    EXPECT(co_await keeper.call<GiveBack>(true) == "returned");
  });
}

TEST_CASE("from: it knows who asked", "[from]") {
  in_process([]() -> Task<> {
    auto keeper = co_await start_link<Keeper>();
    EXPECT(co_await keeper.call<Who>() == self());
  });
}

TEST_CASE("from: a server that ends with callers in hand gives them its reason", "[from]") {
  in_process([]() -> Task<> {
    auto stopped = co_await start<Keeper>();
    auto first = stopped.send_request<Keep>();
    stopped.cast<End>();
    auto answer = co_await first.response();
    EXPECT(answer.error().is_exit());
    EXPECT(answer.error().reason() == ExitReason::custom(4));

    auto killed = co_await start<Keeper>();
    auto second = killed.send_request<Keep>();
    (void)co_await killed.call<Who>();
    exit(killed, ExitReason::kill());
    EXPECT((co_await second.response()).error().reason() == ExitReason::killed());

    auto throwing = co_await start<Keeper>();
    auto third = co_await throwing.try_call<Throw>();
    EXPECT(third.error().is_exit());
    EXPECT(third.error().reason().text().find("caller in hand") != std::string::npos);
  });
}

TEST_CASE("from: handed on, it outlives the server", "[from]") {
  in_process([]() -> Task<> {
    auto keeper = co_await start<Keeper>();
    const Pid clerk = spawn([]() -> Task<> {
      co_await receive([](End) {});
      Handed handed = co_await next<Handed>();
      handed.from.reply("the server is gone");
    });
    auto request = keeper.send_request<Hand>(clerk);
    (void)co_await keeper.call<Who>();
    co_await keeper.stop();
    send<End>(clerk);
    EXPECT((co_await request.response()).value() == "the server is gone");
  });
}

TEST_CASE("from: a coroutine may answer before it ends", "[from]") {
  in_process([]() -> Task<> {
    auto keeper = co_await start_link<Keeper>();
    EXPECT(co_await keeper.call<Slowly>() == "slowly");
    EXPECT(co_await keeper.call<Who>() == self());
  });
}

TEST_CASE("from: one that the server has put into its own mailbox hears of the server's end", "[from]") {
  struct Leave {};
  class Late : public GenServer {
   public:
    Reply<std::string> handle_call(Leave, Text from) {
      send<Handed>(self(), std::move(from));
      return Reply<std::string>::stop(ExitReason::custom(7));
    }
  };
  in_process([]() -> Task<> {
    auto server = co_await start<Late>();
    auto answer = co_await server.try_call<Leave>();
    EXPECT(answer.error().is_exit());
    EXPECT(answer.error().reason() == ExitReason::custom(7));
  });
}
