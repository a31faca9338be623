// Which handler a message finds: by exact type; info lists and catch-alls; member functions; as<S>.
#include "in_process.hpp"

using namespace coppice;
using namespace coppice::test;
using namespace std::chrono_literals;

namespace {

struct Get {};
struct FromGet {
  FromGet(Get) {}
};
struct Tick {
  int number;
};
struct Tock {};
struct Sync {};

// Only conversions would lead from Get, int or char to these.
class Strict : public GenServer {
 public:
  int handle_call(FromGet) { return 1; }
  int handle_call(long) { return 2; }
  void handle_cast(double) {}
  void handle_info(long) {}

 private:
  int handle_call(Sync) { return 3; }
};
static_assert(behaviour::HandlesCall<Strict, FromGet> && behaviour::HandlesCall<Strict, long>);
static_assert(!behaviour::HandlesCall<Strict, Get> && !behaviour::HandlesCall<Strict, int>);
static_assert(!behaviour::HandlesCall<Strict, Sync>);
static_assert(!behaviour::HandlesCast<Strict, float> && !behaviour::HandlesCast<Strict, int>);
static_assert(!behaviour::HandlesInfo<Strict, int>);

// By value, by reference to const, by rvalue reference.
class AnyPassing : public GenServer {
 public:
  std::string handle_call(std::string s) { return "value " + s; }
  int handle_call(const Tick& t) { return t.number; }
  int handle_call(std::unique_ptr<int>&& p) { return *std::unique_ptr<int>{std::move(p)}; }
};

class Listed : public GenServer {
 public:
  using Info = Messages<Tick, Tock>;
  explicit Listed(Journal* journal) : journal_{*journal} { trap_exit(true); }
  void handle_info(Tick t) { journal_.write("tick" + std::to_string(t.number)); }
  void handle_info(Tock) { journal_.write("tock"); }
  void handle_info(const Down& down) { journal_.write("down:" + down.reason.text()); }
  void handle_info(const Exit& exit) { journal_.write("exit:" + exit.reason.text()); }
  void handle_info(Sync) { journal_.write("never: not listed"); }
  Pid handle_call(Get) {
    const Pid pid = spawn_link([]() -> Task<> { co_return; });
    (void)monitor(pid);
    return pid;
  }
  int handle_call(Sync) { return 1; }

 private:
  Journal& journal_;
};

class CatchAll : public GenServer {
 public:
  explicit CatchAll(Journal* journal) : journal_{*journal} {}
  void handle_info(Tick t) { journal_.write("tick" + std::to_string(t.number)); }
  Next handle_info(Message& message) {
    journal_.write("any:" + message.type_name());
    if (const int* code = message.get<int>()) return Next::stop(ExitReason::custom(*code));
    return {};
  }
  using Info = Messages<Tick>;
  int handle_call(Sync) { return 1; }

 private:
  Journal& journal_;
};

class Account : public GenServer {
 public:
  int deposit(int cents) { return cents_ += cents; }
  int balance() const { return cents_; }
  void clear() { cents_ = 0; }
  std::string join(std::string a, const std::string& b) { return a + b; }
  Task<int> slowly(int value) {
    co_await sleep(0s);
    co_return value + cents_;
  }
  Reply<int> close() { return Reply<int>::stop(ExitReason::custom(1), cents_); }
  int fail() { throw std::runtime_error{"in a member"}; }

 private:
  int cents_ = 0;
};

}  // namespace

TEST_CASE("handlers: take their message by value or by reference", "[handlers]") {
  in_process([]() -> Task<> {
    auto server = co_await start_link<AnyPassing>();
    EXPECT(co_await server.call<std::string>("text") == "value text");
    EXPECT(co_await server.call<Tick>(4) == 4);
    EXPECT(co_await server.call<std::unique_ptr<int>>(std::make_unique<int>(5)) == 5);
  });
}

TEST_CASE("handlers: exact types are told apart where conversions exist", "[handlers]") {
  in_process([]() -> Task<> {
    auto server = co_await start_link<Strict>();
    EXPECT(co_await server.call<FromGet>(Get{}) == 1);
    EXPECT(co_await server.call<long>(1) == 2);
  });
}

TEST_CASE("handlers: plain messages reach the handle_info that Info lists, the rest is reported",
          "[handlers]") {
  Journal journal;
  Reports reports;
  in_process({.events = &reports}, [&journal, &reports]() -> Task<> {
    auto server = co_await start_link<Listed>(&journal);
    send<Tick>(server, 1);
    send<Tock>(server);
    server.send_info<Tick>(2);
    send<Sync>(server);
    send<int>(server, 4);
    EXPECT(co_await server.call<Sync>() == 1);
    EXPECT(journal.text() == "tick1 tock tick2");
    const auto unhandled = reports.unhandled_messages();
    EXPECT(unhandled.size() == 2);
    if (unhandled.size() != 2) co_return;
    EXPECT(unhandled[0].server == server.pid());
    EXPECT(unhandled[0].server_type.find("Listed") != std::string::npos);
    EXPECT(unhandled[0].message_type.find("Sync") != std::string::npos);
    EXPECT(unhandled[1].message_type == "int");
    EXPECT(runtime().dead_letter_count() == 2);
  });
}

TEST_CASE("handlers: Down and Exit need no listing", "[handlers]") {
  Journal journal;
  in_process([&journal]() -> Task<> {
    auto server = co_await start_link<Listed>(&journal);
    const Pid pid = co_await server.call<Get>();
    (void)co_await end_of(pid);
    const auto has = [&journal](const char* word) {
      return journal.text().find(word) != std::string::npos;
    };
    while (!has("down") || !has("exit")) co_await server.call<Sync>();
    // The process was linked from its birth; the monitor may have come too late.
    const std::string text = journal.text();
    EXPECT(has("exit:normal"));
    EXPECT((has("down:normal") || has("down:noproc")));
    EXPECT(text.size() <= std::string_view{"exit:normal down:normal"}.size());
  });
}

TEST_CASE("handlers: a catch-all takes what no other handler does", "[handlers]") {
  Journal journal;
  in_process([&journal]() -> Task<> {
    auto server = co_await start<CatchAll>(&journal);
    const MonitorRef end = monitor(server);
    send<Tick>(server, 1);
    send<std::string>(server, "x");
    EXPECT(co_await server.call<Sync>() == 1);
    EXPECT(journal.take().starts_with("tick1 any:std::"));
    send<int>(server, 6);
    EXPECT(co_await end_of(end) == ExitReason::custom(6));
    EXPECT(journal.text() == "any:int");
    EXPECT(runtime().dead_letter_count() == 0);
  });
}

TEST_CASE("handlers: a member function can be called as a message", "[handlers]") {
  in_process([]() -> Task<> {
    auto account = co_await start<Account>();
    EXPECT(co_await account.call(&Account::deposit, 5) == 5);
    EXPECT(co_await account.call(&Account::balance) == 5);
    EXPECT(co_await account.call(&Account::slowly, 1) == 6);
    const std::string text(40, 'x');
    EXPECT(co_await account.call(&Account::join, text, "y") == text + "y");
    co_await account.call(&Account::clear);
    auto balance = co_await account.try_call(&Account::balance);
    EXPECT(balance.value() == 0);
    EXPECT(co_await account.within(patience).call(&Account::deposit, 2) == 2);
    const MonitorRef end = monitor(account);
    EXPECT(co_await account.call(&Account::close) == 2);
    EXPECT(co_await end_of(end) == ExitReason::custom(1));
    auto failing = co_await start<Account>();
    auto failed = co_await failing.try_call(&Account::fail);
    EXPECT(failed.error().is_exit());
    EXPECT(failed.error().reason().text().find("in a member") != std::string::npos);
  });
}

TEST_CASE("handlers: as<S> makes a reference of a pid only if it is such a server", "[handlers]") {
  in_process([]() -> Task<> {
    auto account = co_await start<Account>();
    const Pid pid = account;
    EXPECT(as<Account>(pid).value() == account);
    const auto wrong = as<Listed>(pid);
    EXPECT(wrong.error().kind() == CallError::Kind::wrong_server);
    EXPECT(wrong.error().text().find("Account") != std::string::npos);
    EXPECT(wrong.error().text().find("Listed") != std::string::npos);
    EXPECT(as<Account>(self()).error().kind() == CallError::Kind::wrong_server);
    co_await account.stop();
    EXPECT(as<Account>(pid).error().is_noproc());
    EXPECT(as<Account>(Pid{}).error().is_noproc());
  });
}

TEST_CASE("handlers: references compare, hash and print as their pid", "[handlers]") {
  in_process([]() -> Task<> {
    auto a = co_await start<Account>();
    auto b = co_await start<Account>();
    EXPECT(!(a == b));
    EXPECT((a < b) == (a.pid() < b.pid()));
    EXPECT(std::hash<ServerRef<Account>>{}(a) == hash_value(a.pid()));
    EXPECT(fmt::format("{}", a) == fmt::format("{}", a.pid()));
  });
}
