// gen_statem_SUITE of OTP: system requests, and collections of requests to state machines.
#include "phone_line.hpp"
#include "request_collections.hpp"

using namespace coppice;
using namespace coppice::test;
using namespace coppice::test::phone;
using namespace std::chrono_literals;

namespace {

struct Get {};

// A state with data besides.
enum class Place : char { here, there };
class Holding : public StateMachine<Holding, Place> {
 public:
  explicit Holding(std::string first) : data{std::move(first)} {}
  std::string handle_call(Get) { return text(); }
  std::string text() const { return (is_in(Place::here) ? "here " : "there ") + data; }
  std::string data;
};
Task<std::string> state_of(ServerRef<Holding> machine) {
  co_return co_await machine.get_state([](const Holding& m) { return m.text(); });
}

}  // namespace

TEST_CASE("gen_statem_SUITE: sys1: status, and a machine that is suspended answers when it goes on",
          "[otp][gen_statem][rule-18]") {
  in_process([]() -> Task<> {
    const auto line = co_await start<Line>();
    const ServerStatus status = co_await line.status();
    EXPECT(status.pid == line.pid() && status.mode == ServerStatus::Mode::running);
    EXPECT(status.state.find("Idle") != std::string::npos && status.postponed == 0);
    line.cast<ConnectTo>(self());
    line.cast<Ping>(self(), make_ref());
    const std::string where = co_await line.call<Where>();
    EXPECT(where == "confirming");
    EXPECT((co_await line.status()).postponed == 1);
    co_await line.suspend();
    auto request = line.send_request<Alive>();
    EXPECT((co_await line.status()).mode == ServerStatus::Mode::suspended);
    (void)co_await line.get_state([](const Line&) { return 0; });
    EXPECT(!co_await request.wait(0s));
    co_await line.resume();
    EXPECT((co_await request.response(patience)).value());
    co_await leave(line, line.pid());
  });
}

TEST_CASE("gen_statem_SUITE: get_state: state and data, by pid, by name, and while it is suspended",
          "[otp][gen_statem][rule-18]") {
  in_process([]() -> Task<> {
    const auto machine = co_await start<Holding>(StartOptions{.name = "holding"}, "data");
    EXPECT(co_await state_of(machine) == "here data");
    const ServerRef<Holding> by_name = Name<Holding>{"holding"}.resolve().value();
    EXPECT(co_await state_of(by_name) == "here data");
    co_await machine.suspend();
    EXPECT(co_await state_of(machine) == "here data");
    co_await machine.resume();
    co_await machine.stop();
    EXPECT(queued() == 0);
  });
}

TEST_CASE(
    "gen_statem_SUITE: replace_state: state and data are replaced; by a function that fails neither "
    "is",
    "[otp][gen_statem][rule-18]") {
  in_process([]() -> Task<> {
    const auto machine = co_await start<Holding>("data");
    co_await machine.replace_state([](Holding& m) { m.data = "replaced"; });
    EXPECT(co_await state_of(machine) == "here replaced");
    co_await machine.replace_state([](Holding& m) {
      m.set_state(Place::there);
      m.data += " again";
    });
    EXPECT(co_await machine.call<Get>() == "there replaced again");
    ExitReason failure;
    try {
      co_await machine.replace_state([](Holding&) { throw std::runtime_error{"cannot"}; });
    } catch (const ExitSignal& signal) {
      failure = signal.reason();
    }
    const CallError* error = failure.get<CallError>();
    EXPECT(error != nullptr && error->reason().error_info()->message == "cannot");
    EXPECT(co_await machine.call<Get>() == "there replaced again");
    co_await machine.suspend();
    co_await machine.replace_state([](Holding& m) { m.data += ", and again"; });
    co_await machine.resume();
    EXPECT(co_await state_of(machine) == "there replaced again, and again");
    co_await machine.stop();
    EXPECT(queued() == 0);
  });
}

TEST_CASE(
    "gen_statem_SUITE: send_request_receive_reqid_collection: answers come as they are given; after "
    "a timeout the rest is abandoned",
    "[otp][gen_statem]") {
  in_process([] { return requests_answered<Line, Alive, Delayed, Go>(); });
  in_process([] { return requests_timed_out<Line, Alive, Delayed, Go>(true); });
  in_process([] { return requests_failed<Line, Alive, Delayed, Go>(); });
}

TEST_CASE(
    "gen_statem_SUITE: send_request_wait_reqid_collection: after a timeout the rest can be waited "
    "for again",
    "[otp][gen_statem]") {
  in_process([] { return requests_timed_out<Line, Alive, Delayed, Go>(false); });
}

TEST_CASE(
    "gen_statem_SUITE: send_request_check_reqid_collection: looking for an answer does not wait, and "
    "leaves messages",
    "[otp][gen_statem]") {
  in_process([] { return requests_checked<Line, Alive, Delayed, Go>(); });
}
