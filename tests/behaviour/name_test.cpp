// Name: whoever has a name now.
#include "in_process.hpp"

#include <coppice/behaviour/async.hpp>

using namespace coppice;
using namespace coppice::test;
using namespace std::chrono_literals;

namespace {

struct Get {};
struct Set {
  int value;
};
struct Go {};

class Server : public GenServer {
 public:
  explicit Server(int value) : value_{value} {}
  int handle_call(Get) { return value_; }
  int twice() const { return 2 * value_; }
  void handle_cast(Set m) { value_ = m.value; }
  void handle_info(Set m) { value_ = -m.value; }

 private:
  int value_;
};
class Other : public GenServer {};

const Name<Server> server_name{"server"};

Task<ServerRef<Server>> start_named(int value) {
  co_return co_await start<Server>(StartOptions{.name = "server"}, value);
}

}  // namespace

TEST_CASE("name: is looked up at each send, and so survives a restart", "[name]") {
  in_process([]() -> Task<> {
    auto first = co_await start_named(1);
    EXPECT(co_await server_name.call<Get>() == 1);
    server_name.cast<Set>(5);
    EXPECT(co_await server_name.call(&Server::twice) == 10);
    server_name.send_info<Set>(6);
    auto request = server_name.send_request<Get>();
    EXPECT((co_await request.response()).value() == -6);
    co_await first.stop();
    EXPECT((co_await server_name.try_call<Get>()).error().is_noproc());
    auto second = co_await start_named(2);
    EXPECT(co_await server_name.within(1s).call<Get>() == 2);
    EXPECT(server_name.resolve().value() == second);
    EXPECT(server_name == Name<Server>{"server"});
  });
}

TEST_CASE("name: a cast to nobody is a dead letter", "[name]") {
  in_process([]() -> Task<> {
    const auto before = runtime().dead_letter_count();
    server_name.cast<Set>(1);
    server_name.send_info<Set>(1);
    EXPECT(runtime().dead_letter_count() == before + 2);
    co_return;
  });
}

TEST_CASE("name: resolve says noproc for nobody and wrong_server for another class", "[name]") {
  in_process([]() -> Task<> {
    EXPECT(server_name.resolve().error().is_noproc());
    auto other = co_await start<Other>(StartOptions{.name = "server"});
    const auto wrong = server_name.resolve();
    EXPECT(wrong.error().kind() == CallError::Kind::wrong_server);
    EXPECT(wrong.error().text().find("Other") != std::string::npos);
    co_await other.stop();
    EXPECT(register_name("server", self()).has_value());
    EXPECT(server_name.resolve().error().kind() == CallError::Kind::wrong_server);
  });
}

TEST_CASE("name: call_when_registered waits for somebody to have it", "[name]") {
  in_process([]() -> Task<> {
    auto waiting = async(
        []() -> Task<int> { co_return co_await server_name.call_when_registered<Get>(patience); });
    co_await sleep(1ms);
    (void)co_await start_named(3);
    EXPECT(co_await await(waiting) == 3);
    EXPECT(co_await server_name.call_when_registered<Get>(patience) == 3);
  });
}

TEST_CASE("name: call_when_registered ends the caller when nobody comes in time", "[name]") {
  in_process([]() -> Task<> {
    auto [pid, end] = spawn_monitor(
        []() -> Task<> { (void)co_await server_name.call_when_registered<Get>(2ms); });
    const ExitReason reason = co_await end_of(end);
    const CallError* error = reason.get<CallError>();
    EXPECT(error != nullptr);
    EXPECT((error != nullptr && error->is_timeout()));
  });
}

TEST_CASE("name: await_registered gives who has it, at once or later, to all who wait", "[name]") {
  in_process([]() -> Task<> {
    std::vector<TaskHandle<Pid>> waiting;
    for (int i = 0; i < 10; ++i)
      waiting.push_back(async(await_registered, Atom{"server"}, patience));
    co_await sleep(1ms);
    auto server = co_await start_named(1);
    for (TaskHandle<Pid>& one : waiting) EXPECT(co_await await(one) == server.pid());
    EXPECT(co_await await_registered("server", 0s) == server.pid());
  });
}

TEST_CASE("name: who waits for one may be killed, and the name may come and go", "[name]") {
  in_process([]() -> Task<> {
    for (int i = 0; i < 100; ++i) {
      const Pid waiting =
          spawn([]() -> Task<> { (void)co_await await_registered("server", patience); });
      const Pid named = spawn([]() -> Task<> {
        (void)register_name("server", self());
        co_return;
      });
      const MonitorRef named_end = monitor(named);
      const MonitorRef waiting_end = monitor(waiting);
      if (i % 2 == 0) co_await sleep(0s);
      exit(waiting, ExitReason::kill());
      (void)co_await end_of(named_end);
      (void)co_await end_of(waiting_end);
    }
    EXPECT(!whereis("server"));
    EXPECT(queued() == 0);
  });
}
