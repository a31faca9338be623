// Protocol: what a server answers, without its definition.
#include "in_process.hpp"

using namespace coppice;
using namespace coppice::test;
using namespace std::chrono_literals;

namespace {

struct Get {};
struct Add {
  int by;
};
struct Join {
  std::string a;
  std::string b;
};
struct Hold {};

using Store = Protocol<int(Get), void(Add), std::string(Join)>;

class Counter : public GenServer {
 public:
  int handle_call(Get) { return value_; }
  std::string handle_call(Join j) { return j.a + j.b; }
  int handle_call(Hold) { return 0; }
  void handle_cast(Add m) { value_ += m.by; }

 private:
  int value_ = 0;
};

class Other : public GenServer {
 public:
  Reply<int> handle_call(Get, From<int> from) {
    from.reply(7);
    return no_reply;
  }
  Task<std::string> handle_call(Join j) {
    co_await sleep(0s);
    co_return j.b + j.a;
  }
  Next handle_cast(Add) { return Next::stop(ExitReason::custom(1)); }
};

// Knows neither.
Task<std::string> use(ServerRef<Store> store) {
  store.cast<Add>(3);
  co_return co_await store.call<Join>(std::string(40, 'a'), "b");
}

static_assert(std::is_trivially_copyable_v<ServerRef<Store>>);
static_assert(sizeof(ServerRef<Store>) <= sizeof(Pid) + sizeof(void*) + 8);
static_assert(!std::is_convertible_v<ServerRef<Store>, ServerRef<Counter>>);

}  // namespace

TEST_CASE("protocol: any server with the handlers can stand in", "[protocol]") {
  in_process([]() -> Task<> {
    auto counter = co_await start<Counter>();
    const ServerRef<Store> store = counter;
    EXPECT(co_await use(store) == std::string(40, 'a') + "b");
    EXPECT(co_await store.call<Get>() == 3);
    EXPECT(co_await counter.call<Get>() == 3);
    EXPECT(store.pid() == counter.pid());
    EXPECT(is_alive(store));

    auto other = co_await start<Other>();
    const ServerRef<Store> second = other;
    EXPECT(co_await second.call<Get>() == 7);
    const MonitorRef end = monitor(second);
    auto late = co_await second.try_call_within<Join>(patience, "a", "b");
    EXPECT(late.value() == "ba");
    second.cast<Add>(1);
    EXPECT(co_await end_of(end) == ExitReason::custom(1));
    EXPECT((co_await second.try_call<Get>()).error().is_noproc());
    EXPECT(!(store == second));
  });
}

TEST_CASE("protocol: stop ends the server", "[protocol]") {
  in_process([]() -> Task<> {
    const ServerRef<Store> store = co_await start<Counter>();
    co_await store.stop();
    EXPECT(!is_alive(store));
    EXPECT(!ServerRef<Store>{}.pid());
  });
}
